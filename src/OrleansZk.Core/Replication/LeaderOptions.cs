namespace OrleansZk.Core.Replication;

/// <summary>How a leader decides. Every leader of an ensemble must have the same.</summary>
public sealed record LeaderOptions
{
    /// <summary>Length of a tick, milliseconds: sessions expire at whole ticks.</summary>
    public int TickTime { get; init; } = 2000;

    /// <summary>False ignores the hard limits of quotas, as ZooKeeper does by default.</summary>
    public bool EnforceQuota { get; init; } = true;

    /// <summary>False refuses nodes with a time to live, as ZooKeeper does by default.</summary>
    public bool TtlEnabled { get; init; } = true;

    /// <summary>Most ephemerals that one session may own; closing a session deletes all of them in one transaction.</summary>
    public int MaxEphemeralsPerSession { get; init; } = 100_000;

    /// <summary>
    /// Bytes from which on a group takes no more: what is appended and sent to other servers in one piece is no longer than this and one transaction.
    /// </summary>
    public int MaxGroupBytes { get; init; } = 4 << 20;

    /// <summary>Hears of a quota's soft limit: its path, the nodes and the bytes used.</summary>
    public Action<string, long, long>? OnSoftQuotaExceeded { get; init; }
}
