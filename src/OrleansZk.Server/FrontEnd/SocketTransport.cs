using System.Buffers;
using System.IO.Pipelines;
using OrleansZk.Core.Sessions;
using OrleansZk.Protocol;

namespace OrleansZk.Server.FrontEnd;

/// <summary>Sends one connection's output: one thread at a time, whoever comes first, who takes along what others have left.</summary>
/// <param name="pipe">The socket's; when its reader falls behind, output gathers in the connection, which has its own limit.</param>
internal sealed class SocketTransport(PipeWriter pipe, Action abort) : IConnectionTransport, IThreadPoolWorkItem
{
    private const int KeptCapacity = 64 << 10;

    private readonly Lock _gate = new();
    private JuteWriter _sending = new();
    private int _calls;
    private bool _isSending;
    private TaskCompletionSource? _sent;

    public ClientConnection Connection { get; set; } = null!;

    public void Flush(bool elsewhere)
    {
        lock (_gate)
        {
            _calls++;
            if (_isSending)
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

    public void Abort() => abort();

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

    void IThreadPoolWorkItem.Execute() => Send();

    private void Send()
    {
        while (true)
        {
            int calls;
            lock (_gate)
            {
                calls = _calls;
            }

            while (Connection.TryTakeOutput(ref _sending))
            {
                pipe.Write(_sending.Written);
                _sending.Clear(KeptCapacity);
                ValueTask<FlushResult> flush = pipe.FlushAsync();
                if (!flush.IsCompletedSuccessfully)
                {
                    _ = SendOnAsync(flush);
                    return;
                }

                if (flush.Result.IsCompleted)
                {
                    // The peer is gone; its connection will be closed by the side that reads.
                    break;
                }
            }

            if (TryFinish(calls))
            {
                return;
            }
        }
    }

    /// <summary>Goes on when the client has read some of what was sent.</summary>
    private async Task SendOnAsync(ValueTask<FlushResult> flush)
    {
        try
        {
            await flush.ConfigureAwait(false);
            Send();
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or InvalidOperationException)
        {
            // Reset by the client, or aborted here: either way nobody waits for the rest.
            TryFinish(_calls);
        }
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
            (sent, _sent) = (_sent, null);
        }

        sent?.SetResult();
        if (Connection.IsEnding)
        {
            Ended?.Invoke();
        }

        return true;
    }

    /// <summary>Called when everything was sent to a connection that is to end.</summary>
    public Action? Ended { get; set; }
}
