namespace OrleansZk.Crash.Histories;

/// <summary>A node as it was found.</summary>
internal sealed record Found(string Value, Stat Stat);

/// <summary>Everything below the test's root, read while nobody writes.</summary>
/// <param name="Zxid">The zxid of the answers.</param>
internal sealed record Snapshot(long Zxid, IReadOnlyDictionary<string, Found> Nodes)
{
    public static string ParentOf(string path) => path[..Math.Max(1, path.LastIndexOf('/'))];
}
