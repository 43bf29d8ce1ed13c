namespace OrleansZk.Core.Replication;

/// <summary>A pause that others can cut short.</summary>
internal sealed class Waker(TimeProvider clock, IWorkScheduler scheduler)
{
    private readonly Lock _gate = new();
    private TaskCompletionSource? _waiting;
    private bool _isAwake;

    /// <summary>Ends the pause, or the next one if there is none.</summary>
    public void Wake()
    {
        lock (_gate)
        {
            _isAwake = true;
            if (_waiting is null)
            {
                return;
            }
        }

        // Not here: whoever calls may hold locks.
        scheduler.Post(Continue);
    }

    /// <summary>Waits until it is woken, the time is up, or the wait is cancelled, which it does not say.</summary>
    public async ValueTask WaitAsync(TimeSpan time, CancellationToken cancellationToken)
    {
        var waiting = new TaskCompletionSource();
        lock (_gate)
        {
            if (_isAwake || cancellationToken.IsCancellationRequested)
            {
                _isAwake = false;
                return;
            }

            _waiting = waiting;
        }

        await using ITimer timer = clock.CreateTimer(_ => Continue(), null, time, Timeout.InfiniteTimeSpan);
        await using CancellationTokenRegistration registration = cancellationToken.UnsafeRegister(_ => Wake(), null);
        await waiting.Task.ConfigureAwait(false);
    }

    private void Continue()
    {
        TaskCompletionSource? waiting;
        lock (_gate)
        {
            (waiting, _waiting) = (_waiting, null);
            _isAwake = false;
        }

        waiting?.TrySetResult();
    }
}
