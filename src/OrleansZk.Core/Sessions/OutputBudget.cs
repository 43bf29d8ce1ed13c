namespace OrleansZk.Core.Sessions;

/// <summary>What all connections of a replica together hold for clients that have not taken it yet, in bytes, and how much that may be.</summary>
/// <remarks>Thread-safe. Connections report in steps, so that small outputs, which leave at once, cost nothing here.</remarks>
internal sealed class OutputBudget(long max)
{
    private long _held;

    /// <summary>Bytes that are held, short of what connections have not reported yet.</summary>
    public long Held => Volatile.Read(ref _held);

    public bool IsExceeded => Held > max;

    /// <summary>The level that it should be brought down to when it is exceeded.</summary>
    public long Target => max - (max >> 2);

    public void Add(long change) => Interlocked.Add(ref _held, change);
}
