using System.Buffers.Binary;
using OrleansZk.Protocol;

namespace OrleansZk.Silo.Leading;

/// <summary>Messages on their way out, gathered until somebody takes all of them at once. Any thread may add, one may take.</summary>
internal sealed class MessageBuffer
{
    private const int HighWaterMark = 4 << 20;
    private const int KeptCapacity = 1 << 20;

    private readonly Lock _gate = new();
    private readonly JuteWriter _gathered = new();
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

    /// <summary>Takes everything, as soon as there is something.</summary>
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
                if (_gathered.Length > 0)
                {
                    taken = _gathered.Written.ToArray();
                    _gathered.Clear(KeptCapacity);
                    (room, _room) = (_room, null);
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

    public delegate void MessageHandler(ReadOnlySpan<byte> message);

    /// <exception cref="JuteException">The bytes are not messages.</exception>
    public static void ForEach(ReadOnlySpan<byte> messages, MessageHandler handle)
    {
        while (messages.Length > 0)
        {
            int length = messages.Length < sizeof(int) ? -1 : BinaryPrimitives.ReadInt32BigEndian(messages);
            if (length < 0 || length > messages.Length - sizeof(int))
            {
                throw new JuteException($"a message of {length} bytes does not fit what follows");
            }

            handle(messages.Slice(sizeof(int), length));
            messages = messages[(sizeof(int) + length)..];
        }
    }
}
