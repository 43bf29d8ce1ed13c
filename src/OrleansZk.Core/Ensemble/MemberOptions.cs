namespace OrleansZk.Core.Ensemble;

/// <summary>How a member watches the others.</summary>
public sealed record MemberOptions
{
    /// <summary>Between two heartbeats to the store.</summary>
    public TimeSpan HeartbeatInterval { get; init; } = TimeSpan.FromMilliseconds(300);

    /// <summary>Between two heartbeats while there is no leader.</summary>
    public TimeSpan SearchInterval { get; init; } = TimeSpan.FromMilliseconds(20);

    /// <summary>A member that is silent for so long, by the store's clock, is not alive.</summary>
    public TimeSpan DeadAfter { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>A connection over which nothing was heard for so long is closed.</summary>
    public TimeSpan PeerTimeout { get; init; } = TimeSpan.FromMilliseconds(1500);

    /// <summary>Without a leader for so long, a server lets its clients go, and serves only those that take reads alone.</summary>
    public TimeSpan ReadOnlyAfter { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>A leader that most of the live members have not been able to follow for so long is replaced.</summary>
    public TimeSpan IsolationTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>A member that has been silent for so long is not expected back. Any other may lead by now when a leader has heard neither of it nor of the store.</summary>
    public TimeSpan GoneAfter { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>A server that has been given the leadership does not give it away before, when an operator asks for it.</summary>
    public TimeSpan TransferInterval { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long a member waits for a leader to put back what the store has lost, before it ends.</summary>
    public TimeSpan RestorePatience { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Bytes of the newest groups that a leader keeps in memory.</summary>
    public long HistoryBytes { get; init; } = 64L << 20;
}
