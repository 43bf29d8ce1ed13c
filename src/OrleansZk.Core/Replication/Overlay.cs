using System.Runtime.InteropServices;
using OrleansZk.Core.Access;
using OrleansZk.Core.Paths;
using OrleansZk.Core.Tree;

namespace OrleansZk.Core.Replication;

/// <summary>A node as it will be once everything sequenced so far is applied.</summary>
/// <param name="ChildCount">Children now.</param>
/// <param name="Cversion">The stored one: creations of children.</param>
/// <param name="Mtime">When its data was set last, milliseconds since the Unix epoch.</param>
internal readonly record struct NodeView(
    bool Exists, AclList Acl, byte[]? Data, int Version, int Cversion, int Aversion, int ChildCount, long Owner, long Mtime)
{
    public static NodeView Missing { get; } = new(false, AclList.Empty, null, 0, 0, 0, 0, 0, 0);

    public static NodeView Of(ZNode? node) => node is null
        ? Missing
        : new NodeView(true, node.Acl, node.Data, node.Version, node.Cversion, node.Aversion, node.ChildCount, node.Owner, node.Mtime);
}

/// <summary>The changes that are sequenced but not yet applied, over the tree that the replica beside the leader holds.</summary>
/// <remarks>
/// Belongs to the leader's sequencer, which holds the replica's read lock meanwhile. ZooKeeper: <c>outstandingChanges</c>.
/// </remarks>
internal sealed class Overlay(DataTree tree)
{
    private readonly Dictionary<string, Entry> _entries = [];
    private readonly List<(long Zxid, string Path)> _order = [];
    private readonly List<(string Path, Entry? Before)> _undo = [];
    private int _oldest;
    private int _undoFrom;

    /// <summary>Changes that wait to be applied.</summary>
    public int Count => _order.Count - _oldest;

    public DataTree Tree => tree;

    /// <summary>False once a change has broken off half-way: it cannot be rolled back, and nothing more may be decided on it.</summary>
    public bool IsIntact { get; private set; } = true;

    /// <summary>What each session owns.</summary>
    public EphemeralUsage Ephemerals { get; } = new(tree);

    public PendingQuotas Quotas { get; } = new(tree);

    public NodeView Find(string path) =>
        _entries.TryGetValue(path, out Entry entry) ? entry.View : NodeView.Of(tree.Find(path));

    /// <summary>The node at a path that is valid; where there is none, the nearest above it that exists.</summary>
    public NodeView FindNearest(string path)
    {
        NodeView nearest = Find(path);
        if (nearest.Exists)
        {
            return nearest;
        }

        // What exists has all that is above it: halving finds the last one without reading each of very many prefixes.
        List<int> ends = [.. path.Index().Where(at => at.Item == '/' && at.Index > 0).Select(at => at.Index)];
        nearest = Find(ZPath.Root);
        for (int least = 0, most = ends.Count; least < most;)
        {
            int middle = (least + most) / 2;
            NodeView found = Find(path[..ends[middle]]);
            (least, most) = found.Exists ? (middle + 1, most) : (least, middle);
            nearest = found.Exists ? found : nearest;
        }

        return nearest;
    }

    public void Set(string path, in NodeView view, long zxid)
    {
        IsIntact = false;
        ref Entry entry = ref CollectionsMarshal.GetValueRefOrAddDefault(_entries, path, out bool existed);
        _undo.Add((path, existed ? entry : null));
        Ephemerals.ReplacePending(path, existed ? OwnerOf(entry.View) : 0, OwnerOf(view));
        entry = new Entry(view, zxid);
        _order.Add((zxid, path));
        Quotas.Enter(path, view.Exists);
        IsIntact = true;
    }

    /// <summary>Counts a creation (1) or a deletion (-1) of a session's ephemeral.</summary>
    public void CountEphemeral(long sessionId, string path, int change)
    {
        IsIntact = false;
        Ephemerals.Count(sessionId, path, change);
        IsIntact = true;
    }

    /// <summary>Starts a stretch of changes that <see cref="RollBack"/> can take back.</summary>
    public void Begin()
    {
        _undo.Clear();
        Ephemerals.Begin();
        _undoFrom = _order.Count;
        Quotas.Usage.Begin();
    }

    public void RollBack()
    {
        bool wasIntact = IsIntact;
        IsIntact = false;
        for (int i = _undo.Count - 1; i >= 0; i--)
        {
            (string path, Entry? before) = _undo[i];
            Ephemerals.ReplacePending(path, OwnerOf(_entries[path].View), before is { } earlier ? OwnerOf(earlier.View) : 0);
            if (before is { } entry)
            {
                _entries[path] = entry;
            }
            else
            {
                _entries.Remove(path);
            }

            Quotas.Leave(path, before?.View.Exists ?? false);
        }

        Ephemerals.RollBack();
        Quotas.Usage.RollBack();
        _order.RemoveRange(_undoFrom, _order.Count - _undoFrom);
        _undo.Clear();
        IsIntact = wasIntact;
    }

    /// <summary>Forgets what the tree shows by now. To be called whenever the replica's lock has been taken anew: what is applied must not count twice.</summary>
    public void Prune(long appliedZxid)
    {
        IsIntact = false;
        Quotas.Usage.Prune(appliedZxid);
        while (_oldest < _order.Count && _order[_oldest].Zxid <= appliedZxid)
        {
            (long zxid, string path) = _order[_oldest++];
            if (_entries.TryGetValue(path, out Entry entry) && entry.Zxid == zxid)
            {
                Ephemerals.ReplacePending(path, OwnerOf(entry.View), 0);
                _entries.Remove(path);
            }

            Quotas.Leave(path);
        }

        if (_oldest == _order.Count || (_oldest > 4096 && _oldest > _order.Count / 2))
        {
            _order.RemoveRange(0, _oldest);
            _oldest = 0;
        }

        IsIntact = true;
    }

    /// <summary>The paths of all that a session owns now, and of what it owned and is about to go. Each must be looked at again when its turn comes.</summary>
    /// <remarks>Not filtered: to look each path up would take a second for a gigabyte of paths.</remarks>
    public List<string> EphemeralsOf(long sessionId)
    {
        IReadOnlyCollection<string> pending = Ephemerals.PendingOf(sessionId);
        IReadOnlyCollection<ZNode> applied = tree.EphemeralsOf(sessionId);
        var paths = new List<string>(applied.Count + pending.Count);
        foreach (ZNode node in applied)
        {
            paths.Add(node.Path);
        }

        foreach (string path in pending)
        {
            if (tree.Find(path) is not { } node || node.Owner != sessionId)
            {
                paths.Add(path);
            }
        }

        return paths;
    }

    private static long OwnerOf(in NodeView view) => view.Exists && NodeOwner.IsSession(view.Owner) ? view.Owner : 0;

    private readonly record struct Entry(NodeView View, long Zxid);
}
