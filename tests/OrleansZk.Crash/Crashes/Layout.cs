using System.Globalization;

namespace OrleansZk.Crash.Crashes;

/// <summary>The nodes that the clients of a crash run work on.</summary>
internal static class Layout
{
    public const string Root = "/crash";
    public const string Ephemerals = "/crash/e";
    public const string Sequential = "/crash/s/n-";

    /// <summary>Beside the numbered nodes of this prefix, plain ones are created too.</summary>
    public const string SequentialAmongOthers = "/crash/q/n-";

    private const int Groups = 3;

    /// <summary>Written by everybody.</summary>
    public static IReadOnlyList<string> Shared { get; } = [.. Enumerable.Range(0, 5).Select(i => $"/crash/r{i}")];

    /// <summary>Written by multis only, always all of a group.</summary>
    public static IReadOnlyList<IReadOnlyList<string>> Together { get; } =
        [.. Enumerable.Range(0, Groups).Select(group => new[] { $"/crash/m/{group}a", $"/crash/m/{group}b", $"/crash/m/{group}c" })];

    /// <summary>Everything that must be there before the clients begin, parents first.</summary>
    public static IEnumerable<string> Fixed(int workers) =>
    [
        Root, Ephemerals, "/crash/s", "/crash/q", "/crash/m", "/crash/t", .. Shared, .. Together.SelectMany(group => group),
        .. Enumerable.Range(0, workers).SelectMany(worker => new[] { Own(worker), UniqueFolder(worker) }),
    ];

    public static string Own(int worker) => $"/crash/own{worker}";

    public static string UniqueFolder(int worker) => $"/crash/u{worker}";

    /// <summary>A path that no other write has.</summary>
    public static string Unique(int worker, string write) => $"/crash/u{worker}/{write}";

    public static string Ephemeral(string write) => $"{Ephemerals}/{write}";

    /// <summary>A node that the multis of a group create along with their changes.</summary>
    public static string Trace(int group, string write) => string.Create(CultureInfo.InvariantCulture, $"/crash/t/{group}-{write}");

    /// <summary>True for nodes that a worker may delete.</summary>
    public static bool IsDisposable(string path, int worker) =>
        path.StartsWith(UniqueFolder(worker) + "/", StringComparison.Ordinal)
        || (worker == 0 && (path.StartsWith(Sequential, StringComparison.Ordinal) || path.StartsWith("/crash/q/", StringComparison.Ordinal)
            || path.StartsWith("/crash/t/", StringComparison.Ordinal)));
}
