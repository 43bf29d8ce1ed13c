using OrleansZk.Core.Paths;

namespace OrleansZk.Core.Tree;

/// <summary>The paths with a quota, and the text of their usage, which is kept in the quota's stats node.</summary>
/// <remarks>
/// A quota on <c>/a</c> is the node <c>/zookeeper/quota/a/zookeeper_limits</c>; its usage stands in <c>zookeeper_stats</c> beside it, for clients to read. What is checked against
/// the limits is what the tree itself counts (<see cref="ZNode.SubtreeCount"/>): the text may be missing, and clients may write anything there.
/// </remarks>
public sealed class QuotaTable
{
    private const string LimitsName = "zookeeper_limits";
    private const string StatsName = "zookeeper_stats";

    private readonly DataTree _tree;
    private readonly PrefixTable<Quota> _byPrefix = new();
    private readonly HashSet<string> _paths = [];

    internal QuotaTable(DataTree tree) => _tree = tree;

    public int Count => _paths.Count;

    /// <summary>The nodes that quotas stand on.</summary>
    public IReadOnlyCollection<string> Paths => _paths;

    public static string LimitsPath(string quotaPath) => $"{SystemPaths.Quota}{quotaPath}/{LimitsName}";

    public static string StatsPath(string quotaPath) => $"{SystemPaths.Quota}{quotaPath}/{StatsName}";

    /// <summary>True for the node that sets a quota; <paramref name="quotaPath"/> is what it is set on.</summary>
    public static bool IsLimits(string path, out string quotaPath) => IsPartOfQuota(path, LimitsName, out quotaPath);

    /// <summary>True for the node that shows a quota's usage; <paramref name="quotaPath"/> is what the quota is on.</summary>
    public static bool IsStats(string path, out string quotaPath) => IsPartOfQuota(path, StatsName, out quotaPath);

    /// <summary>The deepest quota that is on <paramref name="path"/> or above it; null when none is.</summary>
    public Quota? Deepest(string path) => _paths.Count == 0 ? null : _byPrefix.FindDeepest(path);

    /// <summary>The quota on the path that <paramref name="prefixes"/> stands at.</summary>
    internal Quota? At(in PathPrefixes prefixes) => _byPrefix.TryGet(prefixes, out Quota? quota) ? quota : null;

    internal void OnCreated(ZNode node)
    {
        OnLoaded(node);
        if (IsStats(node.Path, out string quotaPath))
        {
            (long count, long bytes) = UsageOf(quotaPath);
            _tree.ReplaceUsage(node, QuotaLimits.FormatUsage(count, bytes));
        }

        Add(node.Path, 1, node.DataLength);
    }

    internal void OnLoaded(ZNode node)
    {
        if (IsLimits(node.Path, out string quotaPath) && _paths.Add(quotaPath))
        {
            _byPrefix.Add(quotaPath, new Quota(quotaPath));
        }
    }

    internal void OnDeleted(ZNode node)
    {
        if (IsLimits(node.Path, out string quotaPath))
        {
            _paths.Remove(quotaPath);
            _byPrefix.Remove(quotaPath);
        }

        Add(node.Path, -1, -node.DataLength);
    }

    internal void OnDataChanged(ZNode node, int lengthBefore) => Add(node.Path, 0, node.DataLength - lengthBefore);

    private static bool IsPartOfQuota(string path, string name, out string quotaPath)
    {
        if (path.Length > SystemPaths.Quota.Length + name.Length + 2
            && path.StartsWith(SystemPaths.Quota + "/", StringComparison.Ordinal)
            && ZPath.Name(path).SequenceEqual(name))
        {
            quotaPath = path[SystemPaths.Quota.Length..^(name.Length + 1)];
            return true;
        }

        quotaPath = "";
        return false;
    }

    private void Add(string path, long count, long bytes)
    {
        if (Deepest(path) is not { } quota || _tree.Find(quota.StatsPath) is not { } stats)
        {
            return;
        }

        // A usage that somebody has overwritten with something else is counted afresh.
        (long usedCount, long usedBytes) = QuotaLimits.TryParseUsage(stats.Data, out QuotaLimits usage)
            ? (usage.Count + count, usage.Bytes + bytes)
            : UsageOf(quota.Path);
        _tree.ReplaceUsage(stats, QuotaLimits.FormatUsage(usedCount, usedBytes));
    }

    private (long Count, long Bytes) UsageOf(string quotaPath) =>
        _tree.Find(quotaPath) is { } node ? (node.SubtreeCount, node.SubtreeBytes) : (0, 0);
}
