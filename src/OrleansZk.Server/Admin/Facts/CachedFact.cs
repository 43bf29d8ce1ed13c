namespace OrleansZk.Server.Admin.Facts;

/// <summary>A figure that is costly to find out, and is not found out more often than once in a while, whoever asks. Thread-safe.</summary>
internal sealed class CachedFact<T>(TimeSpan validity, Func<T> find)
{
    private readonly Lock _gate = new();
    private long? _foundAt;
    private T? _value;

    public T Get(TimeProvider clock)
    {
        lock (_gate)
        {
            long now = clock.GetTimestamp();
            if (_foundAt is not { } at || clock.GetElapsedTime(at, now) >= validity)
            {
                _value = find();
                _foundAt = now;
            }

            return _value!;
        }
    }
}
