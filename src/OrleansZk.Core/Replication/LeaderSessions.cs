using OrleansZk.Core.Sessions;

namespace OrleansZk.Core.Replication;

/// <summary>The leader's view of sessions: who owns each, and when it expires (ZooKeeper: <c>SessionTrackerImpl</c>).</summary>
/// <remarks>
/// Knows sessions from the moment their creation is sequenced. Thread-safe by the leader's own lock. Owners and deadlines are not in the log: a new
/// leader gives every session its full timeout and learns the owners as they speak.
/// </remarks>
internal sealed class LeaderSessions(int tickTime)
{
    private readonly Dictionary<long, Session> _sessions = [];
    private readonly List<(long Id, Session? Before)> _undo = [];

    public int Count => _sessions.Count;

    public void Load(SessionTable table, long now)
    {
        foreach ((long id, SessionState session) in table.All)
        {
            Open(id, session.Timeout, session.Owner, now);
        }

        Begin();
    }

    /// <summary>Starts a stretch of changes that <see cref="RollBack"/> can take back: of <see cref="Open"/>, <see cref="TryMove"/> and <see cref="Remove"/>.</summary>
    public void Begin() => _undo.Clear();

    public void RollBack()
    {
        for (int i = _undo.Count - 1; i >= 0; i--)
        {
            (long id, Session? before) = _undo[i];
            if (before is null)
            {
                _sessions.Remove(id);
            }
            else
            {
                _sessions[id] = before;
            }
        }

        _undo.Clear();
    }

    /// <param name="now">Milliseconds of the leader's monotonic clock.</param>
    public void Open(long id, int timeout, long owner, long now)
    {
        _undo.Add((id, _sessions.GetValueOrDefault(id)));
        _sessions[id] = new Session { Id = id, Timeout = timeout, Owner = owner, Deadline = Deadline(now, timeout) };
    }

    /// <summary>Checks that a request may speak for the session; the first that does owns it.</summary>
    public ErrorCode Check(long id, long owner)
    {
        if (!_sessions.TryGetValue(id, out Session? session))
        {
            return ErrorCode.SessionExpired;
        }

        if (session.Owner == 0)
        {
            session.Owner = owner;
        }

        return session.Owner == owner ? ErrorCode.Ok : ErrorCode.SessionMoved;
    }

    /// <summary>Gives a session to another connection, and the full timeout that was negotiated with it.</summary>
    public bool TryMove(long id, long owner, int timeout, long now)
    {
        if (!_sessions.ContainsKey(id))
        {
            return false;
        }

        Open(id, timeout, owner, now);
        return true;
    }

    public void Remove(long id)
    {
        if (_sessions.TryGetValue(id, out Session? session))
        {
            _undo.Add((id, session));
            _sessions.Remove(id);
        }
    }

    /// <summary>Notes that a client was heard of.</summary>
    public void Touch(long id, long heardAt)
    {
        if (_sessions.TryGetValue(id, out Session? session))
        {
            session.Deadline = Math.Max(session.Deadline, Deadline(heardAt, session.Timeout));
        }
    }

    /// <summary>Gives every session its full timeout.</summary>
    public void Renew(long now)
    {
        foreach (Session session in _sessions.Values)
        {
            session.Deadline = Deadline(now, session.Timeout);
        }
    }

    public bool IsExpired(long id, long now) => _sessions.TryGetValue(id, out Session? session) && session.Deadline <= now;

    /// <summary>Sessions whose time is up.</summary>
    public List<long> Expired(long now)
    {
        var expired = new List<long>();
        foreach (Session session in _sessions.Values)
        {
            if (session.Deadline <= now)
            {
                expired.Add(session.Id);
            }
        }

        // Sorted, so that every run of the same history writes the same log.
        expired.Sort();
        return expired;
    }

    /// <summary>Sessions by deadline, for <c>dump</c>: milliseconds from now, and the ids.</summary>
    public List<(long InMilliseconds, List<long> Ids)> ByDeadline(long now) =>
    [
        .. _sessions.Values
            .GroupBy(session => session.Deadline)
            .OrderBy(group => group.Key)
            .Select(group => (group.Key - now, group.Select(session => session.Id).Order().ToList())),
    ];

    // Rounded up to whole ticks, so that few deadlines are different.
    private long Deadline(long from, int timeout) => (((from + timeout) / tickTime) + 1) * tickTime;

    private sealed class Session
    {
        public required long Id { get; init; }

        public required int Timeout { get; set; }

        public long Owner { get; set; }

        public long Deadline { get; set; }
    }
}
