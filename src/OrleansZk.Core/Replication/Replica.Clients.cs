using Microsoft.Extensions.Logging;
using OrleansZk.Core.Sessions;

namespace OrleansZk.Core.Replication;

/// <content>The clients that are connected: who may be, who must leave, and whose output is to be sent.</content>
public sealed partial class Replica
{
    private readonly List<ClientConnection> _touched = [];
    private readonly List<ClientConnection> _dropSoon = [];
    private readonly CatchUpQueue _behind = new();
    private bool _isRelieving;

    /// <summary>False while the state is known to be damaged; then nobody is served, and no checkpoint is begun. Changes with the lock.</summary>
    public bool IsTrusted { get; private set; } = true;

    /// <summary>True while the server has no leader and serves only clients that take that: reads, without a promise of how old they are.</summary>
    public bool IsReadOnly { get; private set; }

    /// <summary>What is ready for clients that have not taken it.</summary>
    internal OutputBudget Output { get; }

    /// <summary>Takes a client's connection.</summary>
    /// <param name="clientAddress">Address and port, for people.</param>
    /// <param name="clientIp">The address alone, for ACLs.</param>
    /// <param name="newSessionId">The id for a new session, from <see cref="NextSessionId"/>; 0 draws one when it is needed.</param>
    public ClientConnection Connect(IConnectionTransport transport, string clientAddress, string clientIp, long newSessionId = 0)
    {
        var connection = new ClientConnection(this, transport, Connections.NextToken(), clientAddress, clientIp, newSessionId);
        Connections.Add(connection);
        return connection;
    }

    /// <summary>Begins or ends the time without a leader. Clients that are served the other way lose their connections, and find what suits them.</summary>
    public void SetReadOnly(bool isReadOnly)
    {
        _lock.EnterWriteLock();
        IsReadOnly = isReadOnly;
        _lock.ExitWriteLock();

        DropClients(connection => connection.IsReadOnly != isReadOnly);
    }

    /// <summary>Refuses and drops clients until <see cref="Replace"/>: the state is not to be trusted.</summary>
    public void Distrust()
    {
        _lock.EnterWriteLock();
        IsTrusted = false;
        _lock.ExitWriteLock();
        DropClients(_ => true);
    }

    /// <summary>
    /// Ends the connections of clients that have not shaken hands in time, that have not read their last answers, or that have taken nothing of what is ready for them
    /// for <see cref="ReplicaLimits.DrainTimeout"/>.
    /// </summary>
    public void DropLate(TimeSpan limit)
    {
        foreach (ClientConnection connection in Connections.Snapshot())
        {
            TimeSpan idle = connection.LookForProgress();
            if (!connection.IsEstablished)
            {
                if (Clock.GetElapsedTime(connection.ConnectedAt) > limit)
                {
                    LogDropped(connection.SessionId, connection.ClientAddress);
                    connection.Drop();
                }
            }
            else if (idle > (connection.IsEnding ? limit : Limits.DrainTimeout))
            {
                LogUnsent(connection.ClientAddress, connection.SessionId, connection.Unsent);
                connection.Drop();
            }
        }
    }

    /// <summary>Ends the connections of sessions that may soon expire because the leader cannot be told that their clients live: elsewhere they can be.</summary>
    /// <param name="leaderSilentFor">How long the leader has not been heard of.</param>
    public void DropUnreported(TimeSpan leaderSilentFor)
    {
        if (leaderSilentFor.TotalMilliseconds <= Limits.MinSessionTimeout * 2L / 3)
        {
            return;
        }

        // As clients do with a server that is silent.
        DropClients(connection => connection is { IsEstablished: true, IsReadOnly: false }
            && connection.SessionTimeout * 2L / 3 < leaderSilentFor.TotalMilliseconds);
    }

    /// <summary>Tells the leader which clients were heard of. To be called at least every half tick.</summary>
    public void ReportActivity()
    {
        // What is heard while there is no leader is the next one's to know.
        if (_leader is { } leader && Connections.TakeActivity() is { Count: > 0 } activity)
        {
            leader.ReportActivity(activity);
        }
    }

    /// <summary>Draws the id of a session, which no other will have.</summary>
    public long NextSessionId() => Connections.NextSessionId();

    /// <summary>Ends a connection after the turn in which a group is being applied. Called with the write lock.</summary>
    internal void DropSoon(ClientConnection connection)
    {
        if (!connection.IsDropping)
        {
            connection.IsDropping = true;
            _dropSoon.Add(connection);
        }
    }

    internal void Remove(ClientConnection connection) => Connections.Remove(connection);

    /// <summary>Ends connections whose clients do not take what is ready for them, when all of that together is too much.</summary>
    /// <param name="soon">True when the caller has the write lock.</param>
    internal void RelieveOutput(bool soon = false)
    {
        if (!Output.IsExceeded || Interlocked.Exchange(ref _isRelieving, true))
        {
            return;
        }

        IEnumerable<(ClientConnection Connection, long Unsent)> holders = Connections.Snapshot()
            .Select(connection => (Connection: connection, connection.Unsent))
            .Where(holder => holder.Unsent > 0)
            .OrderByDescending(holder => holder.Connection.IsStalled)
            .ThenByDescending(holder => holder.Unsent);
        foreach ((ClientConnection connection, long unsent) in holders)
        {
            if (Output.Held <= Output.Target)
            {
                break;
            }

            LogUnsent(connection.ClientAddress, connection.SessionId, unsent);
            connection.EndUnsent();
            if (soon)
            {
                DropSoon(connection);
            }
            else
            {
                connection.Drop();
            }
        }

        Volatile.Write(ref _isRelieving, false);
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Dropping client {Client}, session 0x{SessionId:x}: it has not taken {Bytes} bytes that are ready for it")]
    internal partial void LogUnsent(string client, long sessionId, long bytes);

    [LoggerMessage(Level = LogLevel.Error, Message = "Dropping client {Client}, session 0x{SessionId:x}: it could not be answered")]
    internal partial void LogAnswerFailed(string client, long sessionId, Exception failure);

    /// <summary>Keeps a client waiting whose last server was further, if limits allow that.</summary>
    internal bool TryWaitForZxid(ClientConnection connection)
    {
        if (!Limits.WaitsForZxid)
        {
            return false;
        }

        _behind.Add(connection);
        return true;
    }

    private void ServeThoseBehind()
    {
        _waiters.Release(LastAppliedZxid);
        if (_behind.IsEmpty)
        {
            return;
        }

        List<ClientConnection> ready = _behind.Take(LastAppliedZxid);
        if (ready.Count == 0)
        {
            return;
        }

        EnterRead();
        try
        {
            ready.ForEach(connection => connection.GoOn());
        }
        finally
        {
            ExitRead();
        }

        SubmitEnlisted();
        ready.ForEach(connection => connection.TakeDisplaced()?.Drop());
        ready.ForEach(connection => connection.Flush(elsewhere: true));
    }

    private void DropClients(Func<ClientConnection, bool> isDropped)
    {
        foreach (ClientConnection connection in Connections.Snapshot().Where(isDropped))
        {
            connection.Drop();
        }
    }

    private void Touch(ClientConnection connection)
    {
        if (!connection.IsTouched)
        {
            connection.IsTouched = true;
            _touched.Add(connection);
        }
    }

    private void FlushTouched()
    {
        bool elsewhere = _touched.Count > 1;
        foreach (ClientConnection connection in _touched)
        {
            connection.IsTouched = false;
            connection.Flush(elsewhere);
        }

        _touched.Clear();
        foreach (ClientConnection connection in _dropSoon)
        {
            LogDropped(connection.SessionId, connection.ClientAddress);
            connection.Drop();
        }

        _dropSoon.Clear();
    }
}
