using OrleansZk.Model.Histories;

namespace OrleansZk.Model.State;

/// <summary>A whole server as clients see it: sessions, the order of writes, group commit with appends held back, answers and events.</summary>
/// <remarks>
/// Two trees: <see cref="_head"/> has everything that is sequenced, <see cref="Applied"/> everything that is visible. A write is done on both, on the
/// one when it is sequenced and on the other when it is released, and must come to the same.
/// </remarks>
internal sealed class ModelServer(TimeProvider clock, int tick, int minTimeout, int maxTimeout)
{
    private readonly List<ModelConnection> _connections = [];
    private readonly ModelSessions _sessions = new(clock, tick);
    private ModelTree _head = new();
    private List<Sequenced> _open = [];
    private List<Sequenced>? _inFlight;
    private long _lastSequenced = 1L << 32;
    private readonly List<ModelConnection> _gone = [];
    private long _reportedAt = clock.GetTimestamp();

    public ModelTree Applied { get; private set; } = new();

    public long LastApplied { get; private set; }

    public bool Holds { get; private set; }

    /// <summary>Sessions that the log knows.</summary>
    public List<ModelSession> LoggedSessions { get; private set; } = [];

    public ModelConnection Open(int timeout, string ip)
    {
        int given = Math.Clamp(timeout, minTimeout, maxTimeout);
        var session = new ModelSession { LoggedTimeout = given, Timeout = given };
        ModelConnection connection = Connect(session, given, ip);
        Submit([new Sequenced(SequencedKind.Open, connection, session, null, null)]);
        return connection;
    }

    public ModelConnection Resume(ModelSession session, int timeout, bool rightPassword, string ip)
    {
        ModelConnection connection = Connect(session, Math.Clamp(timeout, minTimeout, maxTimeout), ip);
        if (rightPassword)
        {
            Submit([new Sequenced(SequencedKind.Attach, connection, session, null, null)]);
        }
        else
        {
            connection.Accepted = false;
            connection.End();
        }

        return connection;
    }

    /// <summary>Takes a packet of requests.</summary>
    public void Send(ModelConnection connection, IReadOnlyList<(Op Op, int Xid)> packet, long seen)
    {
        connection.LastHeard = clock.GetTimestamp();
        var writes = new List<Sequenced>();
        foreach ((Op op, int xid) in packet)
        {
            if (!connection.IsOpen)
            {
                break;
            }

            Take(connection, op is SetWatchesOp set ? set with { Relative = seen - set.Behind } : op, xid, writes);
        }

        Submit(writes);
    }

    public void Disconnect(ModelConnection connection)
    {
        connection.End();
        if (_connections.Remove(connection) && connection.Session.Speaker == connection)
        {
            _gone.Add(connection);
        }
    }

    /// <summary>What happens every half tick.</summary>
    public void Tick()
    {
        // What a client said right before its connection ended counts too.
        foreach (ModelConnection connection in _connections.Concat(_gone).Where(other => other.Session.Speaker == other && other.LastHeard >= _reportedAt))
        {
            _sessions.Touch(connection);
        }

        _gone.Clear();

        _reportedAt = clock.GetTimestamp();
        Submit([.. _sessions.Due().Select(session => new Sequenced(SequencedKind.Close, null, session, null, null))]);
    }

    public void Reap() => Submit(
        [.. Applied.Outlived(clock.GetUtcNow().ToUnixTimeMilliseconds()).Select(path => new Sequenced(SequencedKind.Reap, null, null, null, path))]);

    public void Hold() => Holds = true;

    public void Release(bool all)
    {
        Holds &= !all;
        if (_inFlight is { } group)
        {
            _inFlight = null;
            Publish(group);
        }

        Commit();
    }

    /// <summary>The process ends, and another begins with what the log has.</summary>
    public void Restart(bool keepHeld)
    {
        foreach (ModelConnection connection in _connections)
        {
            connection.End();
        }

        _connections.Clear();
        _gone.Clear();
        if (keepHeld)
        {
            foreach (Sequenced item in _inFlight ?? [])
            {
                Apply(item);
            }
        }

        (_inFlight, _open, Holds) = (null, [], false);
        _head = Applied.Copy();
        _lastSequenced = ((_lastSequenced >> 32) + 1) << 32;
        _reportedAt = clock.GetTimestamp();
        _sessions.Restart(LoggedSessions);
    }

    private ModelConnection Connect(ModelSession session, int timeout, string ip)
    {
        var connection = new ModelConnection
        {
            Session = session,
            Timeout = timeout,
            Identities = [new AclId("ip", ip)],
            LastHeard = clock.GetTimestamp(),
        };
        _connections.Add(connection);
        return connection;
    }

    private void Take(ModelConnection connection, Op op, int xid, List<Sequenced> writes)
    {
        switch (op)
        {
            case AuthOp auth:
                Authenticate(connection, auth, xid);
                break;
            case MultiOp multi when multi.Parts.Any(part => part is CreateOp { Type: OpCode.Create, Flags: 5 or 6 }):
                // A create without a time to live that asks for one makes the whole multi malformed.
                Take(connection, new MalformedOp(OpCode.Multi), xid, writes);
                break;
            case WriteOp write:
                var item = new Sequenced(write is CloseOp ? SequencedKind.Close : SequencedKind.Write, connection, connection.Session, write, null)
                {
                    Asker = new Asker(connection.Session.Id, [.. connection.Identities], ErrorCode.Ok, 0, 0),
                };
                connection.Pending.Enqueue((item, write, [], xid));
                writes.Add(item);
                break;
            case var read when connection.Pending.Count == 0:
                AnswerRead(connection, read, [.. connection.Identities], xid);
                break;
            default:
                connection.Pending.Enqueue((null, op, [.. connection.Identities], xid));
                break;
        }
    }

    private static void Authenticate(ModelConnection connection, AuthOp auth, int xid)
    {
        bool known = auth.Scheme is "digest" or "ip";

        // ZooKeeper answers it on the connection, which knows no zxid.
        connection.Expected.Add(new Answer(OpCode.Auth, xid, 0, WireResult.Failed(known ? ErrorCode.Ok : ErrorCode.AuthFailed)));
        if (!known)
        {
            connection.End();
        }
        else if (auth.Scheme == "digest")
        {
            AclId[] proven = [new("digest", EngineSettings.DigestId(auth.Credentials))];
            connection.Identities.AddRange(
                (auth.Credentials == EngineSettings.SuperPassword ? [new AclId("super", ""), .. proven] : proven).Except(connection.Identities));
        }
    }

    private void Submit(List<Sequenced> items)
    {
        foreach (Sequenced item in items)
        {
            Sequence(item);
            _open.Add(item);
        }

        Commit();
    }

    private void Sequence(Sequenced item)
    {
        long zxid = _lastSequenced + 1;
        ModelSession? session = item.Session;
        switch (item.Kind)
        {
            case SequencedKind.Open:
                _sessions.Own(session!, item.Connection!);
                item.Outcome = new Outcome(new WireResult(), true, []);
                break;
            case SequencedKind.Attach:
                item.Outcome = session!.IsAlive ? new Outcome(new WireResult(), true, []) : Outcome.Refused(ErrorCode.SessionExpired);
                if (session.IsAlive)
                {
                    _sessions.Own(session, item.Connection!);
                }

                break;
            case SequencedKind.Close when item.Connection is null:
                item.Outcome = _sessions.IsDue(session!)
                    ? new Outcome(new WireResult(), true, _head.Close(session!.Id, zxid))
                    : Outcome.Refused(ErrorCode.UnknownSession);
                session!.IsAlive &= !item.Outcome.IsLogged;
                break;
            case SequencedKind.Close:
                ErrorCode error = ModelSessions.Error(item.Connection);
                item.Outcome = error == ErrorCode.Ok
                    ? new Outcome(new WireResult(), true, _head.Close(session!.Id, zxid))
                    : Outcome.Refused(error);
                session!.IsAlive &= !item.Outcome.IsLogged;
                break;
            case SequencedKind.Reap:
                // What came meanwhile counts: a node that was set again lives on.
                item.Outcome = _head.Outlived(clock.GetUtcNow().ToUnixTimeMilliseconds()).Contains(item.Path!)
                    ? _head.Reap(item.Path!, zxid)
                    : Outcome.Refused(ErrorCode.BadVersion);
                break;
            default:
                long time = clock.GetUtcNow().ToUnixTimeMilliseconds();
                item.Asker = item.Asker with { SessionError = ModelSessions.Error(item.Connection!), Zxid = zxid, Time = time };
                item.Outcome = _head.Execute(item.Op!, item.Asker);
                break;
        }

        if (item.Outcome.IsLogged)
        {
            _lastSequenced = zxid;
            item.Asker = item.Asker with { Zxid = zxid };
        }
    }

    // The log takes one group at a time; what comes meanwhile makes the next one. A group of refusals needs no log.
    private void Commit()
    {
        while (_inFlight is null && _open.Count > 0)
        {
            List<Sequenced> group = _open;
            _open = [];
            if (Holds && group.Any(item => item.Outcome.IsLogged))
            {
                _inFlight = group;
            }
            else
            {
                Publish(group);
            }
        }
    }

    private void Publish(List<Sequenced> group)
    {
        var ended = new List<ModelConnection>();
        foreach (Sequenced item in group)
        {
            IReadOnlyList<Change> changes = Apply(item);
            Notify(changes, item.Asker.Zxid);
            if (item.Outcome.IsLogged && item.Kind is SequencedKind.Close or SequencedKind.Attach)
            {
                ended.AddRange(_connections.Where(
                    other => other != item.Connection && other.Accepted == true && other.Session == item.Session));
            }

            if (item.Connection is { IsOpen: true } connection)
            {
                ended.AddRange(Complete(connection, item));
            }
        }

        foreach (ModelConnection connection in ended)
        {
            Disconnect(connection);
        }

        foreach (ModelConnection connection in _connections.Where(connection => !connection.IsOpen).ToList())
        {
            Disconnect(connection);
        }
    }

    /// <summary>Makes a sequenced item visible.</summary>
    private IReadOnlyList<Change> Apply(Sequenced item)
    {
        if (!item.Outcome.IsLogged)
        {
            return [];
        }

        LastApplied = item.Asker.Zxid;
        switch (item.Kind)
        {
            case SequencedKind.Open:
                LoggedSessions = [.. LoggedSessions, item.Session!];
                return [];
            case SequencedKind.Attach:
                item.Session!.LoggedTimeout = item.Connection!.Timeout;
                return [];
            case SequencedKind.Close:
                LoggedSessions = [.. LoggedSessions.Where(session => session != item.Session)];
                return Applied.Close(item.Session!.Id, item.Asker.Zxid);
            case SequencedKind.Reap:
                return Applied.Reap(item.Path!, item.Asker.Zxid).Changes;
            default:
                Outcome again = Applied.Execute(item.Op!, item.Asker);
                if (!again.Result.Equals(item.Outcome.Result))
                {
                    throw new InvalidOperationException($"the model contradicts itself: {item.Op} was {item.Outcome.Result}, is {again.Result}");
                }

                return again.Changes;
        }
    }

    private void Notify(IReadOnlyList<Change> changes, long zxid)
    {
        foreach (Change change in changes)
        {
            foreach (ModelConnection connection in _connections)
            {
                foreach ((EventType type, string path, IReadOnlyList<Acl> acl) in connection.Watches.Fire(change).ToList())
                {
                    if (connection.IsOpen && connection.Accepted == true && ModelAccess.Allows(acl, Permissions.Read, connection.Identities))
                    {
                        connection.Expected.Add(new Event(type, path, zxid));
                    }
                }
            }
        }
    }

    /// <returns>Connections that lose their session by it.</returns>
    private List<ModelConnection> Complete(ModelConnection connection, Sequenced item)
    {
        if (item.Kind is SequencedKind.Open or SequencedKind.Attach)
        {
            connection.Accepted = item.Outcome.Result.Error == ErrorCode.Ok;
            if (connection.Accepted == false)
            {
                connection.End();
                return [];
            }

            connection.Session.Speaker = connection;
            return [.. _connections.Where(other => other != connection && other.Accepted == true && other.Session == connection.Session)];
        }

        (Sequenced? write, Op op, _, int xid) = connection.Pending.Dequeue();
        if (write != item)
        {
            throw new InvalidOperationException($"the model contradicts itself: {op} is not {item.Op}");
        }

        if (item.Outcome.Result.Error == ErrorCode.SessionMoved)
        {
            connection.End();
            return [];
        }

        Answer(connection, op.ToWire(0).Type, xid, item.Outcome.Result);
        if (item.Kind == SequencedKind.Close)
        {
            connection.End();
        }

        while (connection.Pending.TryPeek(out (Sequenced? Write, Op Op, IReadOnlyList<AclId> Identities, int Xid) next) && next.Write is null)
        {
            connection.Pending.Dequeue();
            AnswerRead(connection, next.Op, next.Identities, next.Xid);
        }

        return [];
    }

    private void AnswerRead(ModelConnection connection, Op op, IReadOnlyList<AclId> who, int xid)
    {
        switch (op)
        {
            case ForbiddenOp:
                Answer(connection, op.ToWire(0).Type, xid, WireResult.Failed(ErrorCode.Unimplemented));
                connection.End();
                break;
            case SetWatchesOp set:
                bool MayRead(string path) => ModelAccess.Allows(Applied.Nodes[path].Acl, Permissions.Read, who);
                connection.Expected.AddRange(connection.Watches.Reset(set, Applied, MayRead).Select(missed => new Event(missed.Type, missed.Path, -1)));
                Answer(connection, set.Type, xid, new WireResult());
                break;
            default:
                Answer(connection, op.ToWire(0).Type, xid, ModelReads.Execute((ReadOp)op, Applied, connection, who));
                break;
        }
    }

    private void Answer(ModelConnection connection, OpCode type, int xid, WireResult result) =>
        connection.Expected.Add(new Answer(type, xid, LastApplied, result));
}
