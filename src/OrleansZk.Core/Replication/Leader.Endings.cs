using Microsoft.Extensions.Logging;

namespace OrleansZk.Core.Replication;

/// <content>The sessions that the leader ends of itself: those that expire, and what is left of those that own much.</content>
public sealed partial class Leader
{
    // Sessions that own nothing cost little each, but there may be a hundred thousand of them.
    private const int MaxEndingsPerTurn = 1000;

    /// <summary>Begins to close the sessions whose time is up. To be called every half tick. Time stands still while the log's store is away.</summary>
    /// <returns>How many it begins to close.</returns>
    public int ExpireSessions() => ExpireSessions(Now);

    /// <param name="now">Milliseconds of the monotonic clock: sessions that were due then expire.</param>
    /// <inheritdoc cref="ExpireSessions()"/>
    public int ExpireSessions(long now)
    {
        int count;
        lock (_gate)
        {
            if (_isClosed || _failure is not null || _durable.IsWaiting)
            {
                return 0;
            }

            count = _endings.AddExpired(_sessions.Expired(now));
        }

        if (count > 0)
        {
            LogExpiring(count);
        }

        GoOnWithEndings();
        return count;
    }

    /// <summary>Goes on with the sessions that are ending, unless another thread is sequencing, which takes them along.</summary>
    private void GoOnWithEndings()
    {
        lock (_incomingGate)
        {
            if (_isSequencing || !_endings.MayGoOn(_replica.LastAppliedZxid))
            {
                return;
            }

            _isSequencing = true;
        }

        Sequence();
    }

    /// <summary>Takes a turn at the sessions that are ending. One that owns little goes at once, of others a part; the rest waits for the next turn.</summary>
    /// <returns>False when the epoch has no zxids left.</returns>
    private bool SequenceEndings()
    {
        if (_failure is not null || _isClosed)
        {
            _endings.Clear();
            return true;
        }

        if (!_endings.MayGoOn(_replica.LastAppliedZxid))
        {
            return true;
        }

        _overlay.Prune(_replica.LastAppliedZxid);
        long time = _clock.GetUtcNow().ToUnixTimeMilliseconds();
        long now = Now;
        (int nodes, long bytes) = (0, 0);
        var turn = new Turn(_clock, _clock.GetTimestamp(), _turnTime);
        for (int i = 0; i < MaxEndingsPerTurn && _endings.TryPeek(now, out SessionEnding? ending); i++)
        {
            if (HasUsedUpEpoch)
            {
                return false;
            }

            if (!Sequence(ending.Request(), time, now))
            {
                _endings.PutAway();
            }

            (nodes, bytes) = (nodes + ending.TakenNodes, bytes + ending.TakenBytes);
            if (nodes >= _options.MaxNodesPerEnding || bytes >= _options.MaxPathBytesPerEnding || turn.IsOver)
            {
                // The rest waits until this is applied. What is little does not wait: no session outlives its time because another has ended.
                _endings.EndTurn(_lastZxid);
                break;
            }
        }

        return true;
    }

    private void OnDelivered()
    {
        if (_endings.MayGoOn(_replica.LastAppliedZxid))
        {
            // Elsewhere: this thread has the next group to deliver.
            _scheduler.Post(GoOnWithEndings);
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Expiring {Count} sessions whose clients have not been heard of")]
    private partial void LogExpiring(int count);
}
