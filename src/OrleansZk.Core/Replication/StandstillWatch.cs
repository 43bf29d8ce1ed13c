namespace OrleansZk.Core.Replication;

/// <summary>Finds out that the whole process stood still, suspended or waiting for memory or the processor: what clients have sent meanwhile has not been read.</summary>
/// <remarks>
/// A clock that does not run while the machine sleeps shows nothing, and need not: no session's time has passed by it either. For one thread.
/// </remarks>
/// <param name="interval">The time between two turns of whoever looks.</param>
/// <param name="tolerance">How late a turn may come.</param>
public sealed class StandstillWatch(TimeSpan interval, TimeSpan tolerance, TimeProvider clock)
{
    private static readonly TimeSpan MinTolerance = TimeSpan.FromMilliseconds(500);

    private long _turnAt = clock.GetTimestamp();

    /// <summary>A watch for the duty that expires sessions every half tick: one that comes a whole tick late has stood still, but not one that is a little late.</summary>
    /// <param name="tickTime">Milliseconds.</param>
    public static StandstillWatch ForTicks(int tickTime, TimeProvider clock)
    {
        var tick = TimeSpan.FromMilliseconds(tickTime);
        return new StandstillWatch(tick / 2, tick > MinTolerance ? tick : MinTolerance, clock);
    }

    /// <summary>Begins a turn.</summary>
    /// <returns>How late it is, when that is more than the tolerance; otherwise zero.</returns>
    public TimeSpan BeginTurn()
    {
        long now = clock.GetTimestamp();
        TimeSpan late = clock.GetElapsedTime(_turnAt, now) - interval;
        _turnAt = now;
        return late > tolerance ? late : TimeSpan.Zero;
    }
}
