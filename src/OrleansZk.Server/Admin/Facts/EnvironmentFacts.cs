using System.Globalization;
using System.Net;
using System.Runtime.InteropServices;

namespace OrleansZk.Server.Admin.Facts;

/// <summary>What the server runs on, by ZooKeeper's names. What only a Java machine has is <c>&lt;NA&gt;</c>, as ZooKeeper says for what it does not know.</summary>
internal static class EnvironmentFacts
{
    private const string NotAvailable = "<NA>";
    private const long MegaByte = 1 << 20;

    /// <summary>The system and the user, in ZooKeeper's order.</summary>
    public static IReadOnlyList<KeyValuePair<string, string>> Machine() =>
    [
        new("os.name", OperatingSystem.IsLinux() ? "Linux" : OperatingSystem.IsMacOS() ? "Mac OS X" : OperatingSystem.IsWindows() ? "Windows" : NotAvailable),
        new("os.arch", ArchitectureName()),
        new("os.version", OperatingSystem.IsLinux() ? KernelRelease() : Environment.OSVersion.Version.ToString()),
        new("user.name", Environment.UserName),
        new("user.home", Environment.GetFolderPath(Environment.SpecialFolder.UserProfile)),
        new("user.dir", Environment.CurrentDirectory),
    ];

    /// <summary>Everything that <c>envi</c> tells.</summary>
    public static IReadOnlyList<KeyValuePair<string, string>> All()
    {
        long total = Environment.WorkingSet;
        long used = GC.GetTotalMemory(forceFullCollection: false);
        return
        [
            new("zookeeper.version", ServerVersion.Full),
            new("host.name", Dns.GetHostName()),
            new("java.version", NotAvailable),
            new("java.vendor", NotAvailable),
            new("java.home", NotAvailable),
            new("java.class.path", NotAvailable),
            new("java.library.path", NotAvailable),
            new("java.io.tmpdir", Path.TrimEndingDirectorySeparator(Path.GetTempPath())),
            new("java.compiler", NotAvailable),
            .. Machine(),
            new("os.memory.free", Megabytes(Math.Max(0, total - used))),
            new("os.memory.max", Megabytes(GC.GetGCMemoryInfo().TotalAvailableMemoryBytes)),
            new("os.memory.total", Megabytes(total)),
            new("dotnet.version", Environment.Version.ToString()),
            new("dotnet.runtime", RuntimeInformation.RuntimeIdentifier),
        ];
    }

    private static string Megabytes(long bytes) => string.Create(CultureInfo.InvariantCulture, $"{bytes / MegaByte}MB");

    private static string KernelRelease()
    {
        const string Release = "/proc/sys/kernel/osrelease";
        return File.Exists(Release) ? File.ReadAllText(Release).Trim() : NotAvailable;
    }

    /// <summary>Java's name for the architecture.</summary>
    private static string ArchitectureName() => RuntimeInformation.OSArchitecture switch
    {
        Architecture.X64 => "amd64",
        Architecture.Arm64 => "aarch64",
        var other => other.ToString().ToLowerInvariant(),
    };
}
