using Microsoft.Extensions.Logging;

namespace OrleansZk.Core.Replication;

/// <content>The committer: takes one group after the other to the log, and what is in the log to the servers. And how a leader fails.</content>
public sealed partial class Leader
{
    /// <summary>Ends the open group, and begins the next.</summary>
    private OpenGroup SealOpen()
    {
        OpenGroup group = _open;
        _open = _publisher.Rent();
        if (_carried is not null)
        {
            group.Seal();
            _carried.Carry(group);
        }

        return group;
    }

    private void StartCommitting()
    {
        lock (_gate)
        {
            if (_isCommitting || _failure is not null)
            {
                return;
            }

            _isCommitting = true;
        }

        _ = CommitAsync();
    }

    private async Task CommitAsync()
    {
        try
        {
            while (TrySeal(out OpenGroup? group))
            {
                _committingProgress.Step();
                if (group is null)
                {
                    await ClaimNextEpochAsync().ConfigureAwait(false);
                    continue;
                }

                _replica.Faults?.Pass(FaultPoint.Commit);
                bool hasWaited = await _durable.CommitAsync(group, _retired.Token).ConfigureAwait(false);
                if (hasWaited)
                {
                    RenewSessions();
                }

                _replica.Faults?.Pass(FaultPoint.Tell);
                if (_others is not null)
                {
                    _lastCommitted = group.HasTransactions ? group.LastZxid : _lastCommitted;
                    _others.Committed(new CommittedGroup(_lastCommitted, group.HasTransactions, group.Bytes));
                }

                _committingProgress.Rest();
                _publisher.Publish(group, elsewhere: HasMore());
            }
        }
#pragma warning disable CA1031 // Whatever ended the commits, the leader is finished and must say so.
        catch (Exception e)
#pragma warning restore CA1031
        {
            Fail(e, isCommitter: true);
        }
    }

    /// <param name="group">Null when the next epoch is to be claimed.</param>
    /// <returns>False when there is nothing to do; then another call of <see cref="StartCommitting"/> begins again.</returns>
    private bool TrySeal(out OpenGroup? group)
    {
        group = null;
        Action? whenStopped;
        lock (_gate)
        {
            if (HasMoreToCommit)
            {
                group = _full.TryDequeue(out OpenGroup? full) ? full : SealOpen();
                return true;
            }

            _isCommitting = _isExhausted && !_isClosed && _failure is null;
            if (_isCommitting)
            {
                return true;
            }

            _committingProgress.Rest();
            whenStopped = _whenStopped;
        }

        if (whenStopped is not null)
        {
            _publisher.WhenIdle(whenStopped);
        }

        return false;
    }

    private bool HasUsedUpEpoch => (uint)_lastZxid == uint.MaxValue;

    private bool HasMoreToCommit => _full.Count > 0 || !_open.IsEmpty;

    private bool HasMore()
    {
        lock (_gate)
        {
            return HasMoreToCommit;
        }
    }

    private async Task ClaimNextEpochAsync()
    {
        long epoch = await _log.ClaimEpochAsync(LastZxid >>> 32, _retired.Token).ConfigureAwait(false);
        lock (_gate)
        {
            _lastZxid = epoch << 32;
            _isExhausted = false;
        }

        LogNextEpoch(epoch);
        Sequence();
    }

    private void OnDeliveryFailed(Exception failure)
    {
        ApplyFailure = failure;
        Fail(failure, isCommitter: false);
    }

    /// <param name="isCommitter">False leaves the group that is being committed to the committer, which then ends.</param>
    private void Fail(Exception failure, bool isCommitter)
    {
        Action? whenStopped;
        bool isIdle;
        lock (_gate)
        {
            bool isFirst = _failure is null;
            _failure ??= failure;
            _full.Clear();
            _open = new OpenGroup();
            _endings.Clear();
            if (isCommitter)
            {
                _isCommitting = false;
                _committingProgress.Rest();
            }

            isIdle = !_isCommitting;
            whenStopped = _whenStopped;
            if (!isFirst && whenStopped is null)
            {
                return;
            }
        }

        if (whenStopped is not null)
        {
            // A requested stop is not a failure. The committer says itself when it has ended.
            if (isIdle)
            {
                _publisher.WhenIdle(whenStopped);
            }

            return;
        }

        LogFailed(failure);
        Failed?.Invoke(failure);
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "The epoch's zxids were used up; going on in epoch {Epoch}")]
    private partial void LogNextEpoch(long epoch);

    [LoggerMessage(Level = LogLevel.Critical, Message = "The leader cannot go on and decides nothing more")]
    private partial void LogFailed(Exception failure);
}
