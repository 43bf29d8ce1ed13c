using System.Security.Cryptography;
using System.Text;

namespace OrleansZk.Interop.Tools;

/// <summary>Java, the jars of Debian's <c>zookeeper</c> package, and the suite's own Java clients, compiled on first use.</summary>
public static class JavaTools
{
    private const string JarFolder = "/usr/share/java";

    private static readonly string[] ClientJars =
        ["zookeeper.jar", "zookeeper-jute.jar", "slf4j-api.jar", "slf4j-simple.jar", "netty-all.jar", "commons-cli.jar", "commons-io.jar"];

    private static readonly string[] ServerJars = [.. ClientJars, "metrics-core.jar", "snappy-java.jar"];

    private static readonly Lazy<Task<string>> CompiledClients = new(CompileAsync);

    /// <summary>Another folder of jars may stand in for Debian's, to run the suite with another release of ZooKeeper's.</summary>
    public static string ServerClassPath { get; } = Environment.GetEnvironmentVariable("INTEROP_APACHE_CLASSPATH") ?? ClassPath(ServerJars);

    public static string ClientClassPath { get; } = ClassPath(ClientJars);

    public static string Java { get; } = Executables.Find("java") ?? "java";

    /// <summary>Short-lived programs: little memory, no time spent on optimising.</summary>
    public static IReadOnlyList<string> QuickStartOptions { get; } =
        ["-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-XX:-UsePerfData", "-Xshare:auto", "-Xmx192m"];

    /// <summary>Whether Apache ZooKeeper can be started here.</summary>
    public static bool HasServer { get; } = Executables.Find("java") is not null && FirstMissing(ServerJars) is null;

    public static void RequireServer()
    {
        RequireJava();
        RequireJars(ServerJars, "zookeeper");
    }

    public static void RequireClients()
    {
        RequireJava();
        RequireJars(ClientJars, "libzookeeper-java");
        Assert.SkipWhen(Executables.Find("javac") is null, "javac is missing: install Debian's package 'default-jdk-headless'.");
    }

    public static void RequireCli()
    {
        RequireJava();
        RequireJars(ClientJars, "libzookeeper-java");
    }

    /// <summary>The folder with the compiled classes of <c>clients/java</c>.</summary>
    public static Task<string> ClientClassesAsync() => CompiledClients.Value;

    private static void RequireJava() =>
        Assert.SkipWhen(Executables.Find("java") is null, "java is missing: install Debian's package 'default-jre-headless'.");

    private static void RequireJars(string[] jars, string package)
    {
        var missing = FirstMissing(jars);
        Assert.SkipWhen(missing is not null, $"{missing} is missing: install Debian's package '{package}' and what it recommends.");
    }

    private static string? FirstMissing(string[] jars) => jars.FirstOrDefault(jar => !File.Exists(Path.Combine(JarFolder, jar)));

    private static string ClassPath(IEnumerable<string> jars) => string.Join(':', jars.Select(jar => Path.Combine(JarFolder, jar)));

    private static async Task<string> CompileAsync()
    {
        var sources = Directory.GetFiles(ClientScripts.Folder("java"), "*.java").Order(StringComparer.Ordinal).ToArray();
        var target = ToolCache.FolderFor("java", Fingerprint(sources));
        if (File.Exists(Path.Combine(target, "complete")))
        {
            return target;
        }

        string[] arguments = ["-nowarn", "-proc:none", "-encoding", "UTF-8", "-cp", ClientClassPath, "-d", target, .. sources];
        var result = await Subprocess.RunAsync("javac", arguments, TimeSpan.FromSeconds(120));
        if (result.ExitCode != 0)
        {
            throw new InvalidOperationException($"The Java clients do not compile:\n{result.Output}");
        }

        await File.WriteAllTextAsync(Path.Combine(target, "complete"), "");
        return target;
    }

    private static string Fingerprint(IEnumerable<string> files)
    {
        var text = string.Concat(files.Select(File.ReadAllText));
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)))[..16];
    }
}
