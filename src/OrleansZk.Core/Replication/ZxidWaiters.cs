namespace OrleansZk.Core.Replication;

/// <summary>Those who wait for a transaction to be applied. Thread-safe.</summary>
internal sealed class ZxidWaiters
{
    private readonly Lock _gate = new();
    private readonly PriorityQueue<TaskCompletionSource, long> _waiting = new();
    private volatile bool _isEmpty = true;

    public int Count
    {
        get
        {
            lock (_gate)
            {
                return _waiting.Count;
            }
        }
    }

    /// <summary>Completes with the first <see cref="Release"/> that reaches <paramref name="zxid"/>; cancelled, it is forgotten.</summary>
    public async Task WaitAsync(long zxid, CancellationToken cancellationToken)
    {
        var waiter = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_gate)
        {
            _waiting.Enqueue(waiter, zxid);
            _isEmpty = false;
        }

        try
        {
            await waiter.Task.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            lock (_gate)
            {
                _waiting.Remove(waiter, out _, out _);
                _isEmpty = _waiting.Count == 0;
            }

            throw;
        }
    }

    /// <summary>Says how far things are.</summary>
    public void Release(long zxid)
    {
        if (_isEmpty)
        {
            return;
        }

        lock (_gate)
        {
            while (_waiting.TryPeek(out TaskCompletionSource? waiter, out long awaited) && awaited <= zxid)
            {
                _waiting.Dequeue();
                waiter.SetResult();
            }

            _isEmpty = _waiting.Count == 0;
        }
    }
}
