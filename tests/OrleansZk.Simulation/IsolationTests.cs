using OrleansZk.Core.Ensemble;
using OrleansZk.Histories;
using OrleansZk.Simulation.Scenarios;
using OrleansZk.Simulation.Servers;

namespace OrleansZk.Simulation;

/// <summary>A leader that is alive but cut off is replaced, and its clients learn of it before their sessions end.</summary>
public sealed class IsolationTests
{
    private static readonly TimeSpan Begin = TimeSpan.FromSeconds(4);
    private static readonly TimeSpan End = TimeSpan.FromSeconds(24);

    [Fact]
    public void A_leader_that_alone_cannot_reach_the_store_is_replaced() =>
        Run((world, leader) => world.Store.CutOff(leader.Process, End - Begin));

    [Fact]
    public void A_leader_that_only_clients_can_reach_is_replaced() => Run((world, leader) => world.Isolate(leader, End - Begin));

    private static void Run(Action<SimulatedWorld, MemberServer> cut)
    {
        for (int seed = 1; seed <= 10; seed++)
        {
            using var world = new SimulatedWorld(
                new Scenario(seed) { Servers = 3, Clients = 6, ReaderPercent = 50, Duration = End, SessionTimeout = TimeSpan.FromSeconds(4) },
                Simulator.EnsembleFactory);
            MemberServer? first = null;
            MemberServer? next = null;
            world.Queue.Schedule(Begin, null, () => cut(world, first = Leader(world, null)!));
            world.Queue.Schedule(Begin + TimeSpan.FromSeconds(8), null, () => next = Leader(world, first));
            world.Run();

            IReadOnlyList<Violation> violations = [.. Checker.Check(EvidenceBuilder.Gather(world))];
            Assert.True(violations.Count == 0 && world.Failures.Count == 0, $"seed {seed}: {string.Join("; ", violations)} {string.Join("; ", world.Failures)}");
            next.ShouldNotBeNull($"seed {seed}");
        }
    }

    private static MemberServer? Leader(SimulatedWorld world, MemberServer? otherThan) =>
        world.Servers.Cast<MemberServer>().FirstOrDefault(server => server != otherThan && server.Member?.Role == MemberRole.Leading);
}
