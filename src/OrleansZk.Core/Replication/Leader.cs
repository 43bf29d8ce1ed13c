using Microsoft.Extensions.Logging;
using OrleansZk.Core.Access;
using OrleansZk.Core.Transactions;

namespace OrleansZk.Core.Replication;

/// <summary>Sequences writes: validates each against everything sequenced before it, gives it a zxid, commits groups to the log, publishes them.</summary>
/// <remarks>
/// Two stages run side by side. The sequencer prepares and encodes whatever has been submitted into the open group, on the thread of whoever
/// submits first. The committer takes the open group as soon as the log has the one before, so the size of a group follows the load, and no timer
/// delays a lone request. Publishing runs on the log's thread when nothing waits to be appended, and elsewhere when something does.
/// What breaks the preparation of one request is answered to that one. Anything else that throws ends the leader: no stage is left standing while others wait for it.
/// </remarks>
public sealed partial class Leader : ILeader, IDisposable
{
    /// <summary>The name of the stage that waits for the log.</summary>
    public const string CommittingStage = "committing to the log";

    private static readonly TimeSpan PreparationFailureLogInterval = TimeSpan.FromSeconds(10);

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
    private readonly SessionEndings _endings;
    private readonly IGroupSink? _others;
    private readonly CarriedOutcomes? _carried;
    private readonly LeaderOptions _options;
    private readonly DurableLog _durable;
    private readonly CancellationTokenSource _retired = new();
    private readonly Progress _sequencingProgress;
    private readonly Progress _committingProgress;
    private readonly Progress _applyingProgress;

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
    private volatile Exception? _failure;
    private Action? _whenStopped;
    private long _preparationFailures;
    private long _preparationFailureLoggedAt;

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
        _sequencingProgress = new Progress("sequencing", clock);
        _committingProgress = new Progress(CommittingStage, clock);
        _applyingProgress = new Progress("applying", clock);
        Stages = [_sequencingProgress, _committingProgress, _applyingProgress];
        _publisher = new Publisher(replica, scheduler, _applyingProgress, OnDelivered, OnDeliveryFailed);
        _sessions = new LeaderSessions(options.TickTime);
        _sessions.Load(replica.Sessions, Now);
        _overlay = new Overlay(replica.Tree);
        _endings = new SessionEndings(_sessions);
        _endings.Load(replica.Tree, replica.Sessions);
        _preparation = new Preparation(_overlay, _sessions, access, options);
        _lastZxid = (epoch << 32) | firstCounter;
        _lastCommitted = replica.LastAppliedZxid;
        _others = others;
        _carried = others is null ? null : new CarriedOutcomes();
        _options = options;
        _durable = new DurableLog(log, clock, scheduler, logger);
    }

    /// <summary>Raised once when the leader can no longer commit: it was deposed, or its log failed. Nothing unanswered will be answered.</summary>
    public event Action<Exception>? Failed;

    /// <summary>The stages that requests go through, each with the time that it has not moved on.</summary>
    public IReadOnlyList<Progress> Stages { get; }

    /// <summary>True while commits wait for a store that is away.</summary>
    public bool IsStoreAway => _durable.IsWaiting;

    /// <summary>What kept a committed group from being applied to the replica, whose state is unknown since; null when nothing has.</summary>
    public Exception? ApplyFailure { get; private set; }

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

    /// <summary>Gives every session its full time again: nobody could be heard of, or nothing decided.</summary>
    public void RenewSessions()
    {
        lock (_gate)
        {
            _sessions.Renew(Now);
        }
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
        try
        {
            SequenceWhatWaits();
        }
#pragma warning disable CA1031 // The thread may be any caller's, and the next caller must not find a sequencer that never ends.
        catch (Exception e)
#pragma warning restore CA1031
        {
            Fail(e, isCommitter: false);
            lock (_incomingGate)
            {
                _incoming.Clear();
                _sequencing = [];
                _isSequencing = false;
            }

            _sequencingProgress.Rest();
        }
    }

    private void SequenceWhatWaits()
    {
        while (true)
        {
            var turn = new Turn(_clock, _clock.GetTimestamp(), _turnTime);
            _sequencingProgress.Step();
            if (_sequencing.Count == 0)
            {
                lock (_incomingGate)
                {
                    if (_incoming.Count == 0 && !_endings.MayGoOn(_replica.LastAppliedZxid))
                    {
                        _isSequencing = false;
                        _sequencingProgress.Rest();
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
                    exhausted = _isExhausted = done < _sequencing.Count ? HasUsedUpEpoch : !SequenceEndings();
                    _sequencing.RemoveRange(0, done);
                }
            }
            finally
            {
                _replica.ExitRead();
            }

            // To commit and to publish may be done on this thread, but are stages of their own.
            _sequencingProgress.Rest();
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

        _replica.Faults?.Pass(FaultPoint.Sequence);
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

    /// <returns>False when its preparation broke off.</returns>
    private bool Sequence(WriteRequest request, long time, long now)
    {
        long zxid = _lastZxid + 1;
        bool isSequenced = false;
        _overlay.Begin();
        _sessions.Begin();
        try
        {
            ErrorCode error = Prepare(request, zxid, time, now, out Transaction? transaction);
            if (error != ErrorCode.Ok)
            {
                _overlay.RollBack();
                _sessions.RollBack();
            }

            if (transaction is not null || !IsLeadersOwn(request))
            {
                _open.Add(new Sequenced(request.Origin, request, transaction, error, _preparation.PartErrors), _replica, _carried);
            }

            isSequenced = true;
            _lastZxid = transaction is null ? _lastZxid : zxid;
        }
#pragma warning disable CA1031 // A fault in the way of one request is that one's, as long as it has left nothing behind.
        catch (Exception e) when (!isSequenced && _overlay.IsIntact)
#pragma warning restore CA1031
        {
            _overlay.RollBack();
            _sessions.RollBack();
            NotePreparationFailed(e, request, zxid);
            if (!IsLeadersOwn(request))
            {
                _open.Add(new Sequenced(request.Origin, request, null, ErrorCode.SystemError, null), _replica, _carried);
            }

            return false;
        }

        if (_preparation.Ending is { } ending)
        {
            _endings.Advance(ending, _lastZxid);
        }

        if (_open.AddedLength >= _options.MaxGroupBytes)
        {
            _full.Enqueue(SealOpen());
        }

        return true;
    }

    private ErrorCode Prepare(WriteRequest request, long zxid, long time, long now, out Transaction? transaction)
    {
        transaction = null;
        _preparation.Start(request, zxid, time, now);
        ErrorCode error = request.Prepare(_preparation);
        _replica.Faults?.Pass(FaultPoint.Prepare);
        if (error != ErrorCode.Ok || _preparation.Body is not { } body)
        {
            return error;
        }

        // A session's end has a limit of its own, and must not be refused.
        if (_preparation.Ending is null && !body.Fits(_options.MaxTransactionBytes))
        {
            return ErrorCode.MarshallingError;
        }

        transaction = new Transaction(zxid, time, request.SessionId, request.Xid, request.Origin, body);
        _replica.Faults?.Pass(FaultPoint.Encode);
        return ErrorCode.Ok;
    }

    private void NotePreparationFailed(Exception failure, WriteRequest request, long zxid)
    {
        _preparationFailures++;
        if (_preparationFailures == 1 || _clock.GetElapsedTime(_preparationFailureLoggedAt) > PreparationFailureLogInterval)
        {
            LogPreparationFailed(failure, request.Operation.Code, request.SessionId, zxid, _preparationFailures);
            _preparationFailureLoggedAt = _clock.GetTimestamp();
        }
    }

    // Nobody waits for its answer, on any server.
    private static bool IsLeadersOwn(WriteRequest request) => request.Origin == default;

    [LoggerMessage(
        Level = LogLevel.Error,
        Message = "A {Operation} of session 0x{SessionId:x} could not be prepared as transaction 0x{Zxid:x}; it changed nothing and is answered with SystemError (-1). "
            + "Failures since the start: {Count}")]
    private partial void LogPreparationFailed(Exception failure, OpCode operation, long sessionId, long zxid, long count);
}
