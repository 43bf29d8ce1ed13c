using System.Runtime.InteropServices;
using OrleansZk.Core.Access;
using OrleansZk.Core.Paths;
using OrleansZk.Core.Tree;

namespace OrleansZk.Core.Replication;

/// <summary>A node as it will be once everything sequenced so far is applied.</summary>
/// <param name="ChildCount">Children now.</param>
/// <param name="Cversion">The stored one: creations of children.</param>
internal readonly record struct NodeView(
    bool Exists, AclList Acl, byte[]? Data, int Version, int Cversion, int Aversion, int ChildCount, long Owner)
{
    public static NodeView Missing { get; } = new(false, AclList.Empty, null, 0, 0, 0, 0, 0);

    public static NodeView Of(ZNode? node) => node is null
        ? Missing
        : new NodeView(true, node.Acl, node.Data, node.Version, node.Cversion, node.Aversion, node.ChildCount, node.Owner);
}

/// <summary>The changes that are sequenced but not yet applied, over the tree that the replica beside the leader holds.</summary>
/// <remarks>
/// Belongs to the leader's sequencer, which holds the replica's read lock meanwhile. ZooKeeper: <c>outstandingChanges</c>.
/// </remarks>
internal sealed class Overlay(DataTree tree)
{
    private readonly Dictionary<long, int> _ephemeralCounts = tree.Ephemerals.ToDictionary(pair => pair.Key, pair => pair.Value.Count);
    private readonly List<(long SessionId, int Change)> _undoCounts = [];
    private readonly Dictionary<string, Entry> _entries = [];
    private readonly List<(long Zxid, string Path)> _order = [];
    private readonly List<(string Path, Entry? Before)> _undo = [];
    private int _oldest;
    private int _undoFrom;
    private int _quotasPending;

    /// <summary>Changes that wait to be applied.</summary>
    public int Count => _order.Count - _oldest;

    public DataTree Tree => tree;

    /// <summary>True when there may be a quota somewhere.</summary>
    public bool HasQuotas => tree.Quotas.Count > 0 || _quotasPending > 0;

    public NodeView Find(string path) =>
        _entries.TryGetValue(path, out Entry entry) ? entry.View : NodeView.Of(tree.Find(path));

    public void Set(string path, in NodeView view, long zxid)
    {
        ref Entry entry = ref CollectionsMarshal.GetValueRefOrAddDefault(_entries, path, out bool existed);
        _undo.Add((path, existed ? entry : null));
        entry = new Entry(view, zxid);
        _order.Add((zxid, path));
        if (QuotaTable.IsLimits(path, out _))
        {
            _quotasPending++;
        }
    }

    /// <summary>How many ephemerals a session will own once everything is applied.</summary>
    public int EphemeralCountOf(long sessionId) => _ephemeralCounts.GetValueOrDefault(sessionId);

    public void CountEphemeral(long sessionId, int change)
    {
        _undoCounts.Add((sessionId, change));
        ChangeCount(sessionId, change);
    }

    /// <summary>Starts a stretch of changes that <see cref="RollBack"/> can take back.</summary>
    public void Begin()
    {
        _undo.Clear();
        _undoCounts.Clear();
        _undoFrom = _order.Count;
    }

    public void RollBack()
    {
        for (int i = _undo.Count - 1; i >= 0; i--)
        {
            (string path, Entry? before) = _undo[i];
            if (before is { } entry)
            {
                _entries[path] = entry;
            }
            else
            {
                _entries.Remove(path);
            }

            CountOut(path);
        }

        foreach ((long sessionId, int change) in _undoCounts)
        {
            ChangeCount(sessionId, -change);
        }

        _order.RemoveRange(_undoFrom, _order.Count - _undoFrom);
        _undo.Clear();
        _undoCounts.Clear();
    }

    /// <summary>Forgets what the tree shows by now.</summary>
    public void Prune(long appliedZxid)
    {
        while (_oldest < _order.Count && _order[_oldest].Zxid <= appliedZxid)
        {
            (long zxid, string path) = _order[_oldest++];
            if (_entries.TryGetValue(path, out Entry entry) && entry.Zxid == zxid)
            {
                _entries.Remove(path);
            }

            CountOut(path);
        }

        if (_oldest == _order.Count || _oldest > 4096)
        {
            _order.RemoveRange(0, _oldest);
            _oldest = 0;
        }
    }

    /// <summary>The paths of the ephemerals that a session will own once everything is applied.</summary>
    public List<string> EphemeralsOf(long sessionId)
    {
        var paths = new List<string>();
        foreach (ZNode node in tree.EphemeralsOf(sessionId))
        {
            if (!_entries.ContainsKey(node.Path))
            {
                paths.Add(node.Path);
            }
        }

        for (int i = _oldest; i < _order.Count; i++)
        {
            (long zxid, string path) = _order[i];
            if (_entries.TryGetValue(path, out Entry entry) && entry.Zxid == zxid && entry.View.Exists && entry.View.Owner == sessionId)
            {
                paths.Add(path);
            }
        }

        // Sorted, so that every run of the same history writes the same log; distinct, since a multi may touch a path twice with one zxid.
        paths.Sort(StringComparer.Ordinal);
        return paths.Count > 1 ? [.. paths.Distinct()] : paths;
    }

    /// <summary>How many nodes, and how many bytes of data, a node and all beneath it will be once everything is applied.</summary>
    public (long Count, long Bytes) CountSubtree(string top)
    {
        (long count, long bytes) = tree.Find(top) is { } node ? DataTree.CountSubtree(node) : (0, 0);
        foreach ((string path, Entry entry) in _entries)
        {
            if (ZPath.IsSelfOrBelow(path, top))
            {
                NodeView applied = NodeView.Of(tree.Find(path));
                count += (entry.View.Exists ? 1 : 0) - (applied.Exists ? 1 : 0);
                bytes += (entry.View.Data?.Length ?? 0) - (applied.Data?.Length ?? 0);
            }
        }

        return (count, bytes);
    }

    private void ChangeCount(long sessionId, int change)
    {
        ref int count = ref CollectionsMarshal.GetValueRefOrAddDefault(_ephemeralCounts, sessionId, out _);
        count += change;
        if (count == 0)
        {
            _ephemeralCounts.Remove(sessionId);
        }
    }

    private void CountOut(string path)
    {
        if (QuotaTable.IsLimits(path, out _))
        {
            _quotasPending--;
        }
    }

    private readonly record struct Entry(NodeView View, long Zxid);
}
