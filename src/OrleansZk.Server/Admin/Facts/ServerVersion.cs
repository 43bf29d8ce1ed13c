using System.Globalization;
using System.Reflection;

namespace OrleansZk.Server.Admin.Facts;

/// <summary>The version as clients and monitors read it: the ZooKeeper release that we are like first, then our own.</summary>
internal static class ServerVersion
{
    /// <summary>The release whose behaviour we keep to.</summary>
    public const string ZooKeeper = "3.9.5";

    private static readonly Lazy<string> LazyFull = new(Compose);

    /// <summary>Like <c>3.9.5-orleanszk-0.1.0, built on 2026-11-22 17:00 UTC</c>.</summary>
    public static string Full => LazyFull.Value;

    private static string Compose()
    {
        Assembly assembly = typeof(ServerVersion).Assembly;
        string own = assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "0";

        // The source revision that the build appends would make it unlike a version.
        own = own.Split('+')[0];

        // A deterministic build knows no time; the file does.
        string file = Path.Combine(AppContext.BaseDirectory, assembly.GetName().Name + ".dll");
        DateTime built = File.GetLastWriteTimeUtc(File.Exists(file) ? file : Environment.ProcessPath ?? AppContext.BaseDirectory);
        return string.Create(CultureInfo.InvariantCulture, $"{ZooKeeper}-orleanszk-{own}, built on {built:yyyy-MM-dd HH:mm} UTC");
    }
}
