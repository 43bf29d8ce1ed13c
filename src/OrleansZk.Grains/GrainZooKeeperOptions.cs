namespace OrleansZk.Grains;

/// <summary>How a session over a cluster client is opened.</summary>
public sealed record GrainZooKeeperOptions
{
    /// <summary>The session lives for so long without being heard of; the server keeps it within its limits.</summary>
    public TimeSpan SessionTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>The stream provider that brings events at once. Null does without: events then come with the next answer or heartbeat.</summary>
    public string? StreamProvider { get; init; } = WatchStreams.DefaultProvider;
}
