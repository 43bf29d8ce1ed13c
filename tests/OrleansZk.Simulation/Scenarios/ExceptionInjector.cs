using OrleansZk.Core.Replication;
using OrleansZk.Simulation.Servers;
using OrleansZk.Simulation.World;

namespace OrleansZk.Simulation.Scenarios;

/// <summary>Makes servers throw where no correct program would: once, at the next passing of a point that was armed.</summary>
internal sealed class ExceptionInjector(EventQueue queue, Trace trace)
{
    private static readonly FaultPoint[] Points = Enum.GetValues<FaultPoint>();

    private readonly Dictionary<ISimulatedServer, FaultPoint> _armed = [];

    /// <summary>Requests whose preparation was broken: as many may be refused for it.</summary>
    public int Refused { get; private set; }

    public void Arm(ISimulatedServer server) => _armed[server] = Points[queue.Random.Next(Points.Length)];

    public void Disarm() => _armed.Clear();

    /// <summary>A server passes a point.</summary>
    /// <exception cref="InjectedFaultException">The point was armed.</exception>
    public void Pass(ISimulatedServer server, FaultPoint point)
    {
        if (_armed.TryGetValue(server, out FaultPoint armed) && armed == point)
        {
            _armed.Remove(server);
            Refused += point is FaultPoint.Prepare or FaultPoint.Encode ? 1 : 0;
            trace.Add($"throws at {point}", server.Process.Name);
            throw new InjectedFaultException(point);
        }
    }
}

/// <summary>What injected faults throw: nothing in a server knows it.</summary>
internal sealed class InjectedFaultException(FaultPoint point) : Exception($"{Mark} at {point}")
{
    /// <summary>Words that are in no other message.</summary>
    public const string Mark = "injected by the scenario";

    public static bool IsCauseOf(Exception failure) =>
        failure is InjectedFaultException || (failure.InnerException is { } inner && IsCauseOf(inner));
}
