using System.Globalization;

namespace OrleansZk.Simulation;

/// <summary>Which seeds a run of the tests tries: <c>SIMULATION_SEED</c> one, <c>SIMULATION_SEEDS</c> so many, <c>SIMULATION_MINUTES</c> as many as fit.</summary>
internal static class SeedSwitches
{
    // The same ones in every run: what they have found once stays found.
    private const int Fixed = 300;

    // Others in every run.
    private const int Fresh = 150;

    /// <param name="tests">Who asks, for people.</param>
    public static IEnumerable<int> Seeds(string tests)
    {
        if (Number("SIMULATION_SEED") is { } seed)
        {
            return [(int)seed];
        }

        if (Number("SIMULATION_SEEDS") is { } count)
        {
            return Enumerable.Range(1, (int)count);
        }

        int first = Random.Shared.Next(Fixed + 1, 1 << 30);
        bool isTimed = Number("SIMULATION_MINUTES") is not null;
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"seed {first} and {(isTimed ? "as many as fit" : $"{Fresh - 1}")} behind it are new to {tests}; SIMULATION_SEED=n shows one again"));
        return Number("SIMULATION_MINUTES") is { } minutes
            ? Until(TimeProvider.System, TimeSpan.FromMinutes(minutes), first)
            : Enumerable.Range(1, Fixed).Concat(Enumerable.Range(first, Fresh));
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
