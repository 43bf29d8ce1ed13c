using System.Globalization;
using OrleansZk.Core.Replication;
using OrleansZk.Simulation.Clients;
using OrleansZk.Simulation.Network;
using OrleansZk.Simulation.Servers;
using OrleansZk.Simulation.Store;

namespace OrleansZk.Simulation.Scenarios;

/// <summary>One run: who takes part, what goes wrong, for how long.</summary>
internal sealed record Scenario(int Seed)
{
    /// <summary>1 to 5.</summary>
    public int Servers { get; init; } = 1;

    /// <summary>How many of them are started at the beginning.</summary>
    public int StartedServers { get; init; } = int.MaxValue;

    /// <summary>False leaves a server that was deposed where it is.</summary>
    public bool RestartsFenced { get; init; } = true;

    public int Clients { get; init; } = 3;

    /// <summary>How long things go wrong.</summary>
    public TimeSpan Duration { get; init; } = TimeSpan.FromSeconds(12);

    /// <summary>Without faults, so that everything settles; longer than any session's timeout.</summary>
    public TimeSpan QuietTail { get; init; } = TimeSpan.FromSeconds(12);

    public TimeSpan SessionTimeout { get; init; } = TimeSpan.FromSeconds(4);

    /// <summary>Mean time between two faults of a kind; zero for none of that kind.</summary>
    public FaultMix Faults { get; init; } = new();

    public StoreFaults Store { get; init; } = StoreFaults.None;

    public NetworkTimes Network { get; init; } = new();

    public WorkloadOptions Workload { get; init; } = new();

    /// <summary>How many of a hundred clients read, and nothing else: they are served whatever happens to leader and store.</summary>
    public int ReaderPercent { get; init; }

    /// <summary>How many of a hundred clients are content with a server that has no leader.</summary>
    public int TakesReadOnlyPercent { get; init; }

    /// <summary>Clients that ask for much, beside the others.</summary>
    public IReadOnlyList<Adversary> Adversaries { get; init; } = [];

    public ServerOptions Server { get; init; } = new();

    /// <summary>Most that a server's wall clock is wrong.</summary>
    public TimeSpan MaxSkew { get; init; }

    /// <summary>A scenario of a single server on its store, drawn from a seed.</summary>
    public static Scenario Solo(int seed) => Draw(seed, 1);

    /// <summary>A scenario of an ensemble, drawn from a seed.</summary>
    public static Scenario Ensemble(int seed) => Draw(seed, new Random(seed ^ 0x5eed).Next(1, 6));

    /// <summary>A scenario of an ensemble whose store loses its newest commits, drawn from a seed.</summary>
    /// <remarks>
    /// Nothing else happens to the leader while it puts them back (<see cref="SimulatedWorld.IsSpared"/>): what a single process knows that dies with its store, nobody can miss.
    /// </remarks>
    public static Scenario StoreLoss(int seed)
    {
        var random = new Random(seed ^ 0x10ce5);
        Scenario drawn = Draw(seed, random.Next(1, 5));
        return drawn with
        {
            Faults = drawn.Faults with
            {
                Partition = TimeSpan.Zero, Isolation = TimeSpan.Zero, StoreCut = TimeSpan.Zero,
                StoreLoss = TimeSpan.FromSeconds(3 + (random.NextDouble() * 6)),
            },
            Server = drawn.Server with { HistoryBytes = random.Next(3) == 0 ? drawn.Server.HistoryBytes : 1 << 20 },
        };
    }

    /// <summary>A leader that has been deposed is found out by its first write: only where writes are rare can it answer anything else before.</summary>
    public static WorkloadOptions RareWrites { get; } = new() { Reads = 30, Writes = 3, Multis = 0, Syncs = 50, Closes = 0, Watches = 2 };

    public static WorkloadOptions OnlyReads { get; } = new() { Writes = 0, Multis = 0, Syncs = 0, Closes = 0, Pipelined = 1 };

    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"seed {Seed}: {Servers} servers, {Clients} clients, {Duration.TotalSeconds:F0} s, sessions {SessionTimeout.TotalSeconds:F0} s, {Faults}, {Store}, "
        + $"adversaries [{string.Join(' ', Adversaries)}]");

    private static WorkloadOptions Style(int style) => style switch
    {
        0 => RareWrites,
        1 => new WorkloadOptions { Reads = 20, Writes = 70, Multis = 20, Watches = 4 },
        _ => new WorkloadOptions(),
    };

    private static Scenario Draw(int seed, int servers)
    {
        var random = new Random(seed);
        TimeSpan Rate(double from, double to) =>
            random.Next(3) == 0 ? TimeSpan.Zero : TimeSpan.FromSeconds(from + (random.NextDouble() * (to - from)));
        int PerMille(int most) => random.Next(3) == 0 ? 0 : random.Next(most + 1);
        var scenario = new Scenario(seed)
        {
            Servers = servers,
            Clients = random.Next(2, 6),
            Duration = TimeSpan.FromSeconds(random.Next(8, 24)),
            SessionTimeout = TimeSpan.FromSeconds(random.Next(2, 9)),
            MaxSkew = TimeSpan.FromSeconds(random.Next(2) * random.Next(5)),
            Faults = new FaultMix
            {
                Crash = Rate(2, 10),
                Pause = Rate(4, 12),
                AtCommit = Rate(4, 12),
                Stop = Rate(4, 12),
                Transfer = servers == 1 ? TimeSpan.Zero : Rate(3, 10),
                Partition = Rate(3, 10),
                StoreOutage = Rate(8, 25),
                Isolation = servers == 1 ? TimeSpan.Zero : Rate(8, 25),
                StoreCut = servers == 1 ? TimeSpan.Zero : Rate(4, 15),
                ConnectionDrop = Rate(0.5, 4),
                ClientDeath = Rate(4, 12),
            },
            Store = new StoreFaults
            {
                SlowPerMille = PerMille(60), UnavailablePerMille = PerMille(8), AmbiguousPerMille = PerMille(12), LatePerMille = PerMille(12),
                CheckpointPerMille = PerMille(200),
            },
            Network = new NetworkTimes { SlowPerMille = PerMille(40) },
            Workload = Style(random.Next(4)) with
            {
                // Clients that ask often have all they may ask for on its way long before another server leads: others ask seldom.
                ThinkTime = TimeSpan.FromMilliseconds(random.Next(4) == 0 ? random.Next(250, 1000) : random.Next(25, 250)), Pipelined = random.Next(1, 7),
            },
            ReaderPercent = random.Next(2) * random.Next(60),
            TakesReadOnlyPercent = random.Next(2) * random.Next(100),
            Server = new ServerOptions
            {
                ReadOnlyAfter = TimeSpan.FromSeconds(random.Next(1, 6)), CheckpointEvery = random.Next(5, 50), FirstCounter = random.Next(4) == 0 ? uint.MaxValue - (uint)random.Next(5, 40) : 0,
                MaxGroupBytes = random.Next(2) == 0 ? random.Next(1, 1000) : new LeaderOptions().MaxGroupBytes,
                MaxNodesPerEnding = random.Next(2) == 0 ? random.Next(1, 3) : new LeaderOptions().MaxNodesPerEnding,
            },
        };

        // Drawn last, so that all else stays what it was for its seed.
        return scenario with
        {
            Adversaries = [.. Enumerable.Range(0, random.Next(3) == 0 ? 0 : random.Next(1, 4)).Select(_ => Adversary.Draw(random))],
            Server = random.Next(2) == 0 ? SmallLimits.Draw(scenario.Server, random) : scenario.Server,
            Faults = random.Next(4) switch
            {
                // Alone: no other fault ends a server that an exception has left half dead.
                0 => new FaultMix { Exception = TimeSpan.FromSeconds(1), ClientDeath = scenario.Faults.ClientDeath },
                1 => scenario.Faults with { Exception = TimeSpan.FromSeconds(1 + (random.NextDouble() * 5)) },
                _ => scenario.Faults,
            },
        };
    }
}

/// <summary>Mean times between faults; zero for none.</summary>
internal sealed record FaultMix
{
    public TimeSpan Crash { get; init; }

    public TimeSpan Pause { get; init; }

    /// <summary>A server crashes or hangs when a group of its has come into the log, and it does not know that yet.</summary>
    public TimeSpan AtCommit { get; init; }

    /// <summary>A server is asked to end, and does so in order.</summary>
    public TimeSpan Stop { get; init; }

    /// <summary>The leader is asked to hand over to another server.</summary>
    public TimeSpan Transfer { get; init; }

    public TimeSpan Partition { get; init; }

    /// <summary>One server can be reached by clients alone.</summary>
    public TimeSpan Isolation { get; init; }

    public TimeSpan StoreOutage { get; init; }

    /// <summary>One server cannot reach the store.</summary>
    public TimeSpan StoreCut { get; init; }

    /// <summary>The store loses its newest commits.</summary>
    public TimeSpan StoreLoss { get; init; }

    public TimeSpan ClientDeath { get; init; }

    /// <summary>One connection of a client breaks.</summary>
    public TimeSpan ConnectionDrop { get; init; }

    /// <summary>A server throws somewhere between taking a request and answering it, or in a duty.</summary>
    public TimeSpan Exception { get; init; }

    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"crash {Crash.TotalSeconds:F1} pause {Pause.TotalSeconds:F1} at commit {AtCommit.TotalSeconds:F1} stop {Stop.TotalSeconds:F1} "
        + $"transfer {Transfer.TotalSeconds:F1} partition {Partition.TotalSeconds:F1} isolation {Isolation.TotalSeconds:F1} "
        + $"outage {StoreOutage.TotalSeconds:F1} cut {StoreCut.TotalSeconds:F1} death {ClientDeath.TotalSeconds:F1} drop {ConnectionDrop.TotalSeconds:F1} "
        + $"exception {Exception.TotalSeconds:F1} loss {StoreLoss.TotalSeconds:F1}");
}
