using OrleansZk.Histories;
using OrleansZk.Simulation.Clients;
using OrleansZk.Simulation.Scenarios;

namespace OrleansZk.Simulation;

/// <summary>Clients that ask for all that they may, where nothing else goes wrong: what the others notice of them.</summary>
public sealed class AdversaryTests
{
    private const int Seeds = 12;

    // Virtual time, in which work takes none: it is turns and queues that make a request wait.
    private static readonly TimeSpan LongestAnswer = TimeSpan.FromSeconds(1);

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void Ordinary_clients_are_answered_soon_and_keep_their_connections(int servers)
    {
        for (int seed = 1; seed <= Seeds; seed++)
        {
            Adversary[] all =
            [
                .. Enum.GetValues<AdversaryKind>().Select(kind => new Adversary(kind)),
                new(AdversaryKind.MultiReads, ReadingHabit.Never(1024)), new(AdversaryKind.Watches, ReadingHabit.Slowly(1024, 512)),
            ];
            using SimulatedWorld world = Run(seed, servers, all);

            Dictionary<Operation, TimeSpan> sentAt = [];
            foreach (HistoryEvent step in ServedTo(world, 'c'))
            {
                if (step.Kind == HistoryEventKind.Invoked)
                {
                    sentAt[step.Operation!] = step.At;
                }
                else if (step.Kind == HistoryEventKind.Answered)
                {
                    (step.At - sentAt[step.Operation!]).ShouldBeLessThan(LongestAnswer, $"seed {seed}: {step}");
                }
                else if (step.Kind == HistoryEventKind.Lost)
                {
                    step.Text.ShouldBe("the session is closed", $"seed {seed}: {step}");
                }
            }
        }
    }

    [Fact]
    public void A_client_that_reads_slowly_keeps_its_connection()
    {
        for (int seed = 1; seed <= Seeds; seed++)
        {
            using SimulatedWorld world = Run(seed, 1, [new(AdversaryKind.MultiReads, ReadingHabit.Slowly(1024, 1024)), new(AdversaryKind.Counts, ReadingHabit.Slowly(512, 512))]);

            LostByAdversaries(world).ShouldBeEmpty($"seed {seed}");
        }
    }

    [Fact]
    public void A_client_that_does_not_read_is_dropped()
    {
        for (int seed = 1; seed <= Seeds; seed++)
        {
            using SimulatedWorld world = Run(seed, 1, [new(AdversaryKind.MultiReads, ReadingHabit.Never(1024))]);

            LostByAdversaries(world).ShouldContain("closed by the server", $"seed {seed}");
        }
    }

    private static IEnumerable<string?> LostByAdversaries(SimulatedWorld world) => ServedTo(world, 'a')
        .Where(step => step.Kind == HistoryEventKind.Lost && step.At < world.QuietSince)
        .Select(step => step.Text);

    /// <summary>What happened on connections that had a session: at the very beginning no server is there yet.</summary>
    private static IEnumerable<HistoryEvent> ServedTo(SimulatedWorld world, char kind) =>
        world.History.Events.Where(step => step.Connection.SessionId != 0 && step.Connection.Client[0] == kind);

    private static SimulatedWorld Run(int seed, int servers, IReadOnlyList<Adversary> adversaries)
    {
        var options = new Servers.ServerOptions();
        var scenario = new Scenario(seed)
        {
            Servers = servers,
            Adversaries = adversaries,
            SessionTimeout = TimeSpan.FromSeconds(8),
            Server = options with { Limits = options.Limits with { DrainTimeout = TimeSpan.FromSeconds(3), MaxOutstanding = 8, FramesPerTurn = 4, OutputPerTurn = 1024 } },
        };
        var world = new SimulatedWorld(scenario, servers == 1 ? Simulator.SoloFactory : Simulator.EnsembleFactory);
        world.Run();
        IReadOnlyList<Violation> violations = Checker.Check(EvidenceBuilder.Gather(world));
        Assert.True(violations.Count + world.Failures.Count + world.HalfDead.Count == 0, $"seed {seed}: {string.Join("; ", violations)} {string.Join("; ", world.Failures)}");
        return world;
    }
}
