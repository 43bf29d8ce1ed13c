namespace OrleansZk.Core.Diagnostics;

/// <summary>Decides when something that may happen thousands of times a second is logged: the first time, then once in an interval with the number.</summary>
/// <remarks>Thread-safe.</remarks>
public sealed class RepeatedEvent(TimeProvider clock)
{
    public static readonly TimeSpan Interval = TimeSpan.FromMinutes(1);

    private readonly Lock _gate = new();
    private long? _loggedAt;
    private long _count;

    /// <summary>Notes that it has happened.</summary>
    /// <param name="count">How often since it was logged last, this time included.</param>
    /// <returns>True when it is to be logged now.</returns>
    public bool IsDue(out long count)
    {
        lock (_gate)
        {
            count = ++_count;
            long now = clock.GetTimestamp();
            if (_loggedAt is { } at && clock.GetElapsedTime(at, now) < Interval)
            {
                return false;
            }

            _loggedAt = now;
            _count = 0;
            return true;
        }
    }
}
