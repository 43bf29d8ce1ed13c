using System.Globalization;

namespace OrleansZk.Ensemble.Tests;

/// <summary>How long and with which seed a randomised test runs, and where its figures go.</summary>
internal static class RunReport
{
    /// <summary>Whole number from the environment, or a default.</summary>
    public static int Number(string variable, int otherwise) =>
        int.TryParse(Environment.GetEnvironmentVariable(variable), NumberStyles.Integer, CultureInfo.InvariantCulture, out int value) ? value : otherwise;

    /// <summary>The seed of this run, printed with the way to set it again.</summary>
    public static int Seed(string variable)
    {
        int seed = Number(variable, Random.Shared.Next());
        Print($"seed {seed}; to run the same again: {variable}={seed}");
        return seed;
    }

    public static void Print(string line) => TestContext.Current.TestOutputHelper?.WriteLine(line);

    public static void ShouldBeFaultless(this IReadOnlyList<string> faults, Cluster cluster)
    {
        if (faults.Count > 0)
        {
            Assert.Fail($"{faults.Count} faults:\n{string.Join('\n', faults.Take(20))}\n{cluster.Describe()}");
        }
    }
}
