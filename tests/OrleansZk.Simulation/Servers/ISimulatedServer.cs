using OrleansZk.Core.Replication;
using OrleansZk.Simulation.World;

namespace OrleansZk.Simulation.Servers;

/// <summary>One server of a simulated ensemble. Its process is started and killed by the world; what it is made of is its own affair.</summary>
internal interface ISimulatedServer : IDisposable
{
    int Id { get; }

    SimulatedProcess Process { get; }

    /// <summary>True when it takes clients.</summary>
    bool IsServing { get; }

    /// <summary>True when it was asked to end.</summary>
    bool IsStopping { get; }

    /// <summary>Its copy of the state, while it has one.</summary>
    Replica? Replica { get; }

    /// <summary>What has to move on while it has work.</summary>
    IReadOnlyList<Progress> Stages { get; }

    /// <summary>A new incarnation of the process begins.</summary>
    void Start();

    /// <summary>Ends in order: what clients have asked for is answered first.</summary>
    /// <param name="stopped">Called when the process may end.</param>
    void Stop(Action stopped);

    /// <summary>The process was killed: its memory is gone.</summary>
    void OnKilled();
}
