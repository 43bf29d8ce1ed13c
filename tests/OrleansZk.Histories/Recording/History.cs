namespace OrleansZk.Histories;

/// <summary>What clients did and saw, in one order that respects real time. Any thread may record.</summary>
/// <param name="clock">For the times of events; without one, they are zero and no expiry is judged.</param>
public sealed class History(TimeProvider? clock = null)
{
    private readonly Lock _gate = new();
    private readonly List<HistoryEvent> _events = [];
    private readonly List<Operation> _operations = [];
    private readonly long _start = clock?.GetTimestamp() ?? 0;

    /// <summary>To be read when nobody records any more.</summary>
    public IReadOnlyList<HistoryEvent> Events => _events;

    /// <summary>To be read when nobody records any more.</summary>
    public IReadOnlyList<Operation> Operations => _operations;

    /// <summary>A client begins to connect to a server.</summary>
    /// <param name="client">Its name, for people.</param>
    public ConnectionRecord Connect(string client, int serverId)
    {
        var connection = new ConnectionRecord(this, client, serverId);
        Add(HistoryEventKind.Connecting, connection);
        return connection;
    }

    internal void Add(
        HistoryEventKind kind, ConnectionRecord connection, Operation? operation = null, WatchedEvent happened = default, string? text = null)
    {
        lock (_gate)
        {
            AddLocked(kind, connection, operation, happened, text);
        }
    }

    internal Operation Invoke(ConnectionRecord connection, Request request, int xid)
    {
        lock (_gate)
        {
            var operation = new Operation(connection, request, xid, _events.Count);
            _operations.Add(operation);
            AddLocked(HistoryEventKind.Invoked, connection, operation, default, null);
            return operation;
        }
    }

    internal void Answer(ConnectionRecord connection, Operation operation, Answer answer)
    {
        lock (_gate)
        {
            operation.Answer = answer;
            operation.Outcome = Outcome.Answered;
            operation.AnsweredAt = _events.Count;
            AddLocked(HistoryEventKind.Answered, connection, operation, default, null);
        }
    }

    private void AddLocked(HistoryEventKind kind, ConnectionRecord connection, Operation? operation, WatchedEvent happened, string? text) =>
        _events.Add(new HistoryEvent(_events.Count, clock?.GetElapsedTime(_start) ?? default, kind, connection, operation, happened, text));
}
