using OrleansZk.Simulation.Scenarios;

namespace OrleansZk.Simulation.Sabotages;

/// <summary>Tries one seed after the other until the checker has found a sabotage.</summary>
internal static class SabotageSearch
{
    /// <summary>More than any sabotage needs by far.</summary>
    public const int MostSeeds = 40;

    /// <summary>Fails unless one of the seeds is found to break <paramref name="rule"/>.</summary>
    public static void Find(
        ITestOutputHelper output, Func<Sabotage?> sabotage, Func<int, Scenario> scenario, ServerFactory factory, string rule)
    {
        var others = new HashSet<string>();
        for (int seed = 1; seed <= MostSeeds; seed++)
        {
            RunResult result = Simulator.Run(scenario(seed), factory, sabotage());
            if (result.Violations.FirstOrDefault(violation => violation.Rule == rule) is { } found)
            {
                output.WriteLine($"seed {seed}: {found}");
                return;
            }

            others.UnionWith(result.Violations.Select(violation => violation.Rule));
        }

        Assert.Fail($"not found as '{rule}' in {MostSeeds} seeds, but as [{string.Join(' ', others)}]");
    }
}
