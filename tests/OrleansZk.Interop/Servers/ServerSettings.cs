using System.Globalization;

namespace OrleansZk.Interop.Servers;

/// <summary>What every server of the suite is configured with, whoever made it.</summary>
public sealed record ServerSettings
{
    /// <summary>Session timeouts may be as short as a second, so that cases about expiry end soon.</summary>
    public int TickTimeMs { get; init; } = 500;

    public int MinSessionTimeoutMs { get; init; } = 1_000;

    public int MaxSessionTimeoutMs { get; init; } = 120_000;

    /// <summary>How often containers and TTL nodes are looked through for those that may go.</summary>
    public int ReaperIntervalMs { get; init; } = 500;

    /// <summary>The credentials of the super user, as an auth packet of scheme <c>digest</c> carries them.</summary>
    public const string SuperUser = "super:secret";

    /// <summary><see cref="SuperUser"/> as a stored digest id: <c>base64(SHA1("super:secret"))</c>.</summary>
    public const string SuperDigest = "super:lK75jTNcA+U9vtVEw5vB51mj/w4=";

    /// <summary>
    /// The settings as OrleansZk reads them from its environment.
    /// </summary>
    public IReadOnlyDictionary<string, string> ToOrleansZkEnvironment() => new Dictionary<string, string>
    {
        ["OrleansZk__TickTime"] = Text(TickTimeMs),
        ["OrleansZk__MinSessionTimeout"] = Text(MinSessionTimeoutMs),
        ["OrleansZk__MaxSessionTimeout"] = Text(MaxSessionTimeoutMs),
        ["OrleansZk__ContainerCheckInterval"] = Text(ReaperIntervalMs),
        ["OrleansZk__EnforceQuota"] = "true",
        ["OrleansZk__TtlEnabled"] = "true",
        ["OrleansZk__MaxClientConnections"] = "0",
        ["OrleansZk__FourLetterWords"] = "*",
        ["OrleansZk__SuperDigest"] = SuperDigest,
    };

    /// <summary>The settings as zoo.cfg.</summary>
    public string ToZooCfg(int port, string dataFolder) => string.Join('\n',
        $"tickTime={Text(TickTimeMs)}",
        $"minSessionTimeout={Text(MinSessionTimeoutMs)}",
        $"maxSessionTimeout={Text(MaxSessionTimeoutMs)}",
        $"dataDir={dataFolder}",
        $"clientPort={Text(port)}",
        "clientPortAddress=127.0.0.1",
        "maxClientCnxns=0",
        "admin.enableServer=false",
        "4lw.commands.whitelist=*",
        "extendedTypesEnabled=true",
        "enforceQuota=true",
        $"DigestAuthenticationProvider.superDigest={SuperDigest}",
        "");

    private static string Text(int value) => value.ToString(CultureInfo.InvariantCulture);
}
