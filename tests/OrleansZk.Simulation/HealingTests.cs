using OrleansZk.Core.Ensemble;
using OrleansZk.Core.Paths;
using OrleansZk.Core.Replication;
using OrleansZk.Histories;
using OrleansZk.Simulation.Scenarios;
using OrleansZk.Simulation.Servers;

namespace OrleansZk.Simulation;

/// <summary>A replica whose memory fails is found out, and takes its state from the store again, while the others serve.</summary>
public sealed class HealingTests
{
    [Theory]
    [InlineData(MemberRole.Following, false)]
    [InlineData(MemberRole.Following, true)]
    [InlineData(MemberRole.Leading, false)]
    public void A_damaged_replica_heals(MemberRole role, bool inTheDigest)
    {
        for (int seed = 1; seed <= 10; seed++)
        {
            using var world = new SimulatedWorld(new Scenario(seed) { Servers = 3, Duration = TimeSpan.FromSeconds(10) }, Simulator.EnsembleFactory);
            MemberServer? damaged = null;
            world.Queue.Schedule(TimeSpan.FromSeconds(4), null, () =>
            {
                damaged = world.Servers.Cast<MemberServer>().First(server => server.Member!.Role == role);
                Damage(damaged.Replica!, inTheDigest);
            });
            world.Run();

            IReadOnlyList<Violation> violations = [.. Checker.Check(EvidenceBuilder.Gather(world))];
            Assert.True(violations.Count == 0 && world.Failures.Count == 0, $"seed {seed}: {string.Join("; ", violations)} {string.Join("; ", world.Failures)}");
            damaged!.Member!.Reloads.ShouldBe(1, $"seed {seed}");
            world.Servers.Select(server => server.Replica!.Tree.Digest).Distinct().Count().ShouldBe(1, $"seed {seed}");
        }
    }

    /// <summary>Flips a byte of a node that no client reads; or lets the replica miss a change, as a faulty engine would.</summary>
    private static void Damage(Replica replica, bool inTheDigest)
    {
        Core.Tree.ZNode node = replica.Tree.Find(SystemPaths.Config)!;
        if (inTheDigest)
        {
            replica.Tree.SetAcl(SystemPaths.Config, node.Acl, node.Aversion + 1);
        }
        else
        {
            node.Data![0] ^= 1;
        }
    }
}
