using OrleansZk.Core.Access;

namespace OrleansZk.Core.Tree;

/// <summary>A znode as it stood at one zxid, for checkpoints and snapshots.</summary>
/// <param name="Cversion">Creations of children so far: the stored figure, not the one that clients see.</param>
/// <param name="EphemeralOwner">The session's id, or the encoding of a container or a time to live (see <see cref="NodeOwner"/>).</param>
public readonly record struct NodeImage(
    string Path,
    byte[]? Data,
    AclList Acl,
    long Czxid,
    long Mzxid,
    long Pzxid,
    long Ctime,
    long Mtime,
    int Version,
    int Cversion,
    int Aversion,
    long EphemeralOwner);
