using System.Diagnostics;
using OrleansZk.Simulation.Scenarios;

namespace OrleansZk.Simulation;

/// <summary>Draws one scenario after the other from seeds, and judges what came of it.</summary>
public abstract class ScenarioTests
{
    // A single seed may stand for a run in which hardly anything succeeds.
    private const int FewestForAverage = 50;

    private readonly ITestOutputHelper _output;

    private protected ScenarioTests(ITestOutputHelper output)
    {
        _output = output;
    }

    /// <summary>What the scenarios must bring about, as a run counts it.</summary>
    private protected abstract IReadOnlyList<string> Wanted { get; }

    [Fact]
    public void Whatever_goes_wrong_clients_see_what_they_were_promised()
    {
        long start = Stopwatch.GetTimestamp();
        (int runs, long operations, long acknowledged) = (0, 0, 0);
        foreach (int seed in SeedSwitches.Seeds(GetType().Name))
        {
            RunResult result = Run(seed);
            Assert.True(result.Violations.Count == 0, result.Report);
            (runs, operations, acknowledged) = (runs + 1, operations + result.Operations, acknowledged + result.Acknowledged);
        }

        TimeSpan time = Stopwatch.GetElapsedTime(start);
        _output.WriteLine($"{runs} seeds, {operations} operations, {acknowledged} acknowledged, {runs / time.TotalMinutes:F0} seeds a minute");
        if (runs >= FewestForAverage)
        {
            acknowledged.ShouldBeGreaterThan(operations / 4);
        }
    }

    [Fact]
    public void The_scenarios_reach_what_they_are_for()
    {
        var counts = new SortedDictionary<string, long>(StringComparer.Ordinal);
        for (int seed = 1; seed <= 100; seed++)
        {
            foreach ((string what, int count) in Run(seed).Counts)
            {
                counts[what] = counts.GetValueOrDefault(what) + count;
            }
        }

        _output.WriteLine(string.Join(", ", counts.Select(pair => $"{pair.Key} {pair.Value}")));
        foreach (string what in Wanted)
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
        RunResult first = Run(seed);
        RunResult second = Run(seed);
        second.TraceHash.ShouldBe(first.TraceHash);
        second.Operations.ShouldBe(first.Operations);
    }

    private protected abstract RunResult Run(int seed);
}
