using OrleansZk.Simulation.Network;
using OrleansZk.Simulation.Scenarios;

namespace OrleansZk.Simulation.Sabotages;

/// <summary>A fault that no correct system has, built into the simulation to see whether the checker finds it.</summary>
internal abstract class Sabotage
{
    /// <summary>True lets a process go on that should end.</summary>
    public virtual bool IgnoresFailures => false;

    /// <summary>Called when the servers have been created.</summary>
    public virtual void Begin(SimulatedWorld world)
    {
    }

    /// <summary>Called right before a server crashes.</summary>
    public virtual void OnCrash(SimulatedWorld world)
    {
    }

    /// <summary>What spoils a new connection of a client.</summary>
    public virtual ILinkTampering? Tamper(SimulatedWorld world) => null;
}
