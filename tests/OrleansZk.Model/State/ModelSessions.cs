namespace OrleansZk.Model.State;

/// <summary>Sessions as the leader knows them (§7): from when their creation is sequenced, with their owners and deadlines.</summary>
internal sealed class ModelSessions(TimeProvider clock, int tick)
{
    private readonly List<ModelSession> _all = [];

    private long Now => (long)((Int128)clock.GetTimestamp() * 1000 / clock.TimestampFrequency);

    /// <summary>Gives a session to a connection, with the full timeout that was negotiated.</summary>
    public void Own(ModelSession session, ModelConnection connection)
    {
        if (!_all.Contains(session))
        {
            _all.Add(session);
        }

        (session.IsAlive, session.Owner, session.Timeout) = (true, connection, connection.Timeout);
        session.Deadline = Deadline(Now, connection.Timeout);
    }

    /// <summary>Ok when the connection may speak for its session.</summary>
    public static ErrorCode Error(ModelConnection connection)
    {
        if (!connection.Session.IsAlive)
        {
            return ErrorCode.SessionExpired;
        }

        return connection.Session.Owner == connection ? ErrorCode.Ok : ErrorCode.SessionMoved;
    }

    /// <summary>The client was heard of.</summary>
    public void Touch(ModelConnection connection)
    {
        if (connection.Session.IsAlive)
        {
            long heard = Now - (long)clock.GetElapsedTime(connection.LastHeard).TotalMilliseconds;
            connection.Session.Deadline = Math.Max(connection.Session.Deadline, Deadline(heard, connection.Session.Timeout));
        }
    }

    /// <summary>Sessions whose time is up, in the order of their ids, which is that of their creation.</summary>
    public List<ModelSession> Due() => [.. _all.Where(IsDue)];

    public bool IsDue(ModelSession session) => session.IsAlive && session.Deadline <= Now;

    /// <summary>Another leader begins: it knows the sessions of the log, nothing of their owners, and gives them their full time.</summary>
    public void Restart(List<ModelSession> logged)
    {
        foreach (ModelSession session in _all)
        {
            session.IsAlive = logged.Contains(session);
            session.Owner = null;
            session.Timeout = session.LoggedTimeout;
            session.Deadline = Deadline(Now, session.Timeout);
        }
    }

    private long Deadline(long from, int timeout) => (((from + timeout) / tick) + 1) * tick;
}
