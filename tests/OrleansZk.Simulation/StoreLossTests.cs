using OrleansZk.Simulation.Sabotages;
using OrleansZk.Simulation.Scenarios;

namespace OrleansZk.Simulation;

/// <summary>The store loses its newest commits, with and without the epoch: either the leader puts them back, or no server serves any more.</summary>
public sealed class StoreLossTests(ITestOutputHelper output) : ScenarioTests(output)
{
    private readonly ITestOutputHelper _output = output;

    private protected override IReadOnlyList<string> Wanted { get; } =
        ["goes back in time", "loses its newest groups", "healed", "refused", "refuses", "crashes", "checkpoint"];

    [Fact]
    public void A_store_that_takes_appends_on_top_of_a_hole_is_found_out() => SabotageSearch.Find(
        _output, () => new SpoilsStore(store => store.ForgetsItsLoss = true), Scenario.StoreLoss, Simulator.EnsembleFactory, "lost-write");

    private protected override RunResult Run(int seed) => Simulator.Run(Scenario.StoreLoss(seed), Simulator.EnsembleFactory);
}
