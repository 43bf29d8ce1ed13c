namespace OrleansZk.Server.Admin.Facts;

/// <summary>Those that expire at one moment.</summary>
internal sealed record ExpirySet<T>(DateTimeOffset At, IReadOnlyList<T> Members);

/// <summary>A session with its ephemeral nodes.</summary>
internal sealed record EphemeralOwner(long SessionId, IReadOnlyList<string> Paths);

/// <summary>Watches on nodes and their data; ZooKeeper's words leave those on lists of children out.</summary>
/// <param name="Connections">Connections that have any.</param>
/// <param name="Paths">Paths that are watched.</param>
/// <param name="Watches">Pairs of the two.</param>
internal readonly record struct WatchSummary(int Connections, int Paths, int Watches);
