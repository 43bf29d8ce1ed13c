using Microsoft.Extensions.Logging;
using OrleansZk.Core.Access;
using OrleansZk.Core.Operations;
using OrleansZk.Core.Transactions;

namespace OrleansZk.Core.Replication;

/// <summary>Sequences writes: validates each against everything sequenced before it, gives it a zxid, commits groups to the log, publishes them.</summary>
/// <remarks>
/// Two stages run side by side. The sequencer prepares and encodes whatever has been submitted into the open group, on the thread of whoever
/// submits first. The committer takes the open group as soon as the log has the one before, so the size of a group follows the load, and no timer
/// delays a lone request. Publishing runs on the log's thread when nothing waits to be appended, and elsewhere when something does.
/// </remarks>
public sealed partial class Leader : ILeader, IDisposable
{
    private readonly Replica _replica;
    private readonly ITransactionLog _log;
    private readonly TimeProvider _clock;
    private readonly ILogger _logger;
    private readonly IWorkScheduler _scheduler;
    private readonly TimeSpan _turnTime;
    private readonly Publisher _publisher;
    private readonly LeaderSessions _sessions;
    private readonly Overlay _overlay;
    private readonly Preparation _preparation;
    private readonly IGroupSink? _others;
    private readonly CarriedOutcomes? _carried;
    private readonly int _maxGroupBytes;
    private readonly DurableLog _durable;
    private readonly CancellationTokenSource _retired = new();

    private readonly Lock _incomingGate = new();
    private List<WriteRequest> _incoming = [];
    private List<WriteRequest> _sequencing = [];
    private bool _isSequencing;

    // Guards everything that the sequencer and the committer share: the groups, the sessions, the overlay, the last zxid.
    private readonly Lock _gate = new();
    private readonly Queue<OpenGroup> _full = new();
    private OpenGroup _open = new();
    private bool _isCommitting;
    private long _lastZxid;
    private long _lastCommitted;
    private bool _isExhausted;
    private bool _isClosed;
    private Exception? _failure;
    private Action? _whenStopped;

    /// <param name="replica">The replica beside the leader, loaded up to the end of the log.</param>
    /// <param name="epoch">The epoch that the leader has claimed.</param>
    /// <param name="others">Takes what is committed to the other servers; null where there are none.</param>
    /// <param name="firstCounter">The epoch's counter to begin after; tests begin near its end.</param>
    public Leader(
        Replica replica,
        ITransactionLog log,
        AccessControl access,
        LeaderOptions options,
        TimeProvider clock,
        IWorkScheduler scheduler,
        ILogger<Leader> logger,
        long epoch,
        IGroupSink? others = null,
        uint firstCounter = 0)
    {
        _replica = replica;
        _log = log;
        _clock = clock;
        _logger = logger;
        _scheduler = scheduler;
        _turnTime = replica.Limits.TurnTime;
        _publisher = new Publisher(replica, scheduler);
        _sessions = new LeaderSessions(options.TickTime);
        _sessions.Load(replica.Sessions, Now);
        _overlay = new Overlay(replica.Tree);
        _preparation = new Preparation(_overlay, _sessions, access, options);
        _lastZxid = (epoch << 32) | firstCounter;
        _lastCommitted = replica.LastAppliedZxid;
        _others = others;
        _carried = others is null ? null : new CarriedOutcomes();
        _maxGroupBytes = options.MaxGroupBytes;
        _durable = new DurableLog(log, clock, scheduler, logger);
    }

    /// <summary>Raised once when the leader can no longer commit: it was deposed, or its log failed. Nothing unanswered will be answered.</summary>
    public event Action<Exception>? Failed;

    /// <summary>The last zxid that was given out.</summary>
    public long LastZxid
    {
        get
        {
            lock (_gate)
            {
                return _lastZxid;
            }
        }
    }

    private long Now => _clock.Milliseconds();

    public void Submit(IReadOnlyList<WriteRequest> requests, long settledUpTo)
    {
        if (_carried is not null && requests.Count > 0)
        {
            lock (_gate)
            {
                _carried.Settle(requests[0].Origin.ServerId, requests[0].Origin.Incarnation, settledUpTo);
            }
        }

        lock (_incomingGate)
        {
            _incoming.AddRange(requests);
            if (_isSequencing)
            {
                return;
            }

            _isSequencing = true;
        }

        Sequence();
    }

    public void ReportActivity(IReadOnlyList<SessionActivity> activity)
    {
        lock (_gate)
        {
            long now = Now;
            foreach (SessionActivity session in activity)
            {
                _sessions.Touch(session.SessionId, now - session.SilentFor);
            }
        }
    }

    /// <summary>Decides on nothing more. What is decided already is committed and published, unless the log can no longer take it.</summary>
    /// <param name="stopped">Called once nothing more will be published; at once when that is so already.</param>
    /// <param name="abandon">True gives up what the log has not taken yet: nobody may wait for a store that is away.</param>
    public void Stop(Action stopped, bool abandon)
    {
        bool isIdle;
        lock (_gate)
        {
            _isClosed = true;

            // Whoever has sequenced something is about to start committing it.
            isIdle = !_isCommitting && !HasMoreToCommit;
            if (!isIdle)
            {
                _whenStopped = stopped;
            }
        }

        if (abandon)
        {
            _retired.Cancel();
        }

        if (isIdle)
        {
            _publisher.WhenIdle(stopped);
        }
    }

    public void Dispose() => _retired.Dispose();

    /// <summary>Closes the sessions whose time is up. To be called every tick. Time stands still while the log's store is away.</summary>
    /// <returns>How many it closes.</returns>
    public int ExpireSessions()
    {
        List<long> expired;
        lock (_gate)
        {
            if (_isClosed || _durable.IsWaiting)
            {
                return 0;
            }

            expired = _sessions.Expired(Now);
        }

        if (expired.Count > 0)
        {
            CloseSession operation = OperationTable.Get<CloseSession>();
            LogExpiring(expired.Count);
            _replica.SubmitOwn([.. expired.Select(id =>
            {
                WriteRequest request = operation.Request(new CloseSessionRequest(IsExpiry: true));
                request.SessionId = id;
                return request;
            })]);
        }

        return expired.Count;
    }

    /// <summary>Sessions by deadline, for <c>dump</c>.</summary>
    public IReadOnlyList<(long InMilliseconds, List<long> Ids)> SessionsByDeadline()
    {
        lock (_gate)
        {
            return _sessions.ByDeadline(Now);
        }
    }

    private void Sequence()
    {
        while (true)
        {
            var turn = new Turn(_clock, _clock.GetTimestamp(), _turnTime);
            if (_sequencing.Count == 0)
            {
                lock (_incomingGate)
                {
                    if (_incoming.Count == 0)
                    {
                        _isSequencing = false;
                        return;
                    }

                    (_sequencing, _incoming) = (_incoming, _sequencing);
                }
            }

            bool exhausted;
            _replica.EnterRead();
            try
            {
                lock (_gate)
                {
                    int done = SequenceAll(_sequencing, turn);
                    exhausted = _isExhausted = done < _sequencing.Count && HasUsedUpEpoch;
                    _sequencing.RemoveRange(0, done);
                }
            }
            finally
            {
                _replica.ExitRead();
            }

            StartCommitting();
            if (exhausted)
            {
                // The committer goes on with the rest when it has claimed the next epoch.
                return;
            }

            if (_sequencing.Count > 0)
            {
                // The thread has a connection of its own to serve.
                _scheduler.Post(Sequence);
                return;
            }
        }
    }

    /// <returns>How many it sequenced: all, unless the turn is over or the epoch has no zxids left.</returns>
    private int SequenceAll(List<WriteRequest> requests, in Turn turn)
    {
        if (_failure is not null || _isClosed)
        {
            return requests.Count;
        }

        _overlay.Prune(_replica.LastAppliedZxid);
        long time = _clock.GetUtcNow().ToUnixTimeMilliseconds();
        long now = Now;
        for (int i = 0; i < requests.Count; i++)
        {
            if (HasUsedUpEpoch || (i > 0 && turn.IsOver))
            {
                return i;
            }

            Sequence(requests[i], time, now);
        }

        return requests.Count;
    }

    private void Sequence(WriteRequest request, long time, long now)
    {
        long zxid = _lastZxid + 1;
        _overlay.Begin();
        _preparation.Start(request, zxid, time, now);
        ErrorCode error = request.Prepare(_preparation);
        Transaction? transaction = null;
        if (error != ErrorCode.Ok)
        {
            _overlay.RollBack();
        }
        else if (_preparation.Body is { } body)
        {
            _lastZxid = zxid;
            transaction = new Transaction(zxid, time, request.SessionId, request.Xid, request.Origin, body);
        }

        _open.Add(new Sequenced(request.Origin, request, transaction, error, _preparation.PartErrors), _replica, _carried);
        if (_open.AddedLength >= _maxGroupBytes)
        {
            _full.Enqueue(SealOpen());
        }
    }

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
                if (group is null)
                {
                    await ClaimNextEpochAsync().ConfigureAwait(false);
                    continue;
                }

                bool hasWaited = await _durable.CommitAsync(group, _retired.Token).ConfigureAwait(false);
                if (hasWaited)
                {
                    RenewSessions();
                }

                if (_others is not null)
                {
                    _lastCommitted = group.HasTransactions ? group.LastZxid : _lastCommitted;
                    _others.Committed(new CommittedGroup(_lastCommitted, group.HasTransactions, group.Bytes));
                }

                _publisher.Publish(group, elsewhere: HasMore());
            }
        }
#pragma warning disable CA1031 // Whatever ended the commits, the leader is finished and must say so.
        catch (Exception e)
#pragma warning restore CA1031
        {
            Fail(e);
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

            _isCommitting = _isExhausted && !_isClosed;
            if (_isCommitting)
            {
                return true;
            }

            whenStopped = _whenStopped;
        }

        if (whenStopped is not null)
        {
            _publisher.WhenIdle(whenStopped);
        }

        return false;
    }

    /// <summary>Gives every session its full time again: nobody could be heard of as long as nothing could be decided.</summary>
    private void RenewSessions()
    {
        lock (_gate)
        {
            _sessions.Renew(Now);
        }
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

    private void Fail(Exception failure)
    {
        Action? whenStopped;
        lock (_gate)
        {
            _failure = failure;
            _full.Clear();
            _open = _publisher.Rent();
            _isCommitting = false;
            whenStopped = _whenStopped;
        }

        if (whenStopped is not null)
        {
            // Asked for: nobody needs to be told.
            _publisher.WhenIdle(whenStopped);
            return;
        }

        LogFailed(failure);
        Failed?.Invoke(failure);
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Expiring {Count} sessions whose clients have not been heard of")]
    private partial void LogExpiring(int count);

    [LoggerMessage(Level = LogLevel.Information, Message = "The epoch's zxids were used up; going on in epoch {Epoch}")]
    private partial void LogNextEpoch(long epoch);

    [LoggerMessage(Level = LogLevel.Critical, Message = "The leader cannot commit any more")]
    private partial void LogFailed(Exception failure);
}
