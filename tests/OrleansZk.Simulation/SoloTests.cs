using OrleansZk.Simulation.Scenarios;

namespace OrleansZk.Simulation;

/// <summary>A single server that crashes, hangs and is cut off, on a store that fails, under clients that come back.</summary>
public sealed class SoloTests(ITestOutputHelper output) : ScenarioTests(output)
{
    private protected override IReadOnlyList<string> Wanted { get; } =
    [
        "crashes", "pauses", "struck at its commit", "has stopped", "link cut", "store away ms", "store unavailable", "store answer lost",
        "store will do it later", "checkpoint", "checkpoint failed", "dies", "sessions resumed", "sessions expired", "events", "missed events", "refusals", "unknown",
        "client has taken some", "waits for room", "refused by a limit", "LogUnsent", "ends in parts",
    ];

    private protected override RunResult Run(int seed) => Simulator.Run(Scenario.Solo(seed), Simulator.SoloFactory);
}
