using System.Globalization;

namespace OrleansZk.TestKit.Processes;

/// <summary>Where this machine has PostgreSQL's programs.</summary>
public static class PostgresBinaries
{
    private const string DebianFolder = "/usr/lib/postgresql";
    private const string Needed = "initdb";

    /// <summary>Null when there are none.</summary>
    public static string? Folder { get; } = FindOnPath() ?? FindNewest();

    /// <summary>What to skip a test with; null when PostgreSQL is there.</summary>
    public static string? Missing => Folder is null ? "PostgreSQL is missing: install Debian's package 'postgresql'." : null;

    private static string? FindOnPath() => (Environment.GetEnvironmentVariable("PATH") ?? "")
        .Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)
        .FirstOrDefault(folder => IsThere(Path.Combine(folder, Needed)) && IsThere(Path.Combine(folder, "postgres")));

    private static string? FindNewest() => !Directory.Exists(DebianFolder) ? null : Directory.EnumerateDirectories(DebianFolder)
        .Where(folder => IsThere(Path.Combine(folder, "bin", Needed)))
        .OrderByDescending(folder => double.TryParse(Path.GetFileName(folder), CultureInfo.InvariantCulture, out double version) ? version : 0)
        .Select(folder => Path.Combine(folder, "bin"))
        .FirstOrDefault();

    /// <summary>False also for a link to what is gone.</summary>
    private static bool IsThere(string path) =>
        File.Exists(path) && (File.ResolveLinkTarget(path, returnFinalTarget: true)?.Exists ?? true);
}
