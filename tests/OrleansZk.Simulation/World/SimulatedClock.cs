namespace OrleansZk.Simulation.World;

/// <summary>A process's clocks: virtual time, with a wall clock that may be wrong. Timers fire on the simulation's thread.</summary>
internal sealed class SimulatedClock(EventQueue queue, SimulatedProcess? process = null) : TimeProvider
{
    public static DateTimeOffset Epoch { get; } = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override TimeZoneInfo LocalTimeZone => TimeZoneInfo.Utc;

    public override long GetTimestamp() => queue.Now;

    public override DateTimeOffset GetUtcNow() => Epoch + queue.Time + (process?.Skew ?? TimeSpan.Zero);

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new Timer(queue, process, callback, state);
        timer.Change(dueTime, period);
        return timer;
    }

    private sealed class Timer(EventQueue queue, SimulatedProcess? process, TimerCallback callback, object? state) : ITimer
    {
        private int _version;

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            int version = ++_version;
            if (dueTime >= TimeSpan.Zero)
            {
                Arm(dueTime, period, version);
            }

            return true;
        }

        public void Dispose() => _version++;

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }

        private void Arm(TimeSpan dueTime, TimeSpan period, int version) => queue.Schedule(dueTime, process, () =>
        {
            if (version != _version)
            {
                return;
            }

            if (period > TimeSpan.Zero)
            {
                Arm(period, period, version);
            }

            callback(state);
        });
    }
}
