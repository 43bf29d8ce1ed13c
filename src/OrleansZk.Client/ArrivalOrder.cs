namespace OrleansZk.Client;

/// <summary>Lets numbered work begin in the order of its numbers, whatever the order of its arrival. Thread-safe.</summary>
public sealed class ArrivalOrder
{
    private readonly Lock _gate = new();
    private readonly Dictionary<long, TaskCompletionSource<bool>> _early = [];
    private long _next = 1;
    private bool _isClosed;

    /// <summary>Completes when it is the turn of <paramref name="number"/>, which must then call <see cref="Done"/>.</summary>
    /// <returns>False when its turn has gone by, or never comes.</returns>
    public ValueTask<bool> WaitAsync(long number)
    {
        lock (_gate)
        {
            if (_isClosed || number < _next || _early.ContainsKey(number))
            {
                return ValueTask.FromResult(false);
            }

            if (number == _next)
            {
                return ValueTask.FromResult(true);
            }

            var turn = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
            _early.Add(number, turn);
            return new ValueTask<bool>(turn.Task);
        }
    }

    /// <summary>Ends the turn: the next one's comes when it is there.</summary>
    /// <param name="count">How many numbers it had.</param>
    public void Done(int count)
    {
        TaskCompletionSource<bool>? turn;
        lock (_gate)
        {
            _next += count;
            _early.Remove(_next, out turn);
        }

        turn?.SetResult(true);
    }

    /// <summary>Nobody's turn comes any more.</summary>
    public void Close()
    {
        List<TaskCompletionSource<bool>> waiting;
        lock (_gate)
        {
            _isClosed = true;
            waiting = [.. _early.Values];
            _early.Clear();
        }

        waiting.ForEach(turn => turn.SetResult(false));
    }
}
