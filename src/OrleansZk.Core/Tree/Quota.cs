namespace OrleansZk.Core.Tree;

/// <summary>The paths of one quota, and its limits as they were read last.</summary>
/// <param name="path">What the quota is on.</param>
public sealed class Quota(string path)
{
    private Parsed? _parsed;

    public string Path => path;

    /// <summary>The node that sets the quota.</summary>
    public string LimitsPath { get; } = QuotaTable.LimitsPath(path);

    /// <summary>The node that shows its usage.</summary>
    public string StatsPath { get; } = QuotaTable.StatsPath(path);

    /// <summary>Reads limits; the text, which may be long, once only for as long as it stays the same array. Thread-safe.</summary>
    /// <param name="data">The data of the node at <see cref="LimitsPath"/>.</param>
    /// <returns>Null when the text limits nothing.</returns>
    internal QuotaLimits? Read(byte[]? data)
    {
        Parsed? parsed = _parsed;
        if (parsed is null || !ReferenceEquals(parsed.Data, data))
        {
            _parsed = parsed = new Parsed(data, QuotaLimits.TryParse(data, out QuotaLimits limits) ? limits : null);
        }

        return parsed.Limits;
    }

    private sealed record Parsed(byte[]? Data, QuotaLimits? Limits);
}
