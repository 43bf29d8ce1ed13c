namespace OrleansZk.Core.Replication;

internal static class Clock
{
    /// <summary>Milliseconds of the monotonic clock, from an arbitrary start.</summary>
    public static long Milliseconds(this TimeProvider clock) =>
        (long)((Int128)clock.GetTimestamp() * 1000 / clock.TimestampFrequency);
}
