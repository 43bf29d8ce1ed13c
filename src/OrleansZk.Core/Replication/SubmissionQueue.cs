using OrleansZk.Core.Sessions;
using OrleansZk.Core.Transactions;

namespace OrleansZk.Core.Replication;

/// <summary>The writes of a replica on their way: gathered, sent to the leader as batches, awaited in the same order.</summary>
internal sealed class SubmissionQueue(ReplicaIdentity identity, ReplicaLimits limits, TimeProvider clock, IWorkScheduler scheduler)
{
    // The thread that sends has a connection of its own to serve: after so many batches, or when its time is over, another one takes over.
    private const int BatchesPerTurn = 4;

    private readonly Lock _gate = new();
    private readonly Queue<WriteRequest> _awaited = new();
    private List<WriteRequest> _gathered = [];
    private List<WriteRequest> _sending = [];
    private ILeader? _leader;
    private long _settledUpTo;
    private TaskCompletionSource? _roomAgain;
    private TaskCompletionSource? _allAnswered;
    private long _number;
    private long _awaitedBytes;
    private bool _isSending;

    public int Count
    {
        get
        {
            lock (_gate)
            {
                return _awaited.Count;
            }
        }
    }

    /// <summary>Sends what has gathered, and what no leader has seen yet, to <paramref name="leader"/> from now on.</summary>
    /// <param name="receivedUpTo">
    /// The number of the newest request of this replica that the leader knows; 0 for one that has just begun, when this replica has applied all that was
    /// committed before it: what it has not found there was never committed.
    /// </param>
    public void SetLeader(ILeader leader, long receivedUpTo)
    {
        lock (_gate)
        {
            _leader = leader;
            _gathered.Clear();

            // The server's own requests were the old leader's: it has decided on expiries by its own clock.
            RemoveAwaited(request => request.Connection is null && request.Origin.Number > receivedUpTo);
            _gathered.AddRange(_awaited.Where(request => request.Origin.Number > receivedUpTo));
        }

        Send();
    }

    /// <summary>Keeps what is submitted until there is a leader again.</summary>
    public void Suspend()
    {
        lock (_gate)
        {
            _leader = null;
        }
    }

    /// <summary>Gives up the requests whose fate cannot be found out any more.</summary>
    /// <returns>The connections that wait for them.</returns>
    public IReadOnlyCollection<ClientConnection> Abandon(long upTo)
    {
        lock (_gate)
        {
            HashSet<ClientConnection> connections =
                [.. _awaited.Where(request => request.Origin.Number <= upTo).Select(request => request.Connection).OfType<ClientConnection>()];
            RemoveAwaited(request => request.Origin.Number <= upTo);
            SignalWaiters();
            return connections;
        }
    }

    public void Add(WriteRequest request)
    {
        lock (_gate)
        {
            request.Origin = new RequestOrigin(identity.ServerId, identity.Incarnation, ++_number);
            _awaited.Enqueue(request);
            _awaitedBytes += request.Length;
            _gathered.Add(request);
        }
    }

    /// <summary>Sends what has gathered, unless another thread is at it, which then takes it along.</summary>
    public void Send()
    {
        lock (_gate)
        {
            if (_isSending || _gathered.Count == 0 || _leader is null)
            {
                return;
            }

            _isSending = true;
        }

        SendOn();
    }

    private void SendOn()
    {
        var turn = new Turn(clock, clock.GetTimestamp(), limits.TurnTime);
        for (int i = 0; i < BatchesPerTurn && (i == 0 || !turn.IsOver); i++)
        {
            ILeader leader;
            long settledUpTo;
            lock (_gate)
            {
                _sending.Clear();
                if (_gathered.Count == 0 || _leader is null)
                {
                    _isSending = false;
                    return;
                }

                // Together: what was gathered for one leader must not go to the next as well.
                (_sending, _gathered) = (_gathered, _sending);
                leader = _leader;
                settledUpTo = _settledUpTo;
            }

            leader.Submit(_sending, settledUpTo);
        }

        scheduler.Post(SendOn);
    }

    /// <summary>Takes the requests that a group answers off the queue.</summary>
    /// <remarks>Each item of this replica gets its request back. What was settled before, a group that comes a second time, is passed over.</remarks>
    public void Settle(Span<Sequenced> group)
    {
        lock (_gate)
        {
            foreach (ref Sequenced item in group)
            {
                RequestOrigin origin = item.Origin;
                if (origin.ServerId != identity.ServerId || origin.Incarnation != identity.Incarnation)
                {
                    continue;
                }

                if (!_awaited.TryPeek(out WriteRequest? awaited) || origin.Number < awaited.Origin.Number)
                {
                    item = item with { Request = null };
                    continue;
                }

                if (awaited.Origin.Number != origin.Number)
                {
                    throw new InvalidOperationException($"request {origin.Number} was answered before request {awaited.Origin.Number}");
                }

                _awaited.Dequeue();
                _awaitedBytes -= awaited.Length;
                _settledUpTo = origin.Number;
                item = item with { Request = awaited };
            }

            SignalWaiters();
        }
    }

    /// <summary>Completes when the leader has decided on everything that was submitted.</summary>
    public Task WaitUntilAnsweredAsync()
    {
        lock (_gate)
        {
            if (_awaited.Count == 0)
            {
                return Task.CompletedTask;
            }

            _allAnswered ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            return _allAnswered.Task;
        }
    }

    /// <summary>Completes when there is room for more requests.</summary>
    public ValueTask WaitForRoomAsync()
    {
        lock (_gate)
        {
            if (!IsFull)
            {
                return ValueTask.CompletedTask;
            }

            _roomAgain ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            return new ValueTask(_roomAgain.Task);
        }
    }

    private void RemoveAwaited(Func<WriteRequest, bool> isRemoved)
    {
        for (int count = _awaited.Count; count > 0; count--)
        {
            WriteRequest request = _awaited.Dequeue();
            if (isRemoved(request))
            {
                _awaitedBytes -= request.Length;
            }
            else
            {
                _awaited.Enqueue(request);
            }
        }
    }

    // Whoever waits goes on elsewhere, not here with the lock.
    private void SignalWaiters()
    {
        if (_roomAgain is { } roomAgain && !IsFull)
        {
            _roomAgain = null;
            roomAgain.SetResult();
        }

        if (_allAnswered is { } allAnswered && _awaited.Count == 0)
        {
            _allAnswered = null;
            allAnswered.SetResult();
        }
    }

    private bool IsFull => _awaited.Count >= limits.MaxOutstanding || _awaitedBytes >= limits.MaxOutstandingBytes;
}
