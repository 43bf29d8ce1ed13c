using OrleansZk.Core.Replication;

namespace OrleansZk.Core.Ensemble;

/// <content>A member's time as leader: its begin, its end, and handing over to another.</content>
public sealed partial class Member
{
    private static readonly TimeSpan HandOverLimit = TimeSpan.FromSeconds(5);

    private Transfer? _transfer;
    private volatile bool _isHandingOver;

    /// <summary>Gives the leadership to another server as an operator asks for it: not while a transfer is under way, nor soon after one.</summary>
    /// <inheritdoc cref="TransferAsync"/>
    /// <returns>What has become of it.</returns>
    public async Task<TransferOutcome> RequestTransferAsync(int? successor, CancellationToken cancellationToken)
    {
        if (_isHandingOver || Volatile.Read(ref _transfer) is not null)
        {
            return TransferOutcome.UnderWay;
        }

        if (_leadership is not { } leadership)
        {
            return TransferOutcome.NotLeading;
        }

        if (leadership.GivenAt is { } given && _clock.GetElapsedTime(given) < _options.TransferInterval)
        {
            return TransferOutcome.TooSoon;
        }

        return await TransferAsync(successor, cancellationToken).ConfigureAwait(false) ? TransferOutcome.Done : TransferOutcome.NotLeading;
    }

    /// <summary>Gives the leadership to another server, if this one has it: what was decided is committed first.</summary>
    /// <param name="successor">Null leaves it to the usual rule.</param>
    /// <returns>False when this server does not lead.</returns>
    /// <exception cref="StoreUnavailableException">The store cannot be reached; this server leads no more all the same, until one claims the next epoch.</exception>
    public Task<bool> TransferAsync(int? successor, CancellationToken cancellationToken)
    {
        var transfer = new Transfer(successor);
        if (Interlocked.CompareExchange(ref _transfer, transfer, null) is { } pending)
        {
            transfer = pending;
        }

        _waker.Wake();
        return transfer.Done.Task.WaitAsync(cancellationToken);
    }

    private async Task HandOverAsync(Transfer transfer, CancellationToken cancellationToken)
    {
        if (_leadership is not { } leadership)
        {
            _scheduler.Post(() => transfer.Done.TrySetResult(false));
            return;
        }

        LogHandingOver(transfer.Successor);
        _isHandingOver = true;
        _yieldUntil = _clock.GetTimestamp() + (long)(2 * HandOverLimit.TotalSeconds * _clock.TimestampFrequency);
        await StopLeadingAsync(leadership, abandon: false).ConfigureAwait(false);
        try
        {
            await _membership.HandOverAsync(leadership.Leader.LastZxid >>> 32, transfer.Successor, cancellationToken).ConfigureAwait(false);
            _scheduler.Post(() => transfer.Done.TrySetResult(true));
        }
        catch (StoreUnavailableException e)
        {
            _yieldUntil = 0;
            _scheduler.Post(() => transfer.Done.TrySetException(e));
        }
        finally
        {
            _isHandingOver = false;
        }

        CloseFollowers(leadership);
    }

    private async Task LeadOnAsync(Leadership leadership, EnsembleView view, long askedAt)
    {
        if (view.Leader != (_self.Id, _self.Incarnation) || _leaderFailure is not null || _reloadReason is not null)
        {
            LogDeposed(leadership.Epoch, view.Epoch);
            if (_leaderFailure is not (null or LeaderFencedException or LogRolledBackException))
            {
                // Others may have more luck; and what fails at once should not claim epoch after epoch.
                _pauseUntil = _clock.GetTimestamp() + _clock.TimestampFrequency;
            }

            await EndLeadershipAsync(leadership).ConfigureAwait(false);
        }
        else
        {
            Volatile.Write(ref _confirmedAt, askedAt);
            PublishMembers(leadership, view);
        }
    }

    private async Task LeadAsync(EnsembleView view, CancellationToken cancellationToken)
    {
        long epoch;
        long claimedAt = _clock.GetTimestamp();
        try
        {
            epoch = await _log.ClaimEpochAsync(view.Epoch, _replica.LastAppliedZxid, cancellationToken).ConfigureAwait(false);

            // Nobody else can append now: what the log has is all that there will be before this epoch.
            await foreach (LogGroup group in _log.ReadAsync(_replica.LastAppliedZxid, cancellationToken).ConfigureAwait(false))
            {
                GroupApplication.Apply(_replica, group.Bytes.Span);
            }
        }
        catch (LeaderFencedException)
        {
            // Another one was faster.
            _waker.Wake();
            return;
        }
        catch (LogRolledBackException)
        {
            // Looked at closely the next time.
            _examinedEpoch = null;
            _waker.Wake();
            return;
        }
        catch (Exception e) when (e is DivergedException or LogTruncatedException or LogCorruptException or Protocol.JuteException)
        {
            _reloadReason = e.Message;
            _yieldUntil = _clock.GetTimestamp() + (2 * _clock.TimestampFrequency);
            return;
        }

        _leaderFailure = null;
        Volatile.Write(ref _confirmedAt, claimedAt);
        _leaderHeardAt = claimedAt;
        _replica.Tracking.Start();
        var leadership = new Leadership(_replica, epoch, _options, sink => _newLeader(epoch, sink))
        {
            // Only who hands over leaves an epoch without a leader.
            GivenAt = view is { Leader: null, Epoch: > 0 } ? _clock.GetTimestamp() : null,
        };
        leadership.Leader.Failed += OnLeaderFailed;
        _leadership = leadership;
        _mark = new LogMark(epoch, _self.Id, _self.Incarnation, 0);
        _replica.SetLeader(leadership.Leader);
        LogLeading(epoch, leadership.BeginsAfter);
        BeganToLead?.Invoke(leadership.Leader, leadership.BeginsAfter);
        _replica.SetReadOnly(false);
    }

    /// <summary>Ends a leadership that can commit no more.</summary>
    private async Task EndLeadershipAsync(Leadership leadership)
    {
        bool isRolledBack = _leaderFailure is LogRolledBackException;
        await StopLeadingAsync(leadership, abandon: true).ConfigureAwait(false);
        if (isRolledBack)
        {
            KeepForRestoring(leadership);
        }

        CloseFollowers(leadership);
        _waker.Wake();
    }

    private void OnLeaderFailed(Exception failure)
    {
        _leaderFailure = failure;
        if (_leadership is { Leader.ApplyFailure: not null })
        {
            // Nobody is to read a tree with half a transaction. Not here: whoever failed may hold locks.
            _scheduler.Post(_replica.Distrust);
        }

        _waker.Wake();
    }

    private async Task StopLeadingAsync(Leadership leadership, bool abandon)
    {
        var stopped = new TaskCompletionSource();
        leadership.Leader.Failed -= OnLeaderFailed;
        leadership.Leader.Stop(() => _scheduler.Post(() => stopped.TrySetResult()), abandon);
        if (!abandon)
        {
            await using ITimer limit = _clock.CreateTimer(
                _ => leadership.Leader.Stop(() => _scheduler.Post(() => stopped.TrySetResult()), abandon: true), null, HandOverLimit, Timeout.InfiniteTimeSpan);
            await stopped.Task.ConfigureAwait(false);
        }
        else
        {
            await stopped.Task.ConfigureAwait(false);
        }

        if (leadership.Leader.ApplyFailure is { } failure)
        {
            _reloadReason ??= $"what was committed behind zxid 0x{_replica.LastAppliedZxid:x} could not be applied: {failure.Message}";
        }

        BeginToLook();
        _replica.Tracking.Stop();
        _leadership = null;
        CeasedToLead?.Invoke();
    }

    private static void CloseFollowers(Leadership leadership)
    {
        foreach (FollowerChannel channel in leadership.Channels)
        {
            channel.SayFarewell();
            channel.CloseSoon();
        }

        leadership.Dispose();
    }

    private sealed record Transfer(int? Successor)
    {
        public TaskCompletionSource<bool> Done { get; } = new();
    }
}
