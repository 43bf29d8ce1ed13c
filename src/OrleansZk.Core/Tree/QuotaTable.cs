using OrleansZk.Core.Paths;

namespace OrleansZk.Core.Tree;

/// <summary>The paths with a quota, and their usage, which is kept in the quota's stats node.</summary>
/// <remarks>A quota on <c>/a</c> is the node <c>/zookeeper/quota/a/zookeeper_limits</c>; its usage stands in <c>zookeeper_stats</c> beside it.</remarks>
public sealed class QuotaTable
{
    private const string LimitsName = "zookeeper_limits";
    private const string StatsName = "zookeeper_stats";

    private readonly DataTree _tree;
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

    /// <summary>The deepest path with a quota that is <paramref name="path"/> or above it; null when none is.</summary>
    public string? Deepest(string path)
    {
        if (_paths.Count == 0)
        {
            return null;
        }

        HashSet<string>.AlternateLookup<ReadOnlySpan<char>> lookup = _paths.GetAlternateLookup<ReadOnlySpan<char>>();
        for (ReadOnlySpan<char> at = path; at.Length > 1; at = at[..at.LastIndexOf('/')])
        {
            if (lookup.TryGetValue(at, out string? found))
            {
                return found;
            }
        }

        return null;
    }

    /// <summary>What is used of a quota now.</summary>
    public (long Count, long Bytes) UsageOf(string quotaPath) =>
        _tree.Find(StatsPath(quotaPath)) is { } stats && QuotaLimits.TryParseUsage(stats.Data, out QuotaLimits usage)
            ? (usage.Count, usage.Bytes)
            : CountSubtree(quotaPath);

    internal void OnCreated(ZNode node)
    {
        if (IsLimits(node.Path, out string quotaPath))
        {
            _paths.Add(quotaPath);
        }
        else if (IsStats(node.Path, out quotaPath))
        {
            (long count, long bytes) = CountSubtree(quotaPath);
            _tree.ReplaceUsage(node, QuotaLimits.FormatUsage(count, bytes));
        }

        Add(node.Path, 1, node.DataLength);
    }

    internal void OnLoaded(ZNode node)
    {
        if (IsLimits(node.Path, out string quotaPath))
        {
            _paths.Add(quotaPath);
        }
    }

    internal void OnDeleted(ZNode node)
    {
        if (IsLimits(node.Path, out string quotaPath))
        {
            _paths.Remove(quotaPath);
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
        if (Deepest(path) is not { } quotaPath || _tree.Find(StatsPath(quotaPath)) is not { } stats)
        {
            return;
        }

        // A usage that somebody has overwritten with something else is counted afresh.
        (long usedCount, long usedBytes) = QuotaLimits.TryParseUsage(stats.Data, out QuotaLimits usage)
            ? (usage.Count + count, usage.Bytes + bytes)
            : CountSubtree(quotaPath);
        _tree.ReplaceUsage(stats, QuotaLimits.FormatUsage(usedCount, usedBytes));
    }

    private (long Count, long Bytes) CountSubtree(string path) =>
        _tree.Find(path) is { } node ? DataTree.CountSubtree(node) : (0, 0);
}
