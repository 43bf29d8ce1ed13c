using OrleansZk.Core.Ensemble;
using OrleansZk.Histories;
using OrleansZk.Simulation.Scenarios;
using OrleansZk.Simulation.Servers;

namespace OrleansZk.Simulation;

/// <summary>Whoever asks for one transfer of the leadership after another does not leave the ensemble without a leader.</summary>
public sealed class TransferTests
{
    private static readonly TimeSpan Begin = TimeSpan.FromSeconds(4);
    private static readonly TimeSpan End = TimeSpan.FromSeconds(40);
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(10);

    // Whoever may take over has claimed the epoch by then, be it the third in line.
    private static readonly TimeSpan MaxLeaderless = TimeSpan.FromSeconds(3);

    /// <summary>As an operator's loop, or a page that an operator looks at.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(50)]
    [InlineData(333)]
    public void Asked_for_in_a_loop(int intervalMs) => Run((world, look) =>
    {
        int done = 0;
        Repeat(world, TimeSpan.FromMilliseconds(intervalMs), () =>
        {
            foreach (MemberServer server in world.Servers.Cast<MemberServer>().Where(server => server.Member is not null))
            {
                server.RequestTransfer(
                    world.Queue.Random.Next(3) switch { 0 => null, 1 => world.Servers[0].Id, _ => world.Servers[^1].Id },
                    outcome => done += outcome == TransferOutcome.Done ? 1 : 0);
            }
        });
        look(() =>
        {
            double most = 2 + ((End - Begin) / new MemberOptions().TransferInterval);
            done.ShouldBeInRange(2, (int)most, "each is a pause for all clients");
        });
    });

    /// <summary>Even were none refused, as when processes are stopped one after the other.</summary>
    [Fact]
    public void Made_one_after_the_other() => Run((world, _) => Repeat(world, TimeSpan.FromMilliseconds(300), () => world.Transfer(world.Servers[0].Id)));

    private static void Run(Action<SimulatedWorld, Action<Action>> begin)
    {
        for (int seed = 1; seed <= 5; seed++)
        {
            using var world = new SimulatedWorld(
                new Scenario(seed) { Servers = 3, Clients = 4, Duration = End, SessionTimeout = TimeSpan.FromSeconds(8) }, Simulator.EnsembleFactory);
            TimeSpan leaderless = TimeSpan.Zero;
            TimeSpan longest = TimeSpan.Zero;
            Action atEnd = () => { };
            world.Queue.Schedule(Begin, null, () => begin(world, action => atEnd = action));
            world.Queue.Schedule(Begin, null, () => Repeat(world, Look, () =>
            {
                bool hasLeader = world.Servers.Cast<MemberServer>().Any(server => server.Member?.Role == MemberRole.Leading);
                leaderless = hasLeader ? TimeSpan.Zero : leaderless + Look;
                longest = leaderless > longest ? leaderless : longest;
            }));
            world.Run();

            IReadOnlyList<Violation> violations = [.. Checker.Check(EvidenceBuilder.Gather(world))];
            Assert.True(violations.Count == 0 && world.Failures.Count == 0, $"seed {seed}: {string.Join("; ", violations)} {string.Join("; ", world.Failures)}");
            longest.ShouldBeLessThan(MaxLeaderless, $"seed {seed}");
            atEnd();
        }
    }

    private static void Repeat(SimulatedWorld world, TimeSpan interval, Action action)
    {
        if (world.Queue.Time < End)
        {
            action();
            world.Queue.Schedule(interval, null, () => Repeat(world, interval, action));
        }
    }
}
