using OrleansZk.Protocol;

namespace OrleansZk.Silo.Leading;

/// <summary>Messages on their way out, each behind its length in four bytes, gathered until somebody takes them. Any thread may add, one may take.</summary>
/// <remarks>What is taken at once may begin and end within a message: <see cref="Server.Peers.PeerMessageReader"/> puts them together again.</remarks>
internal sealed class MessageBuffer
{
    private const int HighWaterMark = 4 << 20;

    // Orleans refuses messages beyond a hundred megabytes, puts up to sixteen of these into one, and others wait behind it.
    private const int MostTaken = 1 << 20;
    private const int KeptCapacity = 1 << 20;

    private readonly Lock _gate = new();
    private JuteWriter _gathered = new();
    private JuteWriter _taking = new();
    private int _takenOfTaking;
    private TaskCompletionSource? _arrival;
    private TaskCompletionSource? _room;
    private readonly TaskCompletionSource _closed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private bool _isClosed;

    /// <summary>Completes when it is closed.</summary>
    public Task Closed => _closed.Task;

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

    /// <summary>Does nothing once it is closed.</summary>
    public void Add(ReadOnlySpan<byte> message)
    {
        TaskCompletionSource? arrival;
        lock (_gate)
        {
            if (_isClosed)
            {
                return;
            }

            _gathered.WriteInt(message.Length);
            _gathered.WriteRaw(message);
            (arrival, _arrival) = (_arrival, null);
        }

        arrival?.SetResult();
    }

    /// <summary>Completes when little enough waits, or it is closed.</summary>
    public ValueTask WaitForRoomAsync()
    {
        lock (_gate)
        {
            if (_isClosed || _gathered.Length < HighWaterMark)
            {
                return ValueTask.CompletedTask;
            }

            _room ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            return new ValueTask(_room.Task);
        }
    }

    /// <summary>Takes what there is, up to a megabyte, as soon as there is something.</summary>
    /// <returns>Null when it is closed and everything was taken.</returns>
    public async ValueTask<byte[]?> TakeAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            TaskCompletionSource arrival;
            TaskCompletionSource? room = null;
            byte[]? taken = null;
            lock (_gate)
            {
                if (_takenOfTaking == _taking.Length)
                {
                    _taking.Clear(KeptCapacity);
                    _takenOfTaking = 0;
                    (_taking, _gathered) = (_gathered, _taking);
                    (room, _room) = (_room, null);
                }

                int length = Math.Min(MostTaken, _taking.Length - _takenOfTaking);
                if (length > 0)
                {
                    taken = _taking.Written.Slice(_takenOfTaking, length).ToArray();
                    _takenOfTaking += length;
                }
                else if (_isClosed)
                {
                    return null;
                }

                arrival = _arrival ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            }

            room?.SetResult();
            if (taken is not null)
            {
                return taken;
            }

            await arrival.Task.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    public void Close()
    {
        TaskCompletionSource? arrival;
        TaskCompletionSource? room;
        lock (_gate)
        {
            _isClosed = true;
            (arrival, _arrival) = (_arrival, null);
            (room, _room) = (_room, null);
        }

        arrival?.SetResult();
        room?.SetResult();
        _closed.TrySetResult();
    }
}
