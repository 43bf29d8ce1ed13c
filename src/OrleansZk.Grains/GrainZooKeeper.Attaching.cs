using OrleansZk.Client;

namespace OrleansZk.Grains;

/// <content>How the session stays alive, and goes on elsewhere when its silo, or the way there, is gone.</content>
public sealed partial class GrainZooKeeper
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(1);

    private Task _beating = Task.CompletedTask;
    private long _lostAt;

    private async Task BeatAsync()
    {
        using var timer = new PeriodicTimer(_timeout / 3, _clock);
        try
        {
            while (await timer.WaitForNextTickAsync(_ending.Token).ConfigureAwait(false))
            {
                await HeartbeatAsync().ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (_ending.IsCancellationRequested)
        {
            // Closing.
        }
    }

    private async Task HeartbeatAsync()
    {
        (long attachment, long seen) = (_attachment, _order.Last);
        if (attachment == 0)
        {
            return;
        }

        try
        {
            SessionAnswer answer = await _grain.Heartbeat(attachment, seen).WaitAsync(_timeout / 3, _clock).ConfigureAwait(false);
            if (!answer.IsAttached)
            {
                Lose(attachment);
                return;
            }

            lock (_gate)
            {
                if (attachment == _attachment)
                {
                    PassOn(answer.Events);
                }
            }
        }
#pragma warning disable CA1031 // Whatever it was, the session is to go on elsewhere.
        catch (Exception e)
#pragma warning restore CA1031
        {
            LogLost(SessionId, e.Message);
            Lose(attachment);
        }
    }

    /// <summary>The grain, or the way to it, is gone. Nobody knows which of the requests on their way were executed.</summary>
    private void Lose(long attachment)
    {
        lock (_gate)
        {
            if (_attachment != attachment || _ended != ErrorCode.Ok)
            {
                return;
            }

            _attachment = 0;
            _lostAt = _clock.GetTimestamp();
            FailInFlight(ErrorCode.ConnectionLoss);
            Become(KeeperState.Disconnected);
        }

        _ = AttachAsync();
    }

    private async Task AttachAsync()
    {
        TimeSpan pause = FirstPause;
        while (!_ending.IsCancellationRequested)
        {
            try
            {
                await SettleAsync().ConfigureAwait(false);
                WatchList watches = Watches;
                Attachment attachment = await _grain.Attach(
                    new AttachRequest((int)_timeout.TotalMilliseconds, LastZxid, Credentials, watches.Count > 0 ? watches : null, IsNew: false))
                    .WaitAsync(_timeout, _clock).ConfigureAwait(false);
                if (attachment.SessionId == 0)
                {
                    Finish(KeeperState.Expired, ErrorCode.SessionExpired);
                    return;
                }

                if (attachment.Id != 0)
                {
                    Begin(attachment.Id);
                    await HeartbeatAsync().ConfigureAwait(false);
                    return;
                }
            }
#pragma warning disable CA1031 // It is tried again.
            catch (Exception e)
#pragma warning restore CA1031
            {
                LogLost(SessionId, e.Message);
            }

            GiveUpWaiting();
            await Task.Delay(pause, _clock, CancellationToken.None).ConfigureAwait(false);
            pause = pause * 2 < LongestPause ? pause * 2 : LongestPause;
        }
    }

    /// <summary>Requests wait for the session to go on, but not for ever.</summary>
    private void GiveUpWaiting()
    {
        lock (_gate)
        {
            if (_clock.GetElapsedTime(_lostAt) < _timeout)
            {
                return;
            }

            while (_unsent.TryDequeue(out PendingCall? call))
            {
                Answer(call, new ClientReply(ErrorCode.ConnectionLoss, 0));
            }
        }
    }
}
