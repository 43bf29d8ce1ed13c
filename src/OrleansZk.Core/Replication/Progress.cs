namespace OrleansZk.Core.Replication;

/// <summary>Notes when a stage of the engine last moved on while it had work, so that one that hangs can be told from one that has nothing to do.</summary>
/// <remarks>Thread-safe: one thread works, any number look.</remarks>
/// <param name="name">The stage, for people: "sequencing".</param>
public sealed class Progress(string name, TimeProvider clock)
{
    // The timestamp of the last step; 0 while there is nothing to do.
    private long _movedAt;

    public string Name => name;

    /// <summary>How long the stage has had work and has not moved on; zero while it has none.</summary>
    public TimeSpan StalledFor => Volatile.Read(ref _movedAt) is not 0 and long at ? clock.GetElapsedTime(at) : TimeSpan.Zero;

    /// <summary>Says that there is work, or that a step of it is done and there is more.</summary>
    public void Step() => Volatile.Write(ref _movedAt, Math.Max(1, clock.GetTimestamp()));

    /// <summary>Says that there is nothing to do.</summary>
    public void Rest() => Volatile.Write(ref _movedAt, 0);
}
