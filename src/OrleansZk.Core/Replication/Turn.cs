namespace OrleansZk.Core.Replication;

/// <summary>A stretch of work that others wait for, and that ends when its time is up.</summary>
/// <param name="start">A timestamp of <paramref name="clock"/>.</param>
internal readonly struct Turn(TimeProvider clock, long start, TimeSpan time)
{
    /// <summary>To ask takes some 25 ns: not to be asked after every step that takes as long.</summary>
    public bool IsOver => clock.GetElapsedTime(start) >= time;
}
