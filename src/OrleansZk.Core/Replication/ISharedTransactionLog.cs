namespace OrleansZk.Core.Replication;

/// <summary>A log in a store that several servers share, and that may lose its newest commits when it fails over or is restored.</summary>
/// <remarks>
/// No store can tell by itself that it has lost something; the servers can, since each knows how far it was committed. A leader that has in memory
/// what was lost puts it back. Where nobody can, nobody may go on until an operator has accepted the loss.
/// </remarks>
public interface ISharedTransactionLog : ITransactionLog
{
    /// <summary>The store, for people.</summary>
    string StoreName { get; }

    /// <summary>Looks whether the log has, or had before a checkpoint covered it, everything up to <paramref name="mark"/>, and what others have reported.</summary>
    /// <returns>Null when nothing is missing, or what is was given up by <see cref="AcceptLossAsync"/>.</returns>
    ValueTask<LogLoss?> FindLossAsync(LogMark mark, CancellationToken cancellationToken);

    /// <summary>Notes in the store how far a server knows it to have been committed: until it reaches that far again, nobody can append or claim an epoch.</summary>
    ValueTask ReportLossAsync(LogMark mark, CancellationToken cancellationToken);

    /// <summary>Puts lost groups back and the epoch with them, atomically; the caller then owns <see cref="LogRestoration.Known"/>'s epoch.</summary>
    /// <exception cref="LogRolledBackException">The log does not end where the restoration begins, or somebody has reported more than it brings back; nothing was changed.</exception>
    /// <exception cref="LogCorruptException">The log ends with another group than the caller knows; nothing was changed.</exception>
    ValueTask RestoreAsync(LogRestoration restoration, CancellationToken cancellationToken);

    /// <summary>Gives up what was lost: forgets what was reported, and raises the epoch beyond all that <paramref name="mark"/> and reports know of, so that no zxid is given out again.</summary>
    ValueTask AcceptLossAsync(LogMark mark, CancellationToken cancellationToken);
}

/// <summary>Transactions that a store had and has no more.</summary>
/// <param name="Found">The newest epoch, and the zxid after which they are missing.</param>
/// <param name="HasGoneOn">True when others have been committed in their place; false when the log ends there.</param>
public readonly record struct LogLoss(LogPosition Found, bool HasGoneOn);

/// <summary>What puts a log right again that has lost its newest groups.</summary>
/// <param name="Found">Where the log ends now.</param>
/// <param name="Known">Where it ends afterwards, and in which epoch.</param>
/// <param name="Before">The group that the log must end with; null when the caller does not have it any more.</param>
/// <param name="Lost">What follows it, in order.</param>
public sealed record LogRestoration(LogPosition Found, LogMark Known, LogGroup? Before, IReadOnlyList<LogGroup> Lost)
{
    /// <summary>The newest zxid of the epochs before <see cref="Known"/>'s.</summary>
    public long EpochStart => Lost.Select(group => group.LastZxid).Where(zxid => zxid >>> 32 < Known.Epoch).Append(Found.LastZxid).Max();
}
