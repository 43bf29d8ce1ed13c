using System.Diagnostics;
using OrleansZk.Simulation.Scenarios;

namespace OrleansZk.Simulation;

/// <summary>Up to five servers that crash, hang, are cut off and lose their store, under clients that go from one to the other.</summary>
public sealed class EnsembleTests(ITestOutputHelper output)
{
    private const int Seeds = 300;

    [Fact]
    public void Whatever_goes_wrong_clients_see_what_they_were_promised()
    {
        long start = Stopwatch.GetTimestamp();
        (int runs, long operations, long acknowledged) = (0, 0, 0);
        foreach (int seed in SeedSwitches.Seeds(Seeds))
        {
            RunResult result = Simulator.Run(Scenario.Ensemble(seed), Simulator.EnsembleFactory);
            Assert.True(result.Violations.Count == 0, result.Report);
            (runs, operations, acknowledged) = (runs + 1, operations + result.Operations, acknowledged + result.Acknowledged);
        }

        TimeSpan time = Stopwatch.GetElapsedTime(start);
        output.WriteLine($"{runs} seeds, {operations} operations, {acknowledged} acknowledged, {runs / time.TotalMinutes:F0} seeds a minute");
        acknowledged.ShouldBeGreaterThan(operations / 4);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(42)]
    public void A_seed_decides_everything(int seed)
    {
        RunResult first = Simulator.Run(Scenario.Ensemble(seed), Simulator.EnsembleFactory);
        RunResult second = Simulator.Run(Scenario.Ensemble(seed), Simulator.EnsembleFactory);
        second.TraceHash.ShouldBe(first.TraceHash);
        second.Operations.ShouldBe(first.Operations);
    }
}
