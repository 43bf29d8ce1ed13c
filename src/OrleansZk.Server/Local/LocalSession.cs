using OrleansZk.Client;
using OrleansZk.Core.Replication;
using OrleansZk.Protocol.Records;

namespace OrleansZk.Server.Local;

/// <summary>A session served by the replica of this process, for a client that is elsewhere: numbers answers and events, and keeps events until the client has them. Thread-safe.</summary>
internal sealed class LocalSession : ILocalClient
{
    // A client that has so many events to catch up with is treated like one that does not read from its socket. The end of one session, with
    // all the ephemerals that it may have, is less.
    private const int MostKept = 1 << 18;

    private readonly Lock _gate = new();
    private readonly LocalConnection _connection;
    private readonly ArrivalOrder _arrivals = new();
    private readonly Queue<NumberedEvent> _kept = new();

    // Those of the kept that were not taken yet.
    private readonly Queue<NumberedEvent> _untaken = new();
    private readonly HashSet<Exchange> _exchanges = [];
    private readonly HashSet<TaskCompletionSource<ClientReply>> _own = [];
    private TaskCompletionSource? _arrival;
    private long _number;
    private bool _isClosed;

    /// <param name="newSessionId">The id for a new session.</param>
    public LocalSession(Replica replica, string name, long newSessionId = 0) =>
        _connection = new LocalConnection(replica, this, name, newSessionId);

    /// <summary>Tells this from every other time that a client attached to a session.</summary>
    public long Attachment => _connection.Token;

    public bool IsClosed
    {
        get
        {
            lock (_gate)
            {
                return _isClosed;
            }
        }
    }

    /// <inheritdoc cref="LocalConnection.ConnectAsync"/>
    public Task<ConnectResponse?> ConnectAsync(long sessionId, int timeout, long lastZxidSeen) => _connection.ConnectAsync(sessionId, timeout, lastZxidSeen);

    /// <summary>Executes a client's requests, behind those with smaller numbers.</summary>
    /// <param name="first">The number of the first of them.</param>
    /// <returns>
    /// An answer for each. Number 0 has what was refused before it was sent, and <see cref="ErrorCode.ConnectionLoss"/> where the connection ended meanwhile.
    /// Null when none of the requests was or will be executed.
    /// </returns>
    public async Task<IReadOnlyList<NumberedReply>?> ExecuteAsync(long first, IReadOnlyList<ClientRequest> requests)
    {
        if (requests.Count == 0)
        {
            return [];
        }

        if (!await _arrivals.WaitAsync(first).ConfigureAwait(false))
        {
            return null;
        }

        var exchange = new Exchange(requests.Count);
        bool wasTaken = false;
        try
        {
            lock (_gate)
            {
                if (_isClosed)
                {
                    return null;
                }

                _exchanges.Add(exchange);
            }

            for (int i = 0; i < requests.Count; i++)
            {
                wasTaken |= TrySend(requests[i], exchange, i);
            }
        }
        finally
        {
            _arrivals.Done(requests.Count);
        }

        if (!wasTaken)
        {
            return null;
        }

        await exchange.Done.Task.ConfigureAwait(false);
        return exchange.Replies;
    }

    /// <summary>Asks in the session's name, past the client: the answer has no number.</summary>
    /// <exception cref="KeeperException">The connection has ended, or the request was refused.</exception>
    public async Task<ClientReply> AskAsync(ClientRequest request)
    {
        ClientReply reply = await TryAskAsync(request).ConfigureAwait(false);
        return reply.Error == ErrorCode.Ok ? reply : throw new KeeperException(reply.Error, request.Path);
    }

    /// <inheritdoc cref="AskAsync"/>
    /// <returns>The answer, be it a refusal.</returns>
    public async Task<ClientReply> TryAskAsync(ClientRequest request)
    {
        var answered = new TaskCompletionSource<ClientReply>(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_gate)
        {
            if (_isClosed)
            {
                throw new KeeperException(ErrorCode.ConnectionLoss, request.Path);
            }

            _own.Add(answered);
        }

        bool isSent;
        try
        {
            isSent = _connection.Send(request, answered);
        }
        catch (KeeperException)
        {
            lock (_gate)
            {
                _own.Remove(answered);
            }

            throw;
        }

        if (!isSent)
        {
            answered.TrySetResult(new ClientReply(ErrorCode.ConnectionLoss, 0));
        }

        return await answered.Task.ConfigureAwait(false);
    }

    /// <summary>The events behind a number. Those up to it are forgotten.</summary>
    public IReadOnlyList<NumberedEvent> EventsAfter(long seen)
    {
        lock (_gate)
        {
            Forget(_kept, seen);
            Forget(_untaken, seen);
            return [.. _kept];
        }
    }

    /// <summary>Takes events as they happen, each once and in order, but for those that the client has by then. For one caller.</summary>
    /// <param name="mostCharacters">Of their paths; the first may have more.</param>
    /// <returns>Some of them, as soon as there are any; none when the connection has ended.</returns>
    public async Task<IReadOnlyList<NumberedEvent>> TakeEventsAsync(int most, int mostCharacters = int.MaxValue)
    {
        while (true)
        {
            Task arrival;
            lock (_gate)
            {
                if (_untaken.Count > 0)
                {
                    var taken = new List<NumberedEvent>();
                    int characters = 0;
                    do
                    {
                        characters += _untaken.Peek().Event.Path.Length;
                        taken.Add(_untaken.Dequeue());
                    }
                    while (taken.Count < most && _untaken.TryPeek(out NumberedEvent next) && characters + next.Event.Path.Length <= mostCharacters);

                    return taken;
                }

                if (_isClosed)
                {
                    return [];
                }

                _arrival ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                arrival = _arrival.Task;
            }

            await arrival.ConfigureAwait(false);
        }
    }

    /// <summary>Leaves the session to whoever goes on with it, or to its timeout.</summary>
    public void Close() => _connection.Close();

    void ILocalClient.OnReply(ClientRequest request, ClientReply reply, object? state)
    {
        if (state is not Place place)
        {
            var answered = (TaskCompletionSource<ClientReply>)state!;
            lock (_gate)
            {
                _own.Remove(answered);
            }

            answered.TrySetResult(reply);
            return;
        }

        lock (_gate)
        {
            Settle(place.Exchange, place.Index, new NumberedReply(++_number, reply));
        }
    }

    void ILocalClient.OnEvent(in WatchedEvent e)
    {
        bool isTooMany;
        TaskCompletionSource? arrival;
        lock (_gate)
        {
            var numbered = new NumberedEvent(++_number, e);
            _kept.Enqueue(numbered);
            _untaken.Enqueue(numbered);
            isTooMany = _kept.Count > MostKept;
            (arrival, _arrival) = (_arrival, null);
        }

        arrival?.SetResult();
        if (isTooMany)
        {
            _connection.Close();
        }
    }

    void ILocalClient.OnClosed()
    {
        List<Exchange> exchanges;
        List<TaskCompletionSource<ClientReply>> own;
        TaskCompletionSource? arrival;
        lock (_gate)
        {
            _isClosed = true;
            (arrival, _arrival) = (_arrival, null);
            exchanges = [.. _exchanges];
            own = [.. _own];
            _exchanges.Clear();
            _own.Clear();
        }

        _arrivals.Close();
        arrival?.SetResult();
        exchanges.ForEach(exchange => exchange.Done.TrySetResult());
        own.ForEach(answered => answered.TrySetResult(new ClientReply(ErrorCode.ConnectionLoss, 0)));
    }

    private static void Forget(Queue<NumberedEvent> events, long seen)
    {
        while (events.TryPeek(out NumberedEvent oldest) && oldest.Number <= seen)
        {
            events.Dequeue();
        }
    }

    /// <returns>False when it was not sent: the connection has ended.</returns>
    private bool TrySend(ClientRequest request, Exchange exchange, int index)
    {
        try
        {
            return _connection.Send(request, new Place(exchange, index));
        }
        catch (KeeperException e)
        {
            lock (_gate)
            {
                Settle(exchange, index, new NumberedReply(0, new ClientReply(e.Code, 0)));
            }

            return true;
        }
    }

    /// <summary>Called with the lock.</summary>
    private void Settle(Exchange exchange, int index, NumberedReply reply)
    {
        exchange.Replies[index] = reply;
        if (++exchange.Settled == exchange.Replies.Length)
        {
            _exchanges.Remove(exchange);
            exchange.Done.TrySetResult();
        }
    }

    private sealed record Place(Exchange Exchange, int Index);

    private sealed class Exchange(int count)
    {
        /// <summary>Lost until answered.</summary>
        public NumberedReply[] Replies { get; } = [.. Enumerable.Repeat(new NumberedReply(0, new ClientReply(ErrorCode.ConnectionLoss, 0)), count)];

        public int Settled { get; set; }

        public TaskCompletionSource Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
