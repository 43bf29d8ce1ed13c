using System.Globalization;

namespace OrleansZk.Crash.Tools;

/// <summary>How long and with which seed a randomised test runs: set by environment variables, printed into its output.</summary>
internal static class TestRun
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

    public static void Print(string line)
    {
        TestContext.Current.TestOutputHelper?.WriteLine(line);
    }

    /// <summary>Skips where the server is not built, or the system cannot show what the test looks at.</summary>
    public static void RequireServer()
    {
        if (ServerBinary.Missing is { } missing)
        {
            Assert.Fail(missing);
        }
    }

    public static void RequireLinux(string why) => Assert.SkipUnless(OperatingSystem.IsLinux(), $"Linux only: {why}");
}
