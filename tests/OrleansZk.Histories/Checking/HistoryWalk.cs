namespace OrleansZk.Histories.Checking;

/// <summary>Walks through what clients saw, in its order, and holds it against the committed states.</summary>
internal sealed class HistoryWalk(Evidence evidence, StateHistory states, CommitCheck commits, Action<string, string> report)
{
    // Decisions are known by the wall clock's milliseconds.
    private static readonly TimeSpan ToldTolerance = TimeSpan.FromMilliseconds(100);

    private readonly Dictionary<ConnectionRecord, ConnectionView> _connections = [];
    private readonly Dictionary<long, SessionView> _sessions = [];
    private readonly ReadCheck _reads = new(states);
    private readonly RefusalCheck _refusals = new(states);
    private readonly Dictionary<Operation, TimeSpan> _sentAt = [];
    private long _seenByAnybody;

    public void Run()
    {
        foreach (HistoryEvent step in evidence.History.Events)
        {
            Take(step);
        }

        foreach (ConnectionView connection in _connections.Values.Where(connection => evidence.IsSettled && !connection.IsOver))
        {
            connection.Watches!.AdvanceTo(states.LastZxid);
            ReportMissing(connection, "at the end of the run");
            if (connection.Outstanding.TryPeek(out Operation? waiting))
            {
                report("unanswered", $"waits for an answer at the end of the run, and {connection.Outstanding.Count - 1} behind it: {waiting}");
            }
        }

        CheckUnanswered();
        new ExpiryCheck(evidence, states, report).Run(_sessions.Values, _sentAt);
    }

    private void Take(HistoryEvent step)
    {
        if (!_connections.TryGetValue(step.Connection, out ConnectionView? connection))
        {
            _connections.Add(step.Connection, connection = new ConnectionView(step.Connection, states) { StartedAt = step.At });
        }

        if (connection.IsOver && step.Kind is HistoryEventKind.Answered or HistoryEventKind.WatchFired)
        {
            report("stream", $"came over a connection that was lost before: {step}");
        }

        switch (step.Kind)
        {
            case HistoryEventKind.Opened:
                if (_sessions.ContainsKey(step.Connection.SessionId))
                {
                    report("session-id", $"an id was given to a second session: {step}");
                }

                connection.Session = Open(connection, step);
                break;
            case HistoryEventKind.Resumed:
                connection.Session = Open(connection, step);
                break;
            case HistoryEventKind.Expired:
                SessionLife? life = states.Sessions.GetValueOrDefault(step.Connection.SessionId);
                if (life is { ClosedAt: null })
                {
                    report("expiry", $"the session is called expired and was never closed: {step}");
                }
                else if (life is { Close.DecidedAt: { } decidedAt } && !step.Connection.IsReadOnly && decidedAt > step.At + ToldTolerance)
                {
                    report("expiry", $"the session is called expired before it was closed, at {decidedAt}: {step}");
                }

                break;
            case HistoryEventKind.Invoked:
                step.Operation!.SeenBefore = _seenByAnybody;
                connection.Outstanding.Enqueue(step.Operation);
                _sentAt[step.Operation] = step.At;
                break;
            case HistoryEventKind.Answered:
                Answered(connection, step.Operation!);
                break;
            case HistoryEventKind.WatchFired:
                Fired(connection, step.Event);
                break;
            case HistoryEventKind.Lost:
                connection.IsOver = true;
                if (connection.Session is { } session)
                {
                    session.LostAt = step.At;
                }

                foreach (Operation operation in connection.Outstanding)
                {
                    operation.Outcome = Outcome.Unknown;
                }

                connection.Outstanding.Clear();
                break;
            case HistoryEventKind.Anomaly:
                report("stream", step.ToString());
                break;
        }
    }

    private SessionView Open(ConnectionView connection, HistoryEvent step)
    {
        long id = step.Connection.SessionId;
        if (!states.Sessions.ContainsKey(id))
        {
            report("lost-session", $"the session is not in the log: {step}");
        }

        if (!_sessions.TryGetValue(id, out SessionView? session))
        {
            _sessions.Add(id, session = new SessionView(id));
        }

        (session.Timeout, session.LostAt) = (step.Connection.Timeout, null);
        // The server heard the handshake, perhaps long before its answer arrived.
        session.HeardAt = step.Connection.IsReadOnly ? session.HeardAt : connection.StartedAt;
        return session;
    }

    private void Answered(ConnectionView connection, Operation operation)
    {
        if (!connection.Outstanding.TryDequeue(out Operation? first) || !ReferenceEquals(first, operation))
        {
            report("session-order", $"was answered before {first}: {operation}");
        }

        if (connection.Session is not { } session)
        {
            report("stream", $"was answered before the handshake: {operation}");
            return;
        }

        Answer answer = operation.Answer!;
        operation.SessionSaw = session.Saw;
        if (answer.Zxid < session.Saw)
        {
            report("zxid-back", $"the session had seen 0x{session.Saw:x}: {operation}");
        }
        else if (!states.IsCommitted(answer.Zxid))
        {
            report("uncommitted", $"names a zxid that was never committed: {operation}");
        }

        if (answer.Zxid > 0)
        {
            connection.Watches!.AdvanceTo(answer.Zxid);
            ReportMissing(connection, $"before {operation}");
        }

        Judge(connection, session, operation);
        if (answer.Error != ErrorCode.SessionExpired && !connection.Record.IsReadOnly)
        {
            session.Served = operation;
        }

        session.Saw = Math.Max(session.Saw, answer.Zxid);
        _seenByAnybody = Math.Max(_seenByAnybody, answer.Zxid);
    }

    private void Judge(ConnectionView connection, SessionView session, Operation operation)
    {
        Request request = operation.Request;
        Answer answer = operation.Answer!;
        if (request.IsWrite || request.Type == OpCode.Sync)
        {
            JudgeLed(session, operation);
        }
        else if (ReadCheck.IsRead(request) && answer.Error is ErrorCode.Ok or ErrorCode.NoNode)
        {
            long? state = _reads.FindState(request, answer, session.Saw, answer.Zxid, session.Id);
            if (state is null)
            {
                report(
                    "read",
                    $"shows no state from 0x{session.Saw:x} to 0x{answer.Zxid:x}, at which there was {_reads.Describe(request, answer.Zxid)}: {operation}");
            }

            ArmByRead(connection, request, answer, state ?? answer.Zxid);
        }
        else if (answer.Error == ErrorCode.Ok)
        {
            Watch(connection, operation);
        }
        else if (answer.Error is not (ErrorCode.NoWatcher or ErrorCode.SessionExpired) && !evidence.MayRefuse(operation, answer.Error))
        {
            report("unexplained", $"nothing explains the error: {operation}");
        }
    }

    private void JudgeLed(SessionView session, Operation operation)
    {
        Request request = operation.Request;
        Answer answer = operation.Answer!;
        if (answer.Error == ErrorCode.SessionExpired)
        {
            commits.CheckRefused(operation);
            return;
        }

        session.HeardAt = _sentAt[operation];
        bool commitsSomething = request.IsWrite && answer.IsOk && request is not { Type: OpCode.Multi, Parts.Count: 0 };
        if (commitsSomething ? answer.Zxid <= operation.SeenBefore : answer.Zxid < operation.SeenBefore)
        {
            string rule = request.Type == OpCode.Sync ? "sync" : "real-time";
            report(rule, $"zxid 0x{operation.SeenBefore:x} had been seen before it was sent: {operation}");
        }

        if (answer.IsOk)
        {
            if (request.IsWrite)
            {
                commits.CheckAcknowledged(operation, states);
            }

            return;
        }

        commits.CheckRefused(operation);
        ErrorCode error = RefusalCheck.ErrorOf(answer);
        long from = Math.Max(operation.SeenBefore, session.Saw);
        if (!RefusalCheck.IsAboutTheTree(error))
        {
            if (!evidence.MayRefuse(operation, error))
            {
                report("unexplained", $"nothing explains the error: {operation}");
            }
        }
        else if (!_refusals.IsExplained(request, answer, from, answer.Zxid))
        {
            report("refusal", $"no state from 0x{from:x} to 0x{answer.Zxid:x} refuses it so: {operation}");
        }
    }

    private static void ArmByRead(ConnectionView connection, Request request, Answer answer, long state)
    {
        if (!request.Watch || (answer.Error != ErrorCode.Ok && request.Type != OpCode.Exists))
        {
            return;
        }

        WatchKind kind = request.Type is OpCode.GetChildren or OpCode.GetChildren2 ? WatchKind.Child : WatchKind.Data;
        connection.Watches!.Arm(kind, request.Path, state);
    }

    private void Watch(ConnectionView connection, Operation operation)
    {
        Request request = operation.Request;
        WatchModel watches = connection.Watches!;
        long zxid = operation.Answer!.Zxid;
        switch (request.Type)
        {
            case OpCode.AddWatch when request.WatchMode == AddWatchMode.PersistentRecursive:
                watches.Arm(WatchKind.Recursive, request.Path, zxid);
                break;
            case OpCode.AddWatch:
                watches.Arm(WatchKind.PersistentData, request.Path, zxid);
                watches.Arm(WatchKind.PersistentChild, request.Path, zxid);
                break;
            case OpCode.RemoveWatches:
                watches.Disarm(request.Path, request.WatcherType);
                break;
            case OpCode.SetWatches or OpCode.SetWatches2:
                Rearm(connection, operation, request.Rearmed!, zxid);
                break;
        }
    }

    private void Rearm(ConnectionView connection, Operation operation, RearmedWatches rearmed, long zxid)
    {
        var missed = new List<(EventType Type, string Path)>();
        void Rearm(string path, WatchKind kind, Func<Stat, bool> changed, EventType change)
        {
            if (states.Find(path) is not { } node || !node.At(zxid).Exists)
            {
                missed.Add((EventType.NodeDeleted, path));
            }
            else if (changed(node.StatAt(zxid)))
            {
                missed.Add((change, path));
            }
            else
            {
                connection.Watches!.Arm(kind, path, zxid);
            }
        }

        foreach (string path in rearmed.Data)
        {
            Rearm(path, WatchKind.Data, stat => stat.Mzxid > rearmed.RelativeZxid, EventType.NodeDataChanged);
        }

        foreach (string path in rearmed.Exist)
        {
            if (states.Find(path)?.At(zxid).Exists == true)
            {
                missed.Add((EventType.NodeCreated, path));
            }
            else
            {
                connection.Watches!.Arm(WatchKind.Data, path, zxid);
            }
        }

        foreach (string path in rearmed.Child)
        {
            Rearm(path, WatchKind.Child, stat => stat.Pzxid > rearmed.RelativeZxid, EventType.NodeChildrenChanged);
        }

        foreach (string path in rearmed.Persistent)
        {
            connection.Watches!.Arm(WatchKind.PersistentData, path, zxid);
            connection.Watches.Arm(WatchKind.PersistentChild, path, zxid);
        }

        foreach (string path in rearmed.PersistentRecursive)
        {
            connection.Watches!.Arm(WatchKind.Recursive, path, zxid);
        }

        List<(EventType Type, string Path)> told = [.. connection.Missed.Select(happened => (happened.Type, happened.Path))];
        connection.Missed.Clear();
        if (!missed.Order().SequenceEqual(told.Order()))
        {
            report("missed-events", $"told of [{string.Join(' ', told)}], where [{string.Join(' ', missed)}] was due: {operation}");
        }
    }

    private void Fired(ConnectionView connection, WatchedEvent happened)
    {
        if (happened.Zxid <= 0)
        {
            connection.Missed.Enqueue(happened);
            return;
        }

        string client = $"{connection.Record.Client} session 0x{connection.Record.SessionId:x}";
        if (connection.Session is { } session)
        {
            if (happened.Zxid < session.Saw)
            {
                report("late-event", $"{client} had seen 0x{session.Saw:x} when it was told {Show(happened)}");
            }

            session.Saw = Math.Max(session.Saw, happened.Zxid);
            _seenByAnybody = Math.Max(_seenByAnybody, happened.Zxid);
        }

        Queue<WatchedEvent> expected = connection.Watches!.Expected;
        connection.Watches.AdvanceTo(happened.Zxid);
        if (!expected.Contains(happened))
        {
            report("unexplained-event", $"no watch and no change of {client} explains {Show(happened)}");
            return;
        }

        for (WatchedEvent due = expected.Dequeue(); due != happened; due = expected.Dequeue())
        {
            report("missed-event", $"{client} was told {Show(happened)} and never {Show(due)} before it");
        }
    }

    private void ReportMissing(ConnectionView connection, string when)
    {
        while (connection.Watches!.Expected.TryDequeue(out WatchedEvent due))
        {
            report("missed-event", $"{connection.Record.Client} session 0x{connection.Record.SessionId:x} was not told {Show(due)} {when}");
        }
    }

    /// <summary>What was not answered may have happened once, and not before it was asked for.</summary>
    private void CheckUnanswered()
    {
        foreach (Operation operation in evidence.History.Operations)
        {
            if (operation.Outcome != Outcome.Answered && operation.Request.IsWrite && commits.Find(operation) is { } transaction
                && transaction.Zxid <= operation.SeenBefore)
            {
                report("real-time", $"{transaction} is in the log before its request was sent: {operation}");
            }
        }
    }

    private static string Show(WatchedEvent happened) => $"{happened.Type} {happened.Path} at 0x{happened.Zxid:x}";
}
