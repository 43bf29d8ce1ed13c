using OrleansZk.Simulation.Scenarios;
using OrleansZk.Simulation.Servers;

namespace OrleansZk.Simulation.Sabotages;

/// <summary>A process goes on that an exception should have ended: its sockets are open, and reads are answered.</summary>
internal sealed class GoesOn : Sabotage
{
    public override bool IgnoresFailures => true;
}

/// <summary>A server hangs after the last fault, and nobody ends it: its process lives, its sockets are open.</summary>
internal sealed class Hangs(TimeSpan after) : Sabotage
{
    public override void Begin(SimulatedWorld world) => world.Queue.Schedule(after, null, () =>
    {
        // The leader's place would be taken by another.
        ISimulatedServer server = world.Servers.OfType<MemberServer>().FirstOrDefault(member => member.Member?.Leader is null) ?? world.Servers[0];
        server.Process.Pause();
    });
}
