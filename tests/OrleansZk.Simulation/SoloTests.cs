using System.Diagnostics;
using OrleansZk.Simulation.Scenarios;

namespace OrleansZk.Simulation;

/// <summary>A single server that crashes, hangs and is cut off, on a store that fails, under clients that come back.</summary>
public sealed class SoloTests(ITestOutputHelper output)
{
    private const int Seeds = 300;

    [Fact]
    public void Whatever_goes_wrong_clients_see_what_they_were_promised()
    {
        long start = Stopwatch.GetTimestamp();
        (int runs, long operations, long acknowledged) = (0, 0, 0);
        foreach (int seed in SeedSwitches.Seeds(Seeds))
        {
            RunResult result = Simulator.Run(Scenario.Solo(seed), Simulator.SoloFactory);
            Assert.True(result.Violations.Count == 0, result.Report);
            (runs, operations, acknowledged) = (runs + 1, operations + result.Operations, acknowledged + result.Acknowledged);
        }

        TimeSpan time = Stopwatch.GetElapsedTime(start);
        output.WriteLine($"{runs} seeds, {operations} operations, {acknowledged} acknowledged, {runs / time.TotalMinutes:F0} seeds a minute");
        acknowledged.ShouldBeGreaterThan(operations / 4);
    }

    [Fact]
    public void The_scenarios_reach_what_they_are_for()
    {
        var counts = new SortedDictionary<string, long>(StringComparer.Ordinal);
        for (int seed = 1; seed <= 100; seed++)
        {
            foreach ((string what, int count) in Simulator.Run(Scenario.Solo(seed), Simulator.SoloFactory).Counts)
            {
                counts[what] = counts.GetValueOrDefault(what) + count;
            }
        }

        output.WriteLine(string.Join(", ", counts.Select(pair => $"{pair.Key} {pair.Value}")));
        string[] wanted =
        [
            "crashes", "pauses", "link cut", "store away ms", "store unavailable", "store answer lost", "store will do it later", "checkpoint",
            "checkpoint failed", "dies", "sessions resumed", "sessions expired", "events", "missed events", "refusals", "unknown",
        ];
        foreach (string what in wanted)
        {
            counts.GetValueOrDefault(what).ShouldBeGreaterThan(10, what);
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(42)]
    public void A_seed_decides_everything(int seed)
    {
        RunResult first = Simulator.Run(Scenario.Solo(seed), Simulator.SoloFactory);
        RunResult second = Simulator.Run(Scenario.Solo(seed), Simulator.SoloFactory);
        output.WriteLine($"{first.TraceHash:x16}");
        second.TraceHash.ShouldBe(first.TraceHash);
        second.Operations.ShouldBe(first.Operations);
    }
}
