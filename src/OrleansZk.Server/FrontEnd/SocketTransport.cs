using System.Buffers;
using System.IO.Pipelines;
using OrleansZk.Core.Sessions;
using OrleansZk.Protocol;

namespace OrleansZk.Server.FrontEnd;

/// <summary>Sends one connection's output: one thread at a time, whoever comes first, who takes along what others have left.</summary>
/// <remarks>
/// Any thread may send, so the socket's pipe may be completed only when <see cref="CloseAsync"/> has: whoever writes into a pipe
/// that is being completed writes into memory that may be another connection's already.
/// </remarks>
/// <param name="pipe">The socket's; when its reader falls behind, output gathers in the connection, which has its own limit.</param>
internal sealed class SocketTransport(PipeWriter pipe, Action abort) : IConnectionTransport, IThreadPoolWorkItem
{
    private const int KeptCapacity = 8 << 10;

    // A large output is copied into the pipe as fast as the client reads, not all at once.
    private const int MaxChunkLength = 64 << 10;

    private readonly Lock _gate = new();
    private JuteWriter _sending = new();
    private int _sentOfSending;
    private int _calls;
    private bool _isSending;
    private volatile bool _isClosed;
    private TaskCompletionSource? _sent;

    public ClientConnection Connection { get; set; } = null!;

    /// <summary>True when nothing will be sent any more: the client is gone, or the connection was closed here.</summary>
    public bool IsClosed => _isClosed;

    /// <summary>Has the side that reads look again: everything was sent to a connection that is to end, or requests wait that can be executed.</summary>
    public Action? WakeReader { get; set; }

    public void Flush(bool elsewhere)
    {
        lock (_gate)
        {
            _calls++;
            if (_isSending || _isClosed)
            {
                return;
            }

            _isSending = true;
        }

        if (elsewhere)
        {
            ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
        }
        else
        {
            Send();
        }
    }

    public void Resume()
    {
        if (WakeReader is { } wake)
        {
            // Not here: the side that reads may go on at once, on the thread that wakes it.
            ThreadPool.UnsafeQueueUserWorkItem(static wake => wake(), wake, preferLocal: false);
        }
    }

    public void Abort() => abort();

    /// <summary>Sends what the connection has left; completes when nothing waits to be sent.</summary>
    /// <remarks>Whoever has answered the last request is to flush, but may only be about to: who sees that the connection ends must not count on it.</remarks>
    public ValueTask SendRestAsync()
    {
        Flush(elsewhere: false);
        return WaitUntilSentAsync();
    }

    /// <summary>Completes when nothing waits to be sent.</summary>
    public ValueTask WaitUntilSentAsync()
    {
        lock (_gate)
        {
            if (!_isSending)
            {
                return ValueTask.CompletedTask;
            }

            _sent ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            return new ValueTask(_sent.Task);
        }
    }

    /// <summary>Sends nothing more; completes when no thread is at it.</summary>
    public ValueTask CloseAsync()
    {
        _isClosed = true;
        pipe.CancelPendingFlush();
        return WaitUntilSentAsync();
    }

    void IThreadPoolWorkItem.Execute() => Send();

    private void Send()
    {
        try
        {
            int calls;
            do
            {
                lock (_gate)
                {
                    calls = _calls;
                }

                while (WriteChunk())
                {
                    ValueTask<FlushResult> flush = pipe.FlushAsync();
                    if (!flush.IsCompletedSuccessfully)
                    {
                        _ = SendOnAsync(flush);
                        return;
                    }

                    if (flush.Result.IsCompleted)
                    {
                        // The peer is gone; its connection will be closed by the side that reads.
                        _isClosed = true;
                    }

                    Connection.NoteProgress();
                }
            }
            while (!TryFinish(calls));
        }
        catch (Exception e) when (IsLoss(e))
        {
            GiveUp();
        }
    }

    /// <summary>Goes on when the client has read some of what was sent.</summary>
    private async Task SendOnAsync(ValueTask<FlushResult> flush)
    {
        try
        {
            if ((await flush.ConfigureAwait(false)).IsCompleted)
            {
                _isClosed = true;
            }

            Connection.NoteProgress();
        }
        catch (Exception e) when (IsLoss(e))
        {
            GiveUp();
            return;
        }

        Send();
    }

    /// <summary>Reset by the client, or aborted here: either way nobody waits for the rest.</summary>
    private static bool IsLoss(Exception e) => e is IOException or OperationCanceledException or InvalidOperationException;

    /// <returns>False when there is nothing to send, or nobody to send it to.</returns>
    private bool WriteChunk()
    {
        if (_isClosed)
        {
            return false;
        }

        if (_sentOfSending == _sending.Length)
        {
            _sending.Clear(KeptCapacity);
            _sentOfSending = 0;
            if (!Connection.TryTakeOutput(ref _sending))
            {
                return false;
            }
        }

        int length = Math.Min(MaxChunkLength, _sending.Length - _sentOfSending);
        pipe.Write(_sending.Written.Slice(_sentOfSending, length));
        _sentOfSending += length;
        return true;
    }

    private void GiveUp()
    {
        _isClosed = true;
        int calls;
        do
        {
            calls = Volatile.Read(ref _calls);
        }
        while (!TryFinish(calls));
    }

    private bool TryFinish(int calls)
    {
        TaskCompletionSource? sent;
        lock (_gate)
        {
            if (_calls != calls)
            {
                return false;
            }

            _isSending = false;
            if (_isClosed)
            {
                _sending.Reset();
                _sentOfSending = 0;
            }

            (sent, _sent) = (_sent, null);
        }

        sent?.SetResult();
        if (Connection.IsEnding)
        {
            WakeReader?.Invoke();
        }

        return true;
    }
}
