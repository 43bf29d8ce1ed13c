using Microsoft.Extensions.Logging;
using OrleansZk.Core.Replication;

namespace OrleansZk.Core.Ensemble;

/// <content>What a member does when the store has lost commits: the leader puts them back from its memory, and where it cannot, everybody stops.</content>
/// <remarks>
/// Only a leader restores. It has committed all there was in its epoch, so nobody can have seen more; a follower that put back what it has
/// might put back less than a client was told is safe.
/// </remarks>
public sealed partial class Member
{
    private volatile LogMark _mark = LogMark.None;
    private GroupHistory? _restorable;
    private long? _examinedEpoch;
    private long? _lossSince;
    private LogMark? _reported;

    /// <summary>How far this server knows the log to be committed. Thread-safe.</summary>
    public LogMark Mark => _mark with { LastZxid = _replica.LastAppliedZxid };

    /// <summary>Notes in which epoch, and by whom, the store had what this server has applied.</summary>
    /// <remarks>The owner is the store's: who listens at a leader's address may be a newer incarnation than the one that was meant.</remarks>
    private void NoteEpoch(EnsembleView view)
    {
        if (_channel is { IsFollowing: true, IsClosed: false } channel && channel.Epoch == view.Epoch && view.Epoch > _mark.Epoch
            && view.Leader is { } owner && owner.Id == channel.Leader.Id)
        {
            _mark = new LogMark(view.Epoch, owner.Id, owner.Incarnation, 0);
        }
    }

    /// <summary>Sees whether the store has less than this server, or another that has said so, knows to have been committed.</summary>
    /// <param name="appliedZxid">What this server had applied before it asked the store.</param>
    /// <returns>True when there is nothing else to do until that is mended.</returns>
    /// <exception cref="LogRolledBackException">Nobody can mend it.</exception>
    private async Task<bool> FaceLossAsync(EnsembleView view, long appliedZxid, CancellationToken cancellationToken)
    {
        LogMark mark = _mark with { LastZxid = appliedZxid };
        if (await FindLossAsync(view, mark, cancellationToken).ConfigureAwait(false) is not { } found)
        {
            (_lossSince, _restorable, _reported) = (null, null, null);
            return false;
        }

        if (_lossSince is null)
        {
            LogRolledBack(_log.StoreName, found.Epoch, found.LastZxid, mark.Epoch, mark.LastZxid);
        }

        // Whatever becomes of this server, nobody may go on as if there had been nothing.
        if (mark != _reported)
        {
            await _log.ReportLossAsync(mark, cancellationToken).ConfigureAwait(false);
            _reported = mark;
        }

        _lossSince ??= _clock.GetTimestamp();
        if (_leadership is { } leadership)
        {
            // What it had committed may not have been applied here yet: known once it has stopped.
            _leaderFailure ??= new LogRolledBackException(_log.StoreName, found, mark);
            await EndLeadershipAsync(leadership).ConfigureAwait(false);
            return true;
        }

        if (_restorable is { } history)
        {
            await RestoreAsync(history, found, mark, cancellationToken).ConfigureAwait(false);
            return true;
        }

        ThrowIfNotMended(found, mark, "No leader that still has them in memory has put them back");
        return true;
    }

    private async ValueTask<LogPosition?> FindLossAsync(EnsembleView view, LogMark mark, CancellationToken cancellationToken)
    {
        bool isBehind = view.Epoch < mark.Epoch || view.LogEnd < mark.LastZxid
            || (view.Epoch == mark.Epoch && view.Leader is { } leader && leader != (mark.LeaderId, mark.LeaderIncarnation));
        if (!isBehind && view.Epoch == _examinedEpoch && _lossSince is null && _restorable is null)
        {
            return null;
        }

        // Once for each epoch: the history before it may be another one than this server has seen, although it is as long.
        LogLoss? loss = await _log.FindLossAsync(mark, cancellationToken).ConfigureAwait(false);
        _examinedEpoch = loss is null ? view.Epoch : null;
        return loss?.Found;
    }

    private void KeepForRestoring(Leadership leadership)
    {
        _restorable = leadership.History;
        _examinedEpoch = null;
    }

    private async Task RestoreAsync(GroupHistory history, LogPosition found, LogMark mark, CancellationToken cancellationToken)
    {
        if (!history.TryGetAfter(found.LastZxid, out LogGroup? before, out List<LogGroup> lost))
        {
            throw new LogRolledBackException(
                _log.StoreName, found, mark,
                $"This leader keeps in memory what followed zxid 0x{history.FirstZxid:x}, which does not reach back that far. {Remedy(found)}");
        }

        try
        {
            await _log.RestoreAsync(new LogRestoration(found, mark, before, lost), cancellationToken).ConfigureAwait(false);
            LogRestored(_log.StoreName, lost.Count, found.LastZxid, mark.LastZxid);
            (_restorable, _lossSince) = (null, null);
            _waker.Wake();
        }
        catch (LogRolledBackException)
        {
            // The store has moved meanwhile: an earlier attempt may have succeeded, or another server may have seen more than this one.
            ThrowIfNotMended(found, mark, "Another server has seen more than this leader, or has appended to what is left");
        }
    }

    private void ThrowIfNotMended(LogPosition found, LogMark mark, string reason)
    {
        if (_lossSince is { } since && _clock.GetElapsedTime(since) > _options.RestorePatience)
        {
            throw new LogRolledBackException(_log.StoreName, found, mark, $"{reason}. {Remedy(found)}");
        }
    }

    private static string Remedy(LogPosition found) => StoreGuard.Remedy(found);

    [LoggerMessage(
        Level = LogLevel.Error,
        Message = "{Store} has lost committed transactions: it is at epoch {Epoch} and zxid 0x{Zxid:x}, but has been at epoch {KnownEpoch} and zxid 0x{KnownZxid:x}; nothing is committed until they are put back")]
    private partial void LogRolledBack(string store, long epoch, long zxid, long knownEpoch, long knownZxid);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Put {Groups} groups of transactions back into {Store}, which had lost them: from after zxid 0x{From:x} to 0x{To:x}")]
    private partial void LogRestored(string store, int groups, long from, long to);
}
