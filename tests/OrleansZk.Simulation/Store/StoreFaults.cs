namespace OrleansZk.Simulation.Store;

/// <summary>How the shared store behaves; rates are of a thousand calls.</summary>
internal sealed record StoreFaults
{
    public static StoreFaults None { get; } = new();

    public TimeSpan Least { get; init; } = TimeSpan.FromMilliseconds(0.2);

    public TimeSpan Most { get; init; } = TimeSpan.FromMilliseconds(3);

    public int SlowPerMille { get; init; }

    public TimeSpan Slow { get; init; } = TimeSpan.FromMilliseconds(800);

    /// <summary>Calls that fail and have done nothing.</summary>
    public int UnavailablePerMille { get; init; }

    /// <summary>Calls that are done, and whose answer is lost.</summary>
    public int AmbiguousPerMille { get; init; }

    /// <summary>Calls that fail, and are done later all the same.</summary>
    public int LatePerMille { get; init; }

    /// <summary>Checkpoints that fail while they are written.</summary>
    public int CheckpointPerMille { get; init; }
}
