using OrleansZk.Core.Paths;
using OrleansZk.Core.Tree;

namespace OrleansZk.Core.Replication;

/// <summary>The quotas as they will be once everything sequenced so far is applied, and what is used of them. Part of the <see cref="Overlay"/>.</summary>
internal sealed class PendingQuotas(DataTree tree)
{
    private readonly PrefixTable<Pending> _pending = new();

    /// <summary>What is on its way.</summary>
    public PendingUsage Usage { get; } = new();

    /// <summary>True when there may be a quota somewhere.</summary>
    public bool Exist => tree.Quotas.Count > 0 || _pending.Count > 0;

    /// <summary>The deepest quota that will be on a path or above it.</summary>
    public Quota? Deepest(string path)
    {
        if (_pending.Count == 0)
        {
            return tree.Quotas.Deepest(path);
        }

        Quota? deepest = null;
        var prefixes = new PathPrefixes(path);
        while (prefixes.MoveNext())
        {
            if (_pending.TryGet(prefixes, out Pending? pending))
            {
                deepest = pending.Exists ? pending.Quota : deepest;
            }
            else
            {
                deepest = tree.Quotas.At(prefixes) ?? deepest;
            }
        }

        return deepest;
    }

    /// <summary>Nodes and bytes of data that will be at a path and beneath it.</summary>
    public (long Count, long Bytes) UsageOf(string path)
    {
        (int count, long bytes) = Usage.Of(path);
        return tree.Find(path) is { } node ? (node.SubtreeCount + count, node.SubtreeBytes + bytes) : (count, bytes);
    }

    /// <summary>Notes that a change of a node is on its way, which may be the one that sets a quota.</summary>
    /// <param name="exists">Whether the node will be there.</param>
    public void Enter(string path, bool exists)
    {
        if (!QuotaTable.IsLimits(path, out string quotaPath))
        {
            return;
        }

        if (_pending.Find(quotaPath) is not { } pending)
        {
            _pending.Add(quotaPath, pending = new Pending(new Quota(quotaPath)));
        }

        pending.Exists = exists;
        pending.Changes++;
    }

    /// <summary>Notes that such a change is on its way no longer.</summary>
    /// <param name="exists">Whether the node will be there all the same, when the change is taken back; null when it was applied.</param>
    public void Leave(string path, bool? exists = null)
    {
        if (!QuotaTable.IsLimits(path, out string quotaPath))
        {
            return;
        }

        Pending pending = _pending.Find(quotaPath)!;
        pending.Exists = exists ?? pending.Exists;
        if (--pending.Changes == 0)
        {
            _pending.Remove(quotaPath);
        }
    }

    private sealed class Pending(Quota quota)
    {
        public Quota Quota => quota;

        public bool Exists { get; set; }

        /// <summary>Changes on their way; behind the last one the tree itself knows.</summary>
        public int Changes { get; set; }
    }
}
