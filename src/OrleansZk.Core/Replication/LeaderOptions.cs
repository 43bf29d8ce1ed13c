using OrleansZk.Protocol;

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

    /// <summary>Ephemerals that one session may own; a creation beyond is refused with <see cref="ErrorCode.QuotaExceeded"/>.</summary>
    public int MaxEphemeralsPerSession { get; init; } = 100_000;

    /// <summary>Bytes of the paths of a session's ephemerals; a creation beyond is refused with <see cref="ErrorCode.QuotaExceeded"/>.</summary>
    public long MaxEphemeralBytesPerSession { get; init; } = 64L << 20;

    /// <summary>
    /// Bytes of one transaction. A request whose transaction would be longer is refused with <see cref="ErrorCode.MarshallingError"/>: nothing is sequenced that
    /// log, store and other servers do not take.
    /// </summary>
    public int MaxTransactionBytes { get; init; } = 4 << 20;

    /// <summary>Nodes that one transaction deletes when a session ends; the rest goes in others.</summary>
    public int MaxNodesPerEnding { get; init; } = 1000;

    /// <summary>Bytes of the paths that one transaction deletes when a session ends.</summary>
    public int MaxPathBytesPerEnding { get; init; } = 256 << 10;

    /// <summary>Age at which a container that never had a child may be deleted, zero for never: as the reaper's <see cref="Reaping.ReaperOptions.MaxNeverUsed"/>.</summary>
    public TimeSpan MaxNeverUsedContainer { get; init; } = TimeSpan.Zero;

    /// <summary>Most entries of an access control list, with <c>auth</c> expanded; longer ones are refused with InvalidACL. Lists that are stored already stay.</summary>
    public int MaxAclEntries { get; init; } = 4096;

    /// <summary>Most bytes of an access control list on the wire, with <c>auth</c> expanded: the answer to a getACL must fit a frame that clients take.</summary>
    public int MaxAclBytes { get; init; } = Frame.DefaultMaxLength - AclAnswerRest;

    /// <summary>Bytes of the answer to a getACL that are not the list's: header, count and stat, rounded up.</summary>
    public const int AclAnswerRest = 128;

    /// <summary>
    /// Bytes from which on a group takes no more: what is appended and sent to other servers in one piece is no longer than this and one transaction.
    /// </summary>
    public int MaxGroupBytes { get; init; } = 4 << 20;

    /// <summary>Hears of a quota's soft limit: its path, the nodes and the bytes used.</summary>
    public Action<string, long, long>? OnSoftQuotaExceeded { get; init; }
}
