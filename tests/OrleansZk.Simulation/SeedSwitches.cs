using System.Globalization;

namespace OrleansZk.Simulation;

/// <summary>Which seeds a run of the tests tries: <c>SIMULATION_SEED</c> one, <c>SIMULATION_SEEDS</c> so many, <c>SIMULATION_MINUTES</c> as many as fit.</summary>
internal static class SeedSwitches
{
    /// <param name="count">How many when nobody asks for anything else.</param>
    public static IEnumerable<int> Seeds(int count)
    {
        if (Number("SIMULATION_SEED") is { } seed)
        {
            return [(int)seed];
        }

        if (Number("SIMULATION_MINUTES") is { } minutes)
        {
            // Other seeds every time: whoever runs it for long wants to see new ones.
            return Until(TimeProvider.System, TimeSpan.FromMinutes(minutes), Random.Shared.Next(1 << 30));
        }

        return Enumerable.Range(1, (int)(Number("SIMULATION_SEEDS") ?? count));
    }

    private static IEnumerable<int> Until(TimeProvider clock, TimeSpan time, int first)
    {
        long start = clock.GetTimestamp();
        for (int seed = first; clock.GetElapsedTime(start) < time; seed++)
        {
            yield return seed;
        }
    }

    private static double? Number(string name) =>
        double.TryParse(Environment.GetEnvironmentVariable(name), NumberStyles.Float, CultureInfo.InvariantCulture, out double value) ? value : null;
}
