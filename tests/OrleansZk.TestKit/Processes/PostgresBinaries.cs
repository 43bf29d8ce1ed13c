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
        .FirstOrDefault(folder => File.Exists(Path.Combine(folder, Needed)) && File.Exists(Path.Combine(folder, "postgres")));

    private static string? FindNewest() => !Directory.Exists(DebianFolder) ? null : Directory.EnumerateDirectories(DebianFolder)
        .Where(folder => File.Exists(Path.Combine(folder, "bin", Needed)))
        .OrderByDescending(folder => double.TryParse(Path.GetFileName(folder), CultureInfo.InvariantCulture, out double version) ? version : 0)
        .Select(folder => Path.Combine(folder, "bin"))
        .FirstOrDefault();
}
