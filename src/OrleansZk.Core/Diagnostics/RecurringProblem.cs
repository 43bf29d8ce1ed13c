namespace OrleansZk.Core.Diagnostics;

/// <summary>Decides when a failure that happens again and again is logged: the first time, then at intervals with a count, until it is over. Thread-safe.</summary>
/// <remarks>What has no end, such as refused clients, is a <see cref="RepeatedEvent"/>.</remarks>
/// <param name="interval">Between two messages; null for 30 seconds.</param>
public sealed class RecurringProblem(TimeProvider clock, TimeSpan? interval = null)
{
    private readonly Lock _gate = new();
    private readonly TimeSpan _interval = interval ?? TimeSpan.FromSeconds(30);
    private long _saidAt;
    private long _times;

    /// <summary>Counts a failure.</summary>
    /// <param name="times">How often it has failed since it last succeeded.</param>
    /// <returns>True when it is to be logged now.</returns>
    public bool IsDue(out long times)
    {
        lock (_gate)
        {
            times = ++_times;
            if (times > 1 && clock.GetElapsedTime(_saidAt) < _interval)
            {
                return false;
            }

            _saidAt = clock.GetTimestamp();
            return true;
        }
    }

    /// <summary>Notes a success: the next failure is a first one.</summary>
    /// <param name="times">How often it had failed.</param>
    /// <returns>True when there was a failure before.</returns>
    public bool HasEnded(out long times)
    {
        lock (_gate)
        {
            (times, _times) = (_times, 0);
            return times > 0;
        }
    }
}
