using System.Threading.Tasks.Sources;

namespace OrleansZk.Storage.Log;

/// <summary>The task of the one append that is under way, used again for the next, so that an append allocates nothing.</summary>
/// <remarks>What awaits it goes on at once, on the thread that completes it.</remarks>
internal sealed class AppendCompletion : IValueTaskSource
{
    private ManualResetValueTaskSourceCore<bool> _core;
    private int _taken;

    /// <summary>Begins a task.</summary>
    /// <exception cref="InvalidOperationException">The one before has not been awaited to its end.</exception>
    public ValueTask Begin()
    {
        if (Interlocked.Exchange(ref _taken, 1) != 0)
        {
            throw new InvalidOperationException("the log takes one append at a time: await the one before");
        }

        _core.Reset();
        return new ValueTask(this, _core.Version);
    }

    public void SetResult() => _core.SetResult(true);

    public void SetException(Exception exception) => _core.SetException(exception);

    void IValueTaskSource.GetResult(short token)
    {
        try
        {
            _core.GetResult(token);
        }
        finally
        {
            if (token == _core.Version)
            {
                Volatile.Write(ref _taken, 0);
            }
        }
    }

    ValueTaskSourceStatus IValueTaskSource.GetStatus(short token) => _core.GetStatus(token);

    void IValueTaskSource.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _core.OnCompleted(continuation, state, token, flags);
}
