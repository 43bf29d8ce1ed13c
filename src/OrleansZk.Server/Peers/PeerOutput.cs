using System.Buffers.Binary;
using System.IO.Pipelines;
using OrleansZk.Protocol;

namespace OrleansZk.Server.Peers;

/// <summary>Sends one connection's messages: one thread at a time, whoever comes first, who takes along what others have left.</summary>
/// <remarks>The pipe may be completed only when <see cref="WaitUntilIdleAsync"/> has, after <see cref="Close"/>.</remarks>
/// <param name="highWaterMark">Unsent bytes from which on senders are to wait.</param>
/// <param name="lost">Called once closed when sending has failed; without an exception when the other side is gone.</param>
internal sealed class PeerOutput(PipeWriter pipe, int highWaterMark, Action<Exception?> lost)
{
    /// <summary>Bytes that senders who never wait can leave unsent before the connection is given up.</summary>
    public const int MaxUnsent = 1 << 30;

    private const int KeptCapacity = 256 << 10;

    // A large output is copied into the pipe as fast as the other side reads, not all at once.
    private const int MaxChunkLength = 256 << 10;

    // Somebody who only wanted to send a message does not go on sending those of others for ever.
    private const int TurnsOnOneThread = 16;

    private readonly Lock _gate = new();
    private JuteWriter _pending = new();
    private JuteWriter _sending = new();
    private int _unsent;
    private bool _isSending;
    private volatile bool _isClosed;
    private TaskCompletionSource? _room;
    private TaskCompletionSource? _idle;

    /// <summary>Sends a message on this thread, or leaves it to the one that is sending. Does nothing once closed.</summary>
    /// <returns>False when too much is unsent: the connection must be closed.</returns>
    public bool Send(ReadOnlySpan<byte> message)
    {
        lock (_gate)
        {
            if (_isClosed)
            {
                return true;
            }

            if (message.Length > MaxUnsent - _unsent - sizeof(int))
            {
                return false;
            }

            int length = sizeof(int) + message.Length;
            Span<byte> to = _pending.Claim(length);
            BinaryPrimitives.WriteInt32BigEndian(to, message.Length);
            message.CopyTo(to[sizeof(int)..]);
            _unsent += length;
            if (_isSending)
            {
                return true;
            }

            _isSending = true;
        }

        _ = SendAsync();
        return true;
    }

    /// <summary>Completes when there is room for more, or the connection is closed.</summary>
    public ValueTask WaitForRoomAsync()
    {
        lock (_gate)
        {
            if (_isClosed || _unsent <= highWaterMark)
            {
                return ValueTask.CompletedTask;
            }

            _room ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            return new ValueTask(_room.Task);
        }
    }

    /// <summary>Drops what is unsent, and sends nothing more.</summary>
    public void Close()
    {
        TaskCompletionSource? room;
        lock (_gate)
        {
            _isClosed = true;
            (room, _room) = (_room, null);
            if (!_isSending)
            {
                Drop();
            }
        }

        room?.TrySetResult();
    }

    /// <summary>Completes when no thread is sending.</summary>
    public ValueTask WaitUntilIdleAsync()
    {
        lock (_gate)
        {
            if (!_isSending)
            {
                return ValueTask.CompletedTask;
            }

            _idle ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            return new ValueTask(_idle.Task);
        }
    }

    /// <summary>Sends until nothing is left. Goes on on another thread when the other side does not keep up.</summary>
    private async Task SendAsync()
    {
        int turns = 0;
        while (TryTakePending())
        {
            if (++turns % TurnsOnOneThread == 0)
            {
                await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
            }

            try
            {
                await SendTakenAsync().ConfigureAwait(false);
            }
            catch (Exception e)
            {
                // Reset by the other side, or closed here: nobody waits for the rest.
                Close();
                lost(e);
            }
        }
    }

    private async ValueTask SendTakenAsync()
    {
        int sent = 0;
        while (sent < _sending.Length && !_isClosed)
        {
            int length = Math.Min(MaxChunkLength, _sending.Length - sent);
            FlushResult result = await pipe.WriteAsync(_sending.WrittenMemory.Slice(sent, length)).ConfigureAwait(false);
            sent += length;
            OnSent(length);
            if (result.IsCompleted)
            {
                Close();
                lost(null);
            }
        }
    }

    private void OnSent(int length)
    {
        TaskCompletionSource? room = null;
        lock (_gate)
        {
            _unsent -= length;

            // Not at the mark itself, where every chunk would wake everybody for one message.
            if (_unsent <= highWaterMark / 2)
            {
                (room, _room) = (_room, null);
            }
        }

        room?.TrySetResult();
    }

    private bool TryTakePending()
    {
        TaskCompletionSource? idle;
        lock (_gate)
        {
            if (!_isClosed)
            {
                _sending.Clear(KeptCapacity);
                if (_pending.Length > 0)
                {
                    (_sending, _pending) = (_pending, _sending);
                    return true;
                }
            }
            else
            {
                Drop();
            }

            _isSending = false;
            (idle, _idle) = (_idle, null);
        }

        idle?.TrySetResult();
        return false;
    }

    private void Drop()
    {
        _pending.Reset();
        _sending.Reset();
        _unsent = 0;
    }
}
