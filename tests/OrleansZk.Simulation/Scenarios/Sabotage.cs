using OrleansZk.Simulation.Network;

namespace OrleansZk.Simulation.Scenarios;

/// <summary>A fault that no correct system has, built into the simulation to see whether the checker finds it.</summary>
internal abstract class Sabotage
{
    /// <summary>Called when the servers have been created.</summary>
    public virtual void Begin(SimulatedWorld world)
    {
    }

    /// <summary>Called right before a server crashes.</summary>
    public virtual void OnCrash(SimulatedWorld world)
    {
    }

    /// <summary>What spoils a client's connections.</summary>
    public virtual ILinkTampering? Tamper(SimulatedWorld world) => null;
}
