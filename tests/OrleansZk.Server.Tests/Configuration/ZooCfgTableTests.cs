using OrleansZk.Server.Configuration;
using OrleansZk.TestKit.Processes;

namespace OrleansZk.Server.Tests.Configuration;

/// <summary>The table of keys is complete, and the documentation has it.</summary>
public sealed class ZooCfgTableTests
{
    /// <summary>What ZooKeeper's own parser knows by name, and the properties that its documentation lists.</summary>
    private static readonly string[] KnownToZooKeeper =
    [
        "tickTime", "dataDir", "dataLogDir", "clientPort", "clientPortAddress", "secureClientPort", "secureClientPortAddress",
        "clientPortListenBacklog", "maxClientCnxns", "minSessionTimeout", "maxSessionTimeout", "initLimit", "syncLimit",
        "connectToLearnerMasterLimit", "server.1", "group.1", "weight.1", "peerType", "observerMasterPort", "electionAlg", "standaloneEnabled",
        "reconfigEnabled", "dynamicConfigFile", "localSessionsEnabled", "localSessionsUpgradingEnabled", "autopurge.snapRetainCount",
        "autopurge.purgeInterval", "4lw.commands.whitelist", "enforceQuota", "audit.enable", "authProvider.1", "metricsProvider.className",
        "metricsProvider.httpPort", "metricsProvider.exportJvmInfo", "metricsProvider.httpsPort", "admin.enableServer", "admin.serverPort",
        "admin.commandURL", "admin.serverAddress", "admin.portUnification", "admin.forceHttps", "admin.needClientAuth",
        "admin.rateLimiterIntervalInMS", "sslQuorum", "portUnification", "quorumListenOnAllIPs", "multiAddress.enabled",
        "multiAddress.reachabilityCheckTimeoutMs", "multiAddress.reachabilityCheckEnabled", "syncEnabled", "oraclePath",
        "sslQuorumReloadCertFiles", "quorum.auth.enableSasl", "quorum.auth.serverRequireSasl", "quorum.auth.learnerRequireSasl",
        "quorum.auth.learner.saslLoginContext", "quorum.auth.server.saslLoginContext", "quorum.auth.kerberos.servicePrincipal",
        "quorum.cnxn.threads.size", "jvm.pause.monitor", "jvm.pause.info-threshold.ms", "jvm.pause.warn-threshold.ms", "jvm.pause.sleep.time.ms",
        "globalOutstandingLimit", "preAllocSize", "snapCount", "commitLogCount", "snapSizeLimitInKb", "txnLogSizeLimitInKb", "maxCnxns",
        "fsync.warningthresholdms", "maxResponseCacheSize", "maxGetChildrenResponseCacheSize", "extendedTypesEnabled", "emulate353TTLNodes",
        "watchManagerName", "watcherCleanThreadsNum", "watcherCleanThreshold", "watcherCleanIntervalInSeconds", "maxInProcessingDeadWatchers",
        "bitHashCacheSize", "fastleader.minNotificationInterval", "fastleader.maxNotificationInterval", "connection_throttle_tokens",
        "connection_throttle_fill_time", "connection_throttle_fill_count", "connection_throttle_freeze_time", "connection_throttle_drop_increase",
        "connection_throttle_drop_decrease", "connection_throttle_decrease_ratio", "connection_throttle_weight_enabled",
        "connection_throttle_global_session_weight", "connection_throttle_local_session_weight", "connection_throttle_renew_session_weight",
        "serverCnxnFactory", "flushDelay", "maxWriteQueuePollTime", "maxBatchSize", "request_throttle_max_requests", "request_throttle_stall_time",
        "request_throttle_drop_stale", "request_stale_latency_check", "request_stale_connection_check", "request_throttler.shutdownTimeout",
        "netty.advancedFlowControl.enabled", "enableEagerACLCheck", "leader.maxConcurrentSnapSyncs", "leader.maxConcurrentDiffSyncs",
        "digest.enabled", "snapshot.compression.method", "snapshot.trust.empty", "audit.impl.class", "largeRequestMaxBytes",
        "largeRequestThreshold", "netty.server.outstandingHandshake.limit", "netty.server.earlyDropSecureConnectionHandshakes",
        "throttled_op_wait_time", "learner.closeSocketAsync", "leader.closeSocketAsync", "learner.asyncSending",
        "forward_learner_requests_to_commit_processor_disabled", "serializeLastProcessedZxid.enabled", "leader.maxTimeToWaitForEpoch", "leaderServes",
        "cnxTimeout", "quorumCnxnTimeoutMs", "tcpKeepAlive", "clientTcpKeepAlive", "electionPortBindRetry", "observer.reconnectDelayMs",
        "observer.election.DelayMs", "DigestAuthenticationProvider.enabled", "DigestAuthenticationProvider.superDigest",
        "DigestAuthenticationProvider.digestAlg", "IPAuthenticationProvider.usexforwardedfor", "X509AuthenticationProvider.superUser", "superUser",
        "superUser.1", "ssl.authProvider", "ensembleAuthName", "sessionRequireClientSASLAuth", "enforce.auth.enabled", "enforce.auth.schemes",
        "ssl.keyStore.location", "ssl.quorum.keyStore.location", "client.certReload", "client.portUnification", "kerberos.removeHostFromPrincipal",
        "kerberos.removeRealmFromPrincipal", "kerberos.canonicalizeHostNames", "fips-mode", "readonlymode.enabled",
        "follower.skipLearnerRequestToNextProcessor", "forceSync", "jute.maxbuffer", "jute.maxbuffer.extrasize", "skipACL", "datadir.autocreate",
        "db.autocreate", "nio.numSelectorThreads", "nio.numWorkerThreads", "nio.directBufferBytes", "nio.sessionlessCnxnTimeout",
        "nio.shutdownTimeout", "commitProcessor.numWorkerThreads", "commitProcessor.maxReadBatchSize", "commitProcessor.maxCommitBatchSize",
        "commitProcessor.shutdownTimeout", "znode.container.checkIntervalMs", "znode.container.maxPerMinute",
        "znode.container.maxNeverUsedIntervalMs", "messageTracker.BufferSize", "messageTracker.Enabled", "admin.snapshot.enabled",
        "admin.restore.enabled", "admin.idleTimeout", "allowSaslFailedClients", "pathStats.enabled", "leaderConnectDelayDuringRetryMs",
        "observer.syncEnabled", "observerMaster.sizeLimit", "closeSessionTxn.enabled", "snapshotSizeFactor", "forceSnapshotSync",
        "intBufferStartingSizeBytes", "sasl.serverconfig", "security.auth_to_local", "server.realm",
    ];

    [Fact]
    public void Every_key_that_ZooKeeper_knows_has_a_treatment() =>
        KnownToZooKeeper.Where(key => ZooCfgTable.Find(key) is null).ShouldBeEmpty();

    [Fact]
    public void No_key_is_there_twice() =>
        ZooCfgTable.All.Select(key => key.Name).ShouldBeUnique();

    [Fact]
    public void The_longest_beginning_goes_before_shorter_ones()
    {
        ZooCfgTable.Find("ssl.quorum.clientAuth")!.Treatment.ShouldBe(ZooCfgTreatment.Ignored);
        ZooCfgTable.Find("ssl.clientAuth")!.Treatment.ShouldBe(ZooCfgTreatment.Refused);
        ZooCfgTable.Find("nio.sessionlessCnxnTimeout")!.Treatment.ShouldBe(ZooCfgTreatment.Taken);
    }

    [Fact]
    public void The_documentation_has_the_table()
    {
        string text = File.ReadAllText(Path.Combine(RepositoryFolder.Path, "docs", "configuration.md"));
        string[] expected =
        [
            .. ZooCfgTable.All.Select(key => $"| `{key.Name}` | {key.Treatment.ToString().ToLowerInvariant()} | {key.Note} |"),
        ];
        string[] documented = [.. Rows(text, "| key | treatment | as or because |")];
        documented.ShouldBe(expected, "docs/configuration.md must have these rows:\n" + string.Join('\n', expected));
    }

    /// <summary>The rows under a table's head.</summary>
    internal static IEnumerable<string> Rows(string text, string head) =>
        text.Split('\n').SkipWhile(line => line != head).Skip(2).TakeWhile(line => line.StartsWith('|'));
}
