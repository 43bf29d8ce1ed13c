using OrleansZk.Server.Admin.Commands;
using static OrleansZk.Server.Configuration.ZooCfgKey;
using Fallback = OrleansZk.Server.Configuration.ZooCfgFallback;
using Options = OrleansZk.Server.Configuration.ServerOptions;
using Value = OrleansZk.Server.Configuration.ZooCfgValue;

namespace OrleansZk.Server.Configuration;

/// <summary>
/// Every key of <c>zoo.cfg</c>, and every property that ZooKeeper documents, with what becomes of it. Of two keys that become the same
/// setting the later one here wins. <c>docs/configuration.md</c> has the same table, which a test compares.
/// </summary>
internal static class ZooCfgTable
{
    /// <summary>The reason of keys that are about an ensemble, for a server that is in none.</summary>
    public const string Ensemble = "this server stands alone, without a quorum or an election";

    private const string Tls = "TLS is not there yet (planned), and clients must not be served without it where it was asked for";
    private const string Sasl = "SASL is not there yet (planned), and clients must not be let in without it where it was asked for";
    private const string Enforced = "clients cannot be made to authenticate yet (planned), and must not be let in without";
    private const string Audit = "there is no audit log yet (planned), and operations must not go unrecorded where it was asked for";
    private const string Purge = "checkpoints drop the log that they cover by themselves";
    private const string Own = "it tunes a part of ZooKeeper that has no counterpart here";
    private const string Groups = "writes are gathered into groups by themselves, without waiting";
    private const string Throttle = "there is no such throttle; globalOutstandingLimit and largeRequestMaxBytes bound what is on its way";
    private const string Jvm = "there is no Java machine";
    private const string Metrics = "metrics need no provider class and have no port of their own";
    private const string NoSasl = "without SASL it has nothing to act on";
    private const string NoTls = "without TLS it has nothing to act on";
    private const string Snapshots = "it is about ZooKeeper's own data files, which this server neither reads nor writes";
    private const string AdminHttp = "the admin port has no such setting";

    public static IReadOnlyList<ZooCfgKey> All { get; } =
    [
        // Clients and sessions.
        Taken("clientPort", nameof(Options.ClientPort), Value.Integer),
        Taken("clientPortAddress", nameof(Options.ClientAddress), Value.Host, "the name of a host is looked up"),
        Taken("clientPortListenBacklog", nameof(Options.ClientListenBacklog), Value.NegativeIs(-1), otherwise: Fallback.Range),
        Taken("tickTime", nameof(Options.TickTime), Value.Integer, otherwise: Fallback.Range),
        Taken("minSessionTimeout", nameof(Options.MinSessionTimeout), Value.Integer, otherwise: Fallback.NegativeIs("0")),
        Taken("maxSessionTimeout", nameof(Options.MaxSessionTimeout), Value.Integer),
        Taken("maxClientCnxns", nameof(Options.MaxClientConnections), Value.NegativeIs(0)),
        Taken("maxCnxns", nameof(Options.MaxConnections), Value.NegativeIs(0), otherwise: Fallback.Property),
        Taken("nio.sessionlessCnxnTimeout", nameof(Options.HandshakeTimeout), Value.JavaInteger, otherwise: Fallback.Property),
        Taken(
            "jute.maxbuffer",
            nameof(Options.MaxFrameLength),
            Value.JavaInteger,
            "ZooKeeper itself takes it from the command line only",
            Fallback.Property),
        Taken("globalOutstandingLimit", nameof(Options.MaxOutstandingRequests), Value.JavaInteger, otherwise: Fallback.Property),
        Taken(
            "largeRequestMaxBytes",
            nameof(Options.MaxOutstandingBytes),
            Value.JavaInteger,
            "bounds all writes on their way, not only large ones",
            Fallback.Property),
        new("4lw.commands.whitelist", ZooCfgTreatment.Taken, $"`{nameof(Options.FourLetterWords)}`; what is no word is ignored with a warning", JudgeWords),
        Ignored("clientTcpKeepAlive", "connections that fall silent are found by their session's timeout"),
        Ignored("localSessionsEnabled", "every session is a global one"),
        Ignored("localSessionsUpgradingEnabled", "every session is a global one"),
        Ignored("readonlymode.enabled", "servers of an ensemble always serve reads when they are cut off, and one that stands alone never is"),

        // Data.
        Taken("dataDir", nameof(Options.DataDirectory), Value.Text, "its file `myid`, if any, becomes `ServerId`"),
        Taken("datadir.autocreate", nameof(Options.CreateDataDirectory), Value.TrueFalse, otherwise: Fallback.Is("false")),
        Taken("db.autocreate", nameof(Options.CreateTree), Value.TrueFalse, "`false` asks for a file `initialize` in dataDir where there is no tree yet", Fallback.Is("false")),
        Taken("snapCount", nameof(Options.CheckpointTransactions), Value.JavaInteger, otherwise: Fallback.Property),
        Taken("snapSizeLimitInKb", nameof(Options.CheckpointBytes), Value.KilobytesOrNone, "0 or less for no limit", Fallback.Property),
        Taken("txnLogSizeLimitInKb", nameof(Options.LogSegmentBytes), Value.Kilobytes, otherwise: Fallback.Property),
        Taken("forceSync", nameof(Options.ForceSync), Value.YesNo, otherwise: Fallback.Is("true")),
        Taken("enforceQuota", nameof(Options.EnforceQuota), Value.TrueFalse, otherwise: Fallback.Unset),
        Taken("extendedTypesEnabled", nameof(Options.TtlEnabled), Value.TrueFalse, otherwise: Fallback.Is("false")),
        Taken("znode.container.checkIntervalMs", nameof(Options.ContainerCheckInterval), Value.JavaInteger, otherwise: Fallback.Property),
        Taken("znode.container.maxPerMinute", nameof(Options.ContainerMaxPerCheck), Value.JavaInteger, "counts each check", Fallback.Property),
        Taken("znode.container.maxNeverUsedIntervalMs", nameof(Options.ContainerMaxNeverUsed), Value.JavaInteger, otherwise: Fallback.Property),
        Ignored("dataLogDir", "the log is in the folder `log` of dataDir; to have it on a disk of its own, mount or link that folder"),
        Ignored("preAllocSize", "the log lays out space ahead by itself"),
        Ignored("fsync.warningthresholdms", "slow syncs of the log are not reported"),
        Ignored("emulate353TTLNodes", Snapshots),
        Ignored("snapshot.trust.empty", Snapshots),
        Ignored("snapshot.compression.method", Snapshots),
        Ignored("snapshot.compression.*", Snapshots),
        Ignored("serializeLastProcessedZxid.enabled", Snapshots),
        Ignored("digest.enabled", "the digest of the tree is always kept"),
        Ignored("closeSessionTxn.enabled", Snapshots),
        Ignored("commitLogCount", Ensemble),
        Ignored("snapshotSizeFactor", Ensemble),
        Ignored("forceSnapshotSync", Ensemble),
        Ignored("flushDelay", Groups),
        Ignored("maxWriteQueuePollTime", Groups),
        Ignored("maxBatchSize", Groups),
        Ignored("autopurge.snapRetainCount", Purge),
        Ignored("autopurge.purgeInterval", Purge),

        // Who may do what.
        Taken("skipACL", nameof(Options.SkipAcl), Value.YesNo, otherwise: Fallback.Is("false")),
        Taken("DigestAuthenticationProvider.superDigest", nameof(Options.SuperDigest), Value.Text, otherwise: Fallback.Is("")),
        Taken("DigestAuthenticationProvider.digestAlg", nameof(Options.DigestAlgorithm), new Value(HashName)),
        RefusedUnless("DigestAuthenticationProvider.enabled", "true", "the digest scheme cannot be turned off"),
        new("authProvider.*", ZooCfgTreatment.Refused, "unless one of the providers that are built in: "
            + "`DigestAuthenticationProvider`, `IPAuthenticationProvider`", JudgeProvider),
        RefusedUnlessOff("sessionRequireClientSASLAuth", Sasl),
        RefusedUnlessOff("enforce.auth.enabled", Enforced),
        Ignored("enforce.auth.schemes", "it has an effect only with enforce.auth.enabled"),
        RefusedUnlessOff("audit.enable", Audit),
        Ignored("audit.impl.class", Jvm),
        Ignored("enableEagerACLCheck", "access is always checked before a write goes on its way"),
        Ignored("IPAuthenticationProvider.usexforwardedfor", "the address of a client is that of its connection"),
        Ignored("X509AuthenticationProvider.superUser", NoTls),
        Ignored("SASLAuthenticationProvider.superPassword", NoSasl),
        Ignored("superUser", NoSasl),
        Ignored("superUser.*", NoSasl),
        Ignored("allowSaslFailedClients", NoSasl),
        Ignored("letAnySaslUserDoX", NoSasl),
        Ignored("requireClientAuthScheme", "ZooKeeper does not read it either"),
        Ignored("jaasLoginRenew", NoSasl),
        Ignored("sasl.*", NoSasl),
        Ignored("kerberos.*", NoSasl),
        Ignored("kinit", NoSasl),
        Ignored("requireKerberosConfig", NoSasl),
        Ignored("security.auth_to_local", NoSasl),
        Ignored("server.principal", NoSasl),
        Ignored("server.realm", NoSasl),
        Ignored("ensembleAuthName", "the scheme `ensemble` is not there; a client that uses it is turned away"),

        // TLS.
        RefusedUnless("secureClientPort", "0", Tls),
        Refused("secureClientPortAddress", Tls),
        RefusedUnlessOff("client.portUnification", Tls),
        Refused("ssl.*", Tls),
        new("serverCnxnFactory", ZooCfgTreatment.Refused, "unless one of ZooKeeper's own, whose place .NET's own server takes", JudgeFactory),
        Ignored("ssl.quorum.*", Ensemble),
        Ignored("sslQuorum", Ensemble),
        Ignored("sslQuorumReloadCertFiles", Ensemble),
        Ignored("portUnification", Ensemble),
        Ignored("client.certReload", NoTls),
        Ignored("client.secure", "it is a client's setting"),
        Ignored("clientCnxnSocket", "it is a client's setting"),
        Ignored("fips-mode", "cryptography is that of the operating system, in the mode that is set there"),

        // Operators.
        Taken("admin.serverPort", nameof(Options.AdminPort), Value.JavaInteger, otherwise: Fallback.NoAdminPort),
        new("admin.enableServer", ZooCfgTreatment.Taken, $"`{nameof(Options.AdminPort)}`: `false` makes it -1", JudgeAdminServer),
        Taken("admin.serverAddress", nameof(Options.AdminAddress), Value.Host, "the name of a host is looked up", Fallback.NoAdminPort),
        new("admin.commandURL", ZooCfgTreatment.Taken, "always `/commands`; any other value is ignored with a warning", text =>
            text.TrimEnd('/') == "/commands" ? ZooCfgVerdict.Nothing : new ZooCfgVerdict.Ignore("commands are always at /commands")),
        RefusedUnlessOff("admin.forceHttps", Tls),
        RefusedUnlessOff("admin.portUnification", Tls),
        RefusedUnlessOff("admin.needClientAuth", Tls),
        Ignored("admin.idleTimeout", AdminHttp),
        Ignored("admin.httpVersion", AdminHttp),
        Ignored("admin.rateLimiterIntervalInMS", AdminHttp),
        Ignored("admin.snapshot.enabled", "the admin port has no command `snapshot`"),
        Ignored("admin.restore.enabled", "the admin port has no command `restore`"),
        Ignored("metricsProvider.className", Metrics),
        Ignored("metricsProvider.httpHost", Metrics),
        Ignored("metricsProvider.httpPort", Metrics),
        Ignored("metricsProvider.httpsPort", Metrics),
        Ignored("metricsProvider.exportJvmInfo", Metrics),
        Ignored("metricsProvider.*", Metrics),
        Ignored("jvm.pause.monitor", Jvm),
        Ignored("jvm.pause.*", Jvm),
        Ignored("jmx.*", Jvm),
        Ignored("pathStats.*", Own),
        Ignored("messageTracker.BufferSize", Ensemble),
        Ignored("messageTracker.Enabled", Ensemble),

        // The ensemble.
        new("server.*", ZooCfgTreatment.Refused, "when there are two or more: servers of an ensemble find each other through their store (`--ensemble`). "
            + "Of a single one the client port is taken where clientPort is not given", _ => ZooCfgVerdict.Nothing),
        new("dynamicConfigFile", ZooCfgTreatment.Taken, "its lines `server.N` count as if they were in zoo.cfg", _ => ZooCfgVerdict.Nothing),
        Ignored("group.*", Ensemble),
        Ignored("weight.*", Ensemble),
        Ignored("initLimit", Ensemble),
        Ignored("syncLimit", Ensemble),
        Ignored("connectToLearnerMasterLimit", Ensemble),
        Ignored("electionAlg", Ensemble),
        Ignored("electionPortBindRetry", Ensemble),
        Ignored("peerType", Ensemble),
        Ignored("standaloneEnabled", Ensemble),
        Ignored("reconfigEnabled", Ensemble),
        Ignored("observerMasterPort", Ensemble),
        Ignored("observerMaster.*", Ensemble),
        Ignored("observer.*", Ensemble),
        Ignored("learner.*", Ensemble),
        Ignored("follower.*", Ensemble),
        Ignored("leader.*", Ensemble),
        Ignored("leaderServes", Ensemble),
        Ignored("leaderConnectDelayDuringRetryMs", Ensemble),
        Ignored("maxConcurrentSnapSyncs", Ensemble),
        Ignored("maxConcurrentDiffSyncs", Ensemble),
        Ignored("maxTimeToWaitForEpoch", Ensemble),
        Ignored("forward_learner_requests_to_commit_processor_disabled", Ensemble),
        Ignored("fastleader.*", Ensemble),
        Ignored("cnxTimeout", Ensemble),
        Ignored("quorumCnxnTimeoutMs", Ensemble),
        Ignored("quorumListenOnAllIPs", Ensemble),
        Ignored("quorum.*", Ensemble),
        Ignored("multiAddress.enabled", Ensemble),
        Ignored("multiAddress.reachabilityCheckTimeoutMs", Ensemble),
        Ignored("multiAddress.reachabilityCheckEnabled", Ensemble),
        Ignored("syncEnabled", Ensemble),
        Ignored("tcpKeepAlive", Ensemble),
        Ignored("oraclePath", Ensemble),
        Ignored("controllerPort", Ensemble),

        // The insides of ZooKeeper.
        Ignored("maxResponseCacheSize", Own),
        Ignored("maxGetChildrenResponseCacheSize", Own),
        Ignored("jute.maxbuffer.extrasize", Own),
        Ignored("intBufferStartingSizeBytes", Own),
        Ignored("largeRequestThreshold", "largeRequestMaxBytes bounds writes of every size"),
        Ignored("requestThrottleLimit", Throttle),
        Ignored("requestThrottleStallTime", Throttle),
        Ignored("requestThrottleDropStale", Throttle),
        Ignored("requestStaleLatencyCheck", Throttle),
        Ignored("requestStaleConnectionCheck", Throttle),
        Ignored("request_throttle_*", Throttle),
        Ignored("request_throttler.*", Throttle),
        Ignored("request_stale_*", Throttle),
        Ignored("throttledOpWaitTime", Throttle),
        Ignored("throttled_op_wait_time", Throttle),
        Ignored("connectionMaxTokens", Throttle),
        Ignored("connectionTokenFillTime", Throttle),
        Ignored("connectionTokenFillCount", Throttle),
        Ignored("connectionFreezeTime", Throttle),
        Ignored("connectionDropIncrease", Throttle),
        Ignored("connectionDropDecrease", Throttle),
        Ignored("connectionDecreaseRatio", Throttle),
        Ignored("connection_throttle_*", Throttle),
        Ignored("outstandingHandshake.limit", NoTls),
        Ignored("advancedFlowControlEnabled", Own),
        Ignored("netty.*", Own),
        Ignored("nio.*", Own),
        Ignored("commitProcessor.*", Own),
        Ignored("watchManagerName", Own),
        Ignored("watcherCleanThreadsNum", Own),
        Ignored("watcherCleanThreshold", Own),
        Ignored("watcherCleanIntervalInSeconds", Own),
        Ignored("maxInProcessingDeadWatchers", Own),
        Ignored("bitHashCacheSize", Own),
    ];

    /// <summary>Finds what stands for a key: itself, or else the longest beginning that it has.</summary>
    /// <param name="key">Without the prefix <c>zookeeper.</c>.</param>
    public static ZooCfgKey? Find(string key) =>
        All.FirstOrDefault(known => known.Name == key)
        ?? All.Where(known => known.Name.EndsWith('*') && key.StartsWith(known.Name[..^1], StringComparison.Ordinal))
            .MaxBy(known => known.Name.Length);

    private static ZooCfgVerdict JudgeProvider(string className)
    {
        string name = className[(className.LastIndexOf('.') + 1)..];
        return name switch
        {
            "DigestAuthenticationProvider" or "IPAuthenticationProvider" => ZooCfgVerdict.Nothing,
            "SASLAuthenticationProvider" => new ZooCfgVerdict.Refuse(Sasl),
            "X509AuthenticationProvider" => new ZooCfgVerdict.Refuse(Tls),
            _ => new ZooCfgVerdict.Refuse($"there is no authentication provider '{className}'; those that are built in are digest and ip"),
        };
    }

    private static ZooCfgVerdict JudgeFactory(string className) => className switch
    {
        "org.apache.zookeeper.server.NIOServerCnxnFactory" or "org.apache.zookeeper.server.NettyServerCnxnFactory" => ZooCfgVerdict.Nothing,
        _ => new ZooCfgVerdict.Refuse($"there is no connection factory '{className}', and what it does to connections is not known"),
    };

    private static ZooCfgVerdict JudgeAdminServer(string text) => text.ToUpperInvariant() switch
    {
        "TRUE" => ZooCfgVerdict.Nothing,
        "FALSE" => new ZooCfgVerdict.Set(SettingTable.Get(nameof(Options.AdminPort)), "-1"),
        _ => new ZooCfgVerdict.Ignore($"'{text}' is neither true nor false, and to ZooKeeper only false turns it off"),
    };

    /// <summary>ZooKeeper compares whole words, so what is none allows nothing.</summary>
    private static ZooCfgVerdict.Set JudgeWords(string text)
    {
        Setting setting = SettingTable.Get(nameof(Options.FourLetterWords));
        string[] words = text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        string[] unknown = [.. words.Where(word => word != "*" && CommandTable.Words.All(known => known.Word != word))];
        return unknown.Length == 0
            ? new ZooCfgVerdict.Set(setting, text)
            : new ZooCfgVerdict.Set(
                setting,
                string.Join(", ", words.Except(unknown)),
                $"names what is no four-letter word and allows nothing: {string.Join(", ", unknown.Select(word => $"'{word}'"))}");
    }

    /// <summary>Java knows the algorithms by several spellings.</summary>
    private static string HashName(string text) => text.Replace("-", "", StringComparison.Ordinal).ToUpperInvariant() switch
    {
        "SHA" => "SHA1",
        string name => name,
    };
}
