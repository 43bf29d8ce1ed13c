namespace OrleansZk.Histories;

/// <summary>One connection of a client; what is recorded here must be in the order of the connection's stream.</summary>
public sealed class ConnectionRecord
{
    private readonly History _history;

    internal ConnectionRecord(History history, string client, int serverId)
    {
        _history = history;
        Client = client;
        ServerId = serverId;
    }

    public string Client { get; }

    public int ServerId { get; }

    /// <summary>0 until the handshake is answered.</summary>
    public long SessionId { get; private set; }

    /// <summary>As negotiated.</summary>
    public TimeSpan Timeout { get; private set; }

    /// <summary>True when the server has no leader, and serves reads without a promise of how old they are; no leader hears of the client.</summary>
    public bool IsReadOnly { get; private set; }

    /// <summary>The server has opened a session.</summary>
    public void Opened(long sessionId, TimeSpan timeout)
    {
        (SessionId, Timeout) = (sessionId, timeout);
        _history.Add(HistoryEventKind.Opened, this);
    }

    /// <summary>The server goes on with a session.</summary>
    public void Resumed(long sessionId, TimeSpan timeout, bool isReadOnly = false)
    {
        (SessionId, Timeout, IsReadOnly) = (sessionId, timeout, isReadOnly);
        _history.Add(HistoryEventKind.Resumed, this);
    }

    /// <summary>The server says that the session to be resumed is no more.</summary>
    /// <param name="isReadOnly">True when a server without a leader says so, which may not have heard of the session yet.</param>
    public void Expired(long sessionId, bool isReadOnly = false)
    {
        (SessionId, IsReadOnly) = (sessionId, isReadOnly);
        _history.Add(HistoryEventKind.Expired, this);
    }

    /// <summary>A request is about to be sent.</summary>
    public Operation Invoke(Request request, int xid) => _history.Invoke(this, request, xid);

    /// <summary>Its answer has come.</summary>
    public void Answered(Operation operation, Answer answer) => _history.Answer(this, operation, answer);

    /// <summary>A watch event has come.</summary>
    public void Fired(EventType type, string path, long zxid) =>
        _history.Add(HistoryEventKind.WatchFired, this, null, new WatchedEvent(type, KeeperState.SyncConnected, path, zxid));

    /// <summary>The connection is over, whoever ended it.</summary>
    public void Lost(string why) => _history.Add(HistoryEventKind.Lost, this, text: why);

    /// <summary>Something came that no server may send.</summary>
    public void Anomaly(string what) => _history.Add(HistoryEventKind.Anomaly, this, text: what);
}
