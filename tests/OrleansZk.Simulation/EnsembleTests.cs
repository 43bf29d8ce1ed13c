using OrleansZk.Simulation.Scenarios;

namespace OrleansZk.Simulation;

/// <summary>Up to five servers that crash, hang, are cut off and lose their store, under clients that go from one to the other.</summary>
public sealed class EnsembleTests(ITestOutputHelper output) : ScenarioTests(output)
{
    private protected override IReadOnlyList<string> Wanted { get; } =
    [
        "crashes", "pauses", "struck at its commit", "has stopped", "has handed over", "isolated ms", "link cut", "cut off from the store ms", "store away ms",
        "store answer lost", "checkpoint", "checkpoint failed", "dies", "sessions resumed", "sessions expired", "events", "missed events", "refusals", "unknown",
        "client has taken some", "waits for room", "refused by a limit", "LogUnsent", "ends in parts",
    ];

    private protected override RunResult Run(int seed) => Simulator.Run(Scenario.Ensemble(seed), Simulator.EnsembleFactory);
}
