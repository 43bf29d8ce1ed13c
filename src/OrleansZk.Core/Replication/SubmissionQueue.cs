using OrleansZk.Core.Transactions;

namespace OrleansZk.Core.Replication;

/// <summary>The writes of a replica on their way: gathered, sent to the leader as batches, awaited in the same order.</summary>
internal sealed class SubmissionQueue(ReplicaIdentity identity, ReplicaLimits limits, IWorkScheduler scheduler)
{
    // The thread that sends has a connection of its own to serve: after so many batches another one takes over.
    private const int BatchesPerTurn = 4;

    private readonly Lock _gate = new();
    private readonly Queue<WriteRequest> _awaited = new();
    private List<WriteRequest> _gathered = [];
    private List<WriteRequest> _sending = [];
    private ILeader? _leader;
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

    public void SetLeader(ILeader leader) => _leader = leader;

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
            if (_isSending || _gathered.Count == 0)
            {
                return;
            }

            _isSending = true;
        }

        SendOn();
    }

    private void SendOn()
    {
        for (int i = 0; i < BatchesPerTurn; i++)
        {
            lock (_gate)
            {
                _sending.Clear();
                if (_gathered.Count == 0)
                {
                    _isSending = false;
                    return;
                }

                (_sending, _gathered) = (_gathered, _sending);
            }

            (_leader ?? throw new InvalidOperationException("the replica has no leader yet")).Submit(_sending);
        }

        scheduler.Post(SendOn);
    }

    /// <summary>Takes the requests that a group answers off the queue.</summary>
    public void Settle(IReadOnlyList<Sequenced> group)
    {
        TaskCompletionSource? roomAgain = null;
        TaskCompletionSource? allAnswered = null;
        lock (_gate)
        {
            foreach (Sequenced item in group)
            {
                RequestOrigin origin = item.Request.Origin;
                if (origin.ServerId != identity.ServerId || origin.Incarnation != identity.Incarnation)
                {
                    continue;
                }

                WriteRequest awaited = _awaited.Dequeue();
                if (awaited.Origin.Number != origin.Number)
                {
                    throw new InvalidOperationException($"request {origin.Number} was answered before request {awaited.Origin.Number}");
                }

                _awaitedBytes -= awaited.Length;
            }

            if (_roomAgain is not null && !IsFull)
            {
                (roomAgain, _roomAgain) = (_roomAgain, null);
            }

            if (_awaited.Count == 0)
            {
                (allAnswered, _allAnswered) = (_allAnswered, null);
            }
        }

        roomAgain?.SetResult();
        allAnswered?.SetResult();
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

    private bool IsFull => _awaited.Count >= limits.MaxOutstanding || _awaitedBytes >= limits.MaxOutstandingBytes;
}
