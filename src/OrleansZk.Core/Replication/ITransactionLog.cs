namespace OrleansZk.Core.Replication;

/// <summary>The durable log of committed groups of transactions, and the fence that keeps deposed leaders out.</summary>
/// <remarks>
/// One append is in flight at a time. The log knows groups as bytes with a range of zxids; only the engine knows what is in them.
/// Every method may throw <see cref="StoreUnavailableException"/> when the log lives in a store that can be away.
/// </remarks>
public interface ITransactionLog : IAsyncDisposable
{
    /// <summary>Opens the log for reading: checks it and finds its end.</summary>
    /// <exception cref="LogCorruptException">A record other than a torn last one cannot be read.</exception>
    ValueTask<LogPosition> OpenAsync(CancellationToken cancellationToken);

    /// <summary>
    /// Raises the epoch by one and makes the caller its owner, durably and atomically; from then on the caller may append, and nobody else.
    /// </summary>
    /// <param name="current">The epoch that the caller believes to be the newest.</param>
    /// <param name="known">The newest zxid that the caller knows to be committed: the log must reach that far.</param>
    /// <returns>The new epoch.</returns>
    /// <exception cref="LeaderFencedException">The epoch has moved on from <paramref name="current"/>; nothing was changed.</exception>
    /// <exception cref="LogRolledBackException">The log ends before <paramref name="known"/>, or before what another server has reported; nothing was changed.</exception>
    ValueTask<long> ClaimEpochAsync(long current, long known, CancellationToken cancellationToken);

    /// <summary>Appends a group. It is durable when the returned task completes.</summary>
    /// <remarks>
    /// The continuation may run on the log's own thread. The group's bytes must not change until the task completes. After
    /// <see cref="StoreUnavailableException"/> it is unknown whether the group is in the log: the caller appends the very same group again, and nothing else,
    /// until it knows. Appending a group that is there already changes nothing and succeeds, even when a newer epoch was claimed since.
    /// The log never has a gap: a group is appended only if the log's end is exactly what the caller appended before it, or found when it claimed the epoch.
    /// </remarks>
    /// <exception cref="LeaderFencedException">Another leader has claimed a newer epoch; the group is not in the log and will not be.</exception>
    /// <exception cref="LogRolledBackException">The store has lost its newest commits. The group is not in the log.</exception>
    /// <exception cref="IOException">The device failed or is full; whether the group is in the log is unknown, and the leader is finished.</exception>
    ValueTask AppendAsync(LogGroup group, CancellationToken cancellationToken);

    /// <summary>Proves that at some moment after the call began the caller's epoch was still the newest and the log had all that the caller appended.</summary>
    /// <exception cref="LeaderFencedException">Another leader has claimed a newer epoch.</exception>
    /// <exception cref="LogRolledBackException">The store has lost its newest commits.</exception>
    ValueTask ConfirmEpochAsync(CancellationToken cancellationToken);

    /// <summary>Reads the groups that hold transactions after <paramref name="afterZxid"/>, in order.</summary>
    /// <exception cref="LogTruncatedException">The log no longer reaches back that far.</exception>
    IAsyncEnumerable<LogGroup> ReadAsync(long afterZxid, CancellationToken cancellationToken);

    /// <summary>Allows the log to drop what a durable checkpoint at <paramref name="zxid"/> has made superfluous.</summary>
    ValueTask TruncateAsync(long zxid, CancellationToken cancellationToken);
}

/// <summary>One group commit: transactions <see cref="FirstZxid"/> to <see cref="LastZxid"/>, encoded by the engine.</summary>
public readonly record struct LogGroup(long FirstZxid, long LastZxid, ReadOnlyMemory<byte> Bytes);

/// <summary>Where a log ends.</summary>
/// <param name="Epoch">The newest epoch that was claimed; 0 when none was.</param>
/// <param name="LastZxid">The last group's last zxid; 0 for a log without groups.</param>
public readonly record struct LogPosition(long Epoch, long LastZxid);

/// <summary>Short forms of what an <see cref="ITransactionLog"/> does.</summary>
public static class TransactionLogExtensions
{
    /// <summary>Claims the epoch after <paramref name="current"/> for a caller that knows of nothing but the log itself.</summary>
    /// <inheritdoc cref="ITransactionLog.ClaimEpochAsync"/>
    public static ValueTask<long> ClaimEpochAsync(this ITransactionLog log, long current, CancellationToken cancellationToken) =>
        log.ClaimEpochAsync(current, 0, cancellationToken);
}

/// <summary>Another leader owns a newer epoch: this one must stop leading.</summary>
public sealed class LeaderFencedException(long epoch)
    : Exception($"the log belongs to epoch {epoch} now; this leader has been deposed");

/// <summary>The log cannot be trusted; the message names the file and the record.</summary>
public sealed class LogCorruptException(string message, Exception? inner = null) : Exception(message, inner);

/// <summary>Groups that were asked for have been dropped behind a checkpoint.</summary>
public sealed class LogTruncatedException(long zxid)
    : Exception($"the log no longer holds what followed zxid 0x{zxid:x}");

/// <summary>The store cannot be reached now, or broke off; what was asked may or may not have happened. It is worth trying again.</summary>
public sealed class StoreUnavailableException(string message, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>True when the store answers and does not let this program in: while it runs, a password may be about to be changed; at a start it is wrong.</summary>
    public bool IsLoginRefused { get; init; }
}
