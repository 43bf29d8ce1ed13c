using OrleansZk.Core.Access;

namespace OrleansZk.Core.Tree;

/// <summary>What a transaction did to one node: all that watches need to know.</summary>
/// <param name="Kind">NodeCreated, NodeDeleted or NodeDataChanged.</param>
/// <param name="Acl">The node's list, which it had last when it was deleted.</param>
/// <param name="Parent">The parent, whose children changed; null when they did not.</param>
public readonly record struct TreeChange(EventType Kind, string Path, AclList Acl, ZNode? Parent);
