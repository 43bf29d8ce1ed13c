using OrleansZk.Core.Replication;
using OrleansZk.Core.Tree;

namespace OrleansZk.Core.Sessions;

/// <summary>The connections of one replica, by token and by session, and the ids for new ones.</summary>
public sealed class ConnectionRegistry
{
    private const int LastServerWithOwnByte = 253;

    private readonly Lock _gate = new();
    private readonly Dictionary<long, ClientConnection> _byToken = [];
    private readonly Dictionary<long, ClientConnection> _bySession = [];
    private readonly ConnectionStats _gone = new();
    private readonly List<(long SessionId, long HeardAt)> _heardBeforeGone = [];
    private readonly TimeProvider _clock;
    private readonly int _sessionIdStep = 1;
    private long _nextToken;
    private long _nextSessionId;
    private long _reportedAt;

    internal ConnectionRegistry(ReplicaIdentity identity, TimeProvider clock)
    {
        _clock = clock;

        // ZooKeeper's layout (SessionTrackerImpl): the server in the top byte, then the clock, then a count. The same shape serves tokens.
        long start = (identity.Incarnation << 24) >>> 8;
        _nextToken = ((long)identity.ServerId << 56) | start;

        // An ephemeralOwner with 0xff in its top byte is a time to live: servers 254 and 255 share a byte, one has the even ids, the other the odd ones.
        _nextSessionId = (Math.Min(identity.ServerId, LastServerWithOwnByte + 1L) << 56) | start;
        if (identity.ServerId > LastServerWithOwnByte)
        {
            _sessionIdStep = 2;
            _nextSessionId = (_nextSessionId & ~1L) | (uint)(identity.ServerId & 1);
        }

        _reportedAt = clock.GetTimestamp();
    }

    public int Count
    {
        get
        {
            lock (_gate)
            {
                return _byToken.Count;
            }
        }
    }

    /// <summary>The connections now.</summary>
    public IReadOnlyList<ClientConnection> Snapshot()
    {
        lock (_gate)
        {
            return [.. _byToken.Values];
        }
    }

    /// <summary>All that this replica's connections have received and sent.</summary>
    public ConnectionStats Totals()
    {
        var totals = new ConnectionStats();
        ClientConnection[] present;
        lock (_gate)
        {
            totals.Add(_gone);
            present = [.. _byToken.Values];
        }

        // Added up outside: whoever connects waits for that lock, and anybody may ask.
        foreach (ClientConnection connection in present)
        {
            totals.Add(connection.Stats);
        }

        return totals;
    }

    /// <summary>Starts every connection's figures from zero; the totals keep what they had.</summary>
    public void ResetConnections()
    {
        foreach (ClientConnection connection in Snapshot())
        {
            // In this order: a connection that shakes hands comes here with its own lock.
            lock (connection.Gate)
            {
                lock (_gate)
                {
                    if (_byToken.ContainsKey(connection.Token))
                    {
                        _gone.Add(connection.Stats);
                    }
                }

                connection.Stats.Reset();
            }
        }
    }

    /// <summary>Starts the totals, and every connection's figures, from zero.</summary>
    public void ResetStats()
    {
        lock (_gate)
        {
            _gone.Reset();
        }

        foreach (ClientConnection connection in Snapshot())
        {
            lock (connection.Gate)
            {
                connection.Stats.Reset();
            }
        }
    }

    internal long NextToken() => Interlocked.Increment(ref _nextToken);

    internal long NextSessionId()
    {
        long id = Interlocked.Add(ref _nextSessionId, _sessionIdStep);
        while (NodeOwner.IsReserved(id))
        {
            id = Interlocked.Add(ref _nextSessionId, _sessionIdStep);
        }

        return id;
    }

    internal void Add(ClientConnection connection)
    {
        lock (_gate)
        {
            _byToken.Add(connection.Token, connection);
        }
    }

    /// <summary>Gives a session to a connection.</summary>
    /// <returns>The connection that had it before, if one had.</returns>
    internal ClientConnection? Establish(ClientConnection connection)
    {
        lock (_gate)
        {
            _bySession.TryGetValue(connection.SessionId, out ClientConnection? before);
            _bySession[connection.SessionId] = connection;
            return ReferenceEquals(before, connection) ? null : before;
        }
    }

    internal ClientConnection? OfSession(long sessionId)
    {
        lock (_gate)
        {
            return _bySession.GetValueOrDefault(sessionId);
        }
    }

    internal void Remove(ClientConnection connection)
    {
        lock (_gate)
        {
            if (_byToken.Remove(connection.Token))
            {
                _gone.Add(connection.Stats);
            }

            if (_bySession.TryGetValue(connection.SessionId, out ClientConnection? owner) && ReferenceEquals(owner, connection))
            {
                _bySession.Remove(connection.SessionId);
                if (connection.LastHeardAt >= _reportedAt)
                {
                    // Not reported yet, and its session is to live on for all its time.
                    _heardBeforeGone.Add((connection.SessionId, connection.LastHeardAt));
                }
            }
        }
    }

    /// <summary>Counts as unreported what was reported: the leader that it was sent to may never have got it.</summary>
    internal void ReportAgain()
    {
        lock (_gate)
        {
            _reportedAt = long.MinValue;
        }
    }

    /// <summary>The sessions that were heard of since this was last asked.</summary>
    internal List<SessionActivity> TakeActivity()
    {
        var activity = new List<SessionActivity>();
        lock (_gate)
        {
            long now = _clock.GetTimestamp();
            void Add(long id, long heardAt) =>
                activity.Add(new SessionActivity(id, (long)_clock.GetElapsedTime(heardAt, now).TotalMilliseconds));

            foreach ((long id, ClientConnection connection) in _bySession)
            {
                if (connection.LastHeardAt >= _reportedAt)
                {
                    Add(id, connection.LastHeardAt);
                }
            }

            foreach ((long id, long heardAt) in _heardBeforeGone)
            {
                Add(id, heardAt);
            }

            _heardBeforeGone.Clear();
            _reportedAt = now;
        }

        return activity;
    }
}
