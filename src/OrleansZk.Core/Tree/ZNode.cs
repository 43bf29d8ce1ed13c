using OrleansZk.Core.Access;

namespace OrleansZk.Core.Tree;

/// <summary>One node of the tree. Only the <see cref="DataTree"/> changes it; its data is an array that is never changed, only replaced.</summary>
public sealed class ZNode
{
    // What lies beneath; null until there is something, so that leaves, which most nodes are, pay nothing for it.
    private Descendants? _descendants;

    internal ZNode(string path, int hash)
    {
        Path = path;
        Hash = hash;
    }

    public string Path { get; }

    public byte[]? Data { get; internal set; }

    public AclList Acl { get; internal set; } = AclList.Open;

    public long Czxid { get; internal set; }

    public long Mzxid { get; internal set; }

    public long Pzxid { get; internal set; }

    public long Ctime { get; internal set; }

    public long Mtime { get; internal set; }

    /// <summary>The stored ephemeralOwner (see <see cref="NodeOwner"/>).</summary>
    public long Owner { get; internal set; }

    public int Version { get; internal set; }

    /// <summary>Creations of children so far; clients see <see cref="Stat"/>'s figure instead.</summary>
    public int Cversion { get; internal set; }

    public int Aversion { get; internal set; }

    public int ChildCount => _descendants?.ChildCount ?? 0;

    public int DataLength => Data?.Length ?? 0;

    /// <summary>Nodes from here down, this one included. Kept up with every change, like <see cref="SubtreeBytes"/>.</summary>
    public int SubtreeCount => 1 + (_descendants?.Total.Nodes ?? 0);

    /// <summary>Bytes of data from here down, this node's included.</summary>
    public long SubtreeBytes => DataLength + (_descendants?.Total.Bytes ?? 0);

    /// <summary>The last segment of the path.</summary>
    public ReadOnlySpan<char> Name => Path.AsSpan(Path.LastIndexOf('/') + 1);

    /// <summary>The children, in no order.</summary>
    public ReadOnlySpan<ZNode> Children => _descendants is { } some ? some.Children : [];

    /// <summary>What clients see: their cversion counts creations and deletions of children.</summary>
    public Stat Stat => new(
        Czxid,
        Mzxid,
        Ctime,
        Mtime,
        Version,
        unchecked((2 * Cversion) - ChildCount),
        Aversion,
        NodeOwner.IsSession(Owner) ? Owner : 0,
        DataLength,
        ChildCount,
        Pzxid);

    public NodeImage Image => new(Path, Data, Acl, Czxid, Mzxid, Pzxid, Ctime, Mtime, Version, Cversion, Aversion, Owner);

    internal ZNode? Parent { get; set; }

    // The table of paths chains its nodes through these two.
    internal int Hash { get; }

    internal ZNode? NextInBucket { get; set; }

    // Where the parent's array of children holds this node.
    internal int ChildIndex { get; private set; }

    // The change tracker's: the checkpoint generation that this node last changed in, and what has become of it.
    internal int ChangeGeneration { get; set; }

    internal bool IsDeleted { get; set; }

    internal bool IsStored { get; set; }

    // What the node adds to the tree's digest.
    internal ulong Digest { get; set; }

    internal void AddChild(ZNode child, SubtreeCounters counters)
    {
        _descendants ??= new Descendants(counters, Parent?._descendants);
        child.ChildIndex = _descendants.Add(child);
    }

    internal void RemoveChild(ZNode child)
    {
        if (_descendants!.RemoveAt(child.ChildIndex) is { } moved)
        {
            moved.ChildIndex = child.ChildIndex;
        }

        child._descendants?.Release();
        child._descendants = null;
    }

    /// <summary>Tells every node above this one that its data has become longer, or shorter when negative.</summary>
    internal void CountGrowth(int bytes) => Parent?._descendants!.Count(0, bytes);
}
