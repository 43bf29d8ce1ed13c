using System.Runtime.InteropServices;

namespace OrleansZk.Histories.Checking;

/// <summary>What a node itself was from a zxid on.</summary>
internal readonly record struct OwnState(
    long Zxid, bool Exists, byte[]? Data, long Czxid, long Mzxid, long Ctime, long Mtime, int Version, int Aversion, long Owner, bool IsReapable);

/// <summary>What a node's list of children was from a zxid on.</summary>
/// <param name="Names">The sum of a hash of each child's name.</param>
internal readonly record struct ChildrenState(long Zxid, int Cversion, long Pzxid, int Count, ulong Names);

/// <summary>Everything that one path ever was, by zxid.</summary>
internal sealed class NodeTimeline(string path)
{
    private readonly List<OwnState> _own = [];
    private readonly List<ChildrenState> _children = [];

    public string Path => path;

    public OwnState Now => _own.Count == 0 ? default : _own[^1];

    public ChildrenState ChildrenNow => _children.Count == 0 ? default : _children[^1];

    /// <summary>Indexes of the changes of the node itself.</summary>
    public List<int> Changes { get; } = [];

    /// <summary>Indexes of the changes that a watch on its children hears of.</summary>
    public List<int> ChildChanges { get; } = [];

    public void Set(in OwnState state) => Set(_own, state, _own.Count > 0 && _own[^1].Zxid == state.Zxid);

    public void Set(in ChildrenState state) => Set(_children, state, _children.Count > 0 && _children[^1].Zxid == state.Zxid);

    /// <summary>What it was after all transactions up to <paramref name="zxid"/>.</summary>
    public OwnState At(long zxid)
    {
        int index = IndexAt(CollectionsMarshal.AsSpan(_own), zxid, static state => state.Zxid);
        return index < 0 ? default : _own[index];
    }

    public ChildrenState ChildrenAt(long zxid)
    {
        int index = IndexAt(CollectionsMarshal.AsSpan(_children), zxid, static state => state.Zxid);
        return index < 0 ? default : _children[index];
    }

    public Stat StatAt(long zxid) => StatOf(At(zxid), ChildrenAt(zxid));

    public static Stat StatOf(in OwnState own, in ChildrenState children) => new(
        own.Czxid, own.Mzxid, own.Ctime, own.Mtime, own.Version, children.Cversion, own.Aversion, own.Owner, own.Data?.Length ?? 0,
        children.Count, children.Pzxid);

    /// <summary>Adds the zxids after <paramref name="after"/> and up to <paramref name="to"/> at which it, or its list of children, changed.</summary>
    public void AddChangePoints(long after, long to, SortedSet<long> points)
    {
        for (int i = IndexAt(CollectionsMarshal.AsSpan(_own), to, static state => state.Zxid); i >= 0 && _own[i].Zxid > after; i--)
        {
            points.Add(_own[i].Zxid);
        }

        for (int i = IndexAt(CollectionsMarshal.AsSpan(_children), to, static state => state.Zxid); i >= 0 && _children[i].Zxid > after; i--)
        {
            points.Add(_children[i].Zxid);
        }
    }

    /// <summary>A hash that is the same in every process.</summary>
    public static ulong HashOf(ReadOnlySpan<char> name)
    {
        ulong hash = 14695981039346656037;
        foreach (char c in name)
        {
            hash = (hash ^ c) * 1099511628211;
        }

        return hash ^ (hash >> 29);
    }

    private static void Set<T>(List<T> states, in T state, bool replaces)
    {
        if (replaces)
        {
            states[^1] = state;
        }
        else
        {
            states.Add(state);
        }
    }

    private static int IndexAt<T>(ReadOnlySpan<T> states, long zxid, Func<T, long> zxidOf)
    {
        (int low, int high) = (0, states.Length);
        while (low < high)
        {
            int middle = (low + high) >>> 1;
            if (zxidOf(states[middle]) <= zxid)
            {
                low = middle + 1;
            }
            else
            {
                high = middle;
            }
        }

        return low - 1;
    }
}
