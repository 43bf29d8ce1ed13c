namespace OrleansZk.Simulation.Clients;

/// <summary>A client that asks for much, and may take its answers slowly or not at all.</summary>
/// <param name="Habit">Null reads whatever has come.</param>
internal sealed record Adversary(AdversaryKind Kind, ReadingHabit? Habit = null)
{
    /// <summary>Draws one of any kind.</summary>
    public static Adversary Draw(Random random)
    {
        var kind = (AdversaryKind)random.Next(Enum.GetValues<AdversaryKind>().Length);
        return new Adversary(kind, random.Next(4) switch
        {
            0 => ReadingHabit.Never(random.Next(64, 1024)),
            1 => ReadingHabit.Slowly(random.Next(256, 4096), random.Next(512, 4096)),
            _ => null,
        });
    }
}

/// <summary>What an adversary asks for.</summary>
internal enum AdversaryKind
{
    /// <summary>Reads whose cost grows with the tree, alone and behind writes.</summary>
    Counts,

    /// <summary>Transactions of many parts, up to what the servers take and beyond.</summary>
    Multis,

    /// <summary>Answers that are much longer than their requests, up to what the servers give and beyond.</summary>
    MultiReads,

    /// <summary>Nodes deep down, under recursive watches.</summary>
    DeepPaths,

    /// <summary>Sessions with many ephemerals, which close or expire.</summary>
    Ephemerals,

    /// <summary>Quotas whose limits and statistics are missing, wrong, or change all the time.</summary>
    Quotas,

    /// <summary>Long lists of watches, armed again and again.</summary>
    Watches,
}

/// <summary>How a client takes what has come to its host.</summary>
/// <param name="Window">Bytes that its host takes for it; beyond, the server's socket takes no more.</param>
/// <param name="BytesPerStep">0 for a client that does not read, once it has its session.</param>
internal sealed record ReadingHabit(int Window, int BytesPerStep)
{
    /// <summary>The time between two steps.</summary>
    public static readonly TimeSpan Step = TimeSpan.FromMilliseconds(100);

    public static ReadingHabit Never(int window) => new(window, 0);

    public static ReadingHabit Slowly(int window, int bytesPerStep) => new(window, bytesPerStep);
}
