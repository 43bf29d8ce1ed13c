using OrleansZk.Protocol;

namespace OrleansZk.Server.Configuration;

/// <summary>A server's settings: section <c>OrleansZk</c> of the configuration. In brackets the key of <c>zoo.cfg</c>.</summary>
public sealed class ServerOptions
{
    public const string Section = "OrleansZk";

    /// <summary>The longest transaction that can be allowed, bytes: every store takes a value and a group of that length.</summary>
    public const int MaxMaxTransactionBytes = 512 << 20;

    private const int MinDefaultTransactionBytes = 4 << 20;

    /// <summary>TCP port for ZooKeeper clients, 0 for any free one (<c>clientPort</c>).</summary>
    public int ClientPort { get; set; } = 2181;

    /// <summary>Address to listen on for clients; empty for all (<c>clientPortAddress</c>).</summary>
    public string ClientAddress { get; set; } = "";

    /// <summary>Connections that may wait to be accepted; -1 for the system's default (<c>clientPortListenBacklog</c>).</summary>
    public int ClientListenBacklog { get; set; } = -1;

    /// <summary>HTTP port for operators, 0 for any free one, -1 for none (<c>admin.serverPort</c>, <c>admin.enableServer</c>).</summary>
    public int AdminPort { get; set; } = 8080;

    /// <summary>Address to listen on for operators (<c>admin.serverAddress</c>).</summary>
    public string AdminAddress { get; set; } = "127.0.0.1";

    /// <summary>
    /// Names by which operators reach the admin port, separated by commas, beside addresses, localhost, the machine's name and <see cref="AdvertisedHost"/>;
    /// * for any. Requests that change something must use one of them.
    /// </summary>
    public string AdminHosts { get; set; } = "";

    /// <summary>Folder of the log and the checkpoint (<c>dataDir</c>).</summary>
    public string DataDirectory { get; set; } = "data";

    /// <summary>False refuses to start when that folder is not there, so that a mistyped path is no empty tree (<c>datadir.autocreate</c>).</summary>
    public bool CreateDataDirectory { get; set; } = true;

    /// <summary>False refuses to start on a store that holds nothing, unless the data folder has a file <c>initialize</c>, which is then removed (<c>db.autocreate</c>).</summary>
    public bool CreateTree { get; set; } = true;

    /// <summary>
    /// The zxid, as <c>0x100000005</c>, behind which transactions are given up that the store has lost; empty for none. It is named by the error that the server
    /// ends with, and means nothing as long as nothing is lost behind that very zxid.
    /// </summary>
    public string AcceptLossAfter { get; set; } = "";

    /// <summary>An existing <c>zoo.cfg</c> to take settings from; empty for none.</summary>
    public string ZooCfg { get; set; } = "";

    /// <summary>
    /// This server's number in its ensemble, 0 to 255 (<c>myid</c>). -1 draws one that is free, and keeps it in <see cref="DataDirectory"/>; a server that stands
    /// alone is 0 then.
    /// </summary>
    public int ServerId { get; set; } = -1;

    /// <summary>Connection string of the PostgreSQL that the servers of an ensemble share; empty for a server that stands alone.</summary>
    public string Ensemble { get; set; } = "";

    /// <summary>A file that holds the connection string for <see cref="Ensemble"/>, which nobody then sees in the list of processes; empty for none.</summary>
    public string EnsembleFile { get; set; } = "";

    /// <summary>The schema in that database: one for each ensemble.</summary>
    public string EnsembleSchema { get; set; } = "orleanszk";

    /// <summary>TCP port for the other servers of the ensemble.</summary>
    public int PeerPort { get; set; } = 2888;

    /// <summary>Address to listen on for the other servers; empty for all.</summary>
    public string PeerAddress { get; set; } = "";

    /// <summary>Name or address by which the other servers, and clients, reach this one; empty for the address listened on, or the machine's name.</summary>
    public string AdvertisedHost { get; set; } = "";

    /// <summary>TCP port by which the other servers reach this one, where that is not <see cref="PeerPort"/>; 0 where it is.</summary>
    public int AdvertisedPeerPort { get; set; }

    /// <summary>TCP port on which a silo listens for the other silos of its cluster.</summary>
    public int SiloPort { get; set; } = 11111;

    /// <summary>TCP port on which a silo listens for Orleans clients; 0 for none.</summary>
    public int GatewayPort { get; set; } = 30000;

    /// <summary>Orleans' name for the cluster of silos.</summary>
    public string ClusterId { get; set; } = "orleanszk";

    /// <summary>Orleans' name for what the cluster keeps, for all its life.</summary>
    public string ServiceId { get; set; } = "orleanszk";

    /// <summary>The name of the Orleans stream provider that carries watch events.</summary>
    public string StreamProvider { get; set; } = "OrleansZk";

    /// <summary>Milliseconds between two heartbeats to the store.</summary>
    public int HeartbeatInterval { get; set; } = 300;

    /// <summary>Milliseconds of silence after which a server is not alive for the others.</summary>
    public int DeadAfter { get; set; } = 2_000;

    /// <summary>Milliseconds of silence after which a connection between servers is closed.</summary>
    public int PeerTimeout { get; set; } = 1_500;

    /// <summary>Milliseconds without a leader after which a server lets its clients go, and serves those alone that take reads only.</summary>
    public int ReadOnlyAfter { get; set; } = 5_000;

    /// <summary>Bytes of the newest transactions that a leader keeps in memory for those that follow it.</summary>
    public long LeaderHistoryBytes { get; set; } = 64L << 20;

    /// <summary>Length of a tick, milliseconds; sessions expire at whole ticks (<c>tickTime</c>).</summary>
    public int TickTime { get; set; } = 2000;

    /// <summary>Shortest session timeout, milliseconds; -1 for two ticks (<c>minSessionTimeout</c>).</summary>
    public int MinSessionTimeout { get; set; } = -1;

    /// <summary>Longest session timeout, milliseconds; -1 for twenty ticks (<c>maxSessionTimeout</c>).</summary>
    public int MaxSessionTimeout { get; set; } = -1;

    /// <summary>Connections from one address; 0 for any number (<c>maxClientCnxns</c>).</summary>
    public int MaxClientConnections { get; set; } = 60;

    /// <summary>All connections together; 0 for any number (<c>maxCnxns</c>).</summary>
    public int MaxConnections { get; set; }

    /// <summary>Milliseconds that a new connection has for its handshake (<c>zookeeper.nio.sessionlessCnxnTimeout</c>).</summary>
    public int HandshakeTimeout { get; set; } = 10_000;

    /// <summary>Milliseconds that a stop may take: to answer what was accepted, and to close the log.</summary>
    public int ShutdownTimeout { get; set; } = 8_000;

    /// <summary>Bytes of a request's frame (<c>jute.maxbuffer</c>).</summary>
    public int MaxFrameLength { get; set; } = Frame.DefaultMaxLength;

    /// <summary>Writes on their way; beyond, clients that have some are not read from (<c>globalOutstandingLimit</c>).</summary>
    public int MaxOutstandingRequests { get; set; } = 4096;

    /// <summary>Bytes of the writes on their way (<c>largeRequestMaxBytes</c>).</summary>
    public long MaxOutstandingBytes { get; set; } = 64L << 20;

    /// <summary>Bytes of events that a client may leave unread before it is dropped; answers wait for it.</summary>
    public int MaxUnsentBytes { get; set; } = 128 << 20;

    /// <summary>Bytes that all clients together may leave unread before some are dropped; 0 for a quarter of the memory that the process may use, 1 GiB at most.</summary>
    public long MaxUnsentBytesOfAll { get; set; }

    /// <summary>Milliseconds in which a client must take some of what is ready for it.</summary>
    public int DrainTimeout { get; set; } = 60_000;

    /// <summary>Bytes of the answer to a multiRead; 0 for 16 MiB, or four times <see cref="MaxFrameLength"/> if that is more.</summary>
    public int MaxMultiReadLength { get; set; }

    /// <summary>Transactions between two checkpoints (<c>snapCount</c>).</summary>
    public int CheckpointTransactions { get; set; } = 100_000;

    /// <summary>Bytes of the log between two checkpoints; 0 for any number (<c>snapSizeLimitInKb</c>).</summary>
    public long CheckpointBytes { get; set; } = 128L << 20;

    /// <summary>False acknowledges writes that power loss may take back (<c>forceSync</c>).</summary>
    public bool ForceSync { get; set; } = true;

    /// <summary>Size of one file of the log, bytes.</summary>
    public long LogSegmentBytes { get; set; } = 64L << 20;

    /// <summary>Four-letter words that are answered, separated by commas; * for all (<c>4lw.commands.whitelist</c>).</summary>
    public string FourLetterWords { get; set; } = "srvr";

    /// <summary>False ignores the hard limits of quotas (<c>enforceQuota</c>).</summary>
    public bool EnforceQuota { get; set; } = true;

    /// <summary>False refuses nodes with a time to live (<c>extendedTypesEnabled</c>).</summary>
    public bool TtlEnabled { get; set; } = true;

    /// <summary>Most ephemerals of one session.</summary>
    public int MaxEphemeralsPerSession { get; set; } = 100_000;

    /// <summary>Most bytes of the paths of one session's ephemerals.</summary>
    public long MaxEphemeralBytesPerSession { get; set; } = 64L << 20;

    /// <summary>
    /// Most bytes of one transaction; a request that would make a longer one is refused. -1 for four times <see cref="MaxFrameLength"/>, but no less than 4 MiB and no
    /// more than the servers of an ensemble can tell each other of.
    /// </summary>
    public int MaxTransactionBytes { get; set; } = -1;

    /// <summary>
    /// The zxid of a transaction of the log that cannot be applied, to start without it; empty for none. All servers of an ensemble must skip the same one.
    /// </summary>
    public string SkipTransaction { get; set; } = "";

    /// <summary>Most entries of an access control list, with <c>auth</c> expanded.</summary>
    public int MaxAclEntries { get; set; } = 4096;

    /// <summary>True turns every ACL check off (<c>skipACL</c>).</summary>
    public bool SkipAcl { get; set; }

    /// <summary>The digest id that may do everything, as <c>user:base64hash</c> (<c>DigestAuthenticationProvider.superDigest</c>).</summary>
    public string SuperDigest { get; set; } = "";

    /// <summary>How digest passwords are hashed: SHA1, SHA256, SHA384 or SHA512 (<c>DigestAuthenticationProvider.digestAlg</c>).</summary>
    public string DigestAlgorithm { get; set; } = "SHA1";

    /// <summary>Milliseconds between two checks for containers and times to live (<c>znode.container.checkIntervalMs</c>).</summary>
    public int ContainerCheckInterval { get; set; } = 60_000;

    /// <summary>Most nodes that one such check deletes (<c>znode.container.maxPerMinute</c>).</summary>
    public int ContainerMaxPerCheck { get; set; } = 10_000;

    /// <summary>Milliseconds after which a container that never had a child goes too; 0 for never (<c>znode.container.maxNeverUsedIntervalMs</c>).</summary>
    public int ContainerMaxNeverUsed { get; set; }

    /// <summary>The longest transaction in force, bytes, before what an ensemble allows.</summary>
    public int EffectiveMaxTransactionBytes => MaxTransactionBytes >= 0
        ? MaxTransactionBytes
        : (int)Math.Clamp(4L * MaxFrameLength, MinDefaultTransactionBytes, MaxMaxTransactionBytes);

    /// <summary>What <see cref="SkipTransaction"/> says; 0 for none.</summary>
    public long SkippedZxid => Zxid.TryParse(SkipTransaction, out long zxid) ? zxid : 0;

    /// <summary>The shortest session timeout in force, milliseconds.</summary>
    public int EffectiveMinSessionTimeout => MinSessionTimeout < 0 ? 2 * TickTime : MinSessionTimeout;

    /// <summary>The longest session timeout in force, milliseconds.</summary>
    public int EffectiveMaxSessionTimeout => MaxSessionTimeout < 0 ? 20 * TickTime : MaxSessionTimeout;

    /// <summary>What all clients together may leave unread, bytes.</summary>
    public long EffectiveMaxUnsentBytesOfAll =>
        MaxUnsentBytesOfAll > 0 ? MaxUnsentBytesOfAll : Math.Min(1L << 30, GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 4);

    /// <summary>The longest answer to a multiRead, bytes.</summary>
    public int EffectiveMaxMultiReadLength =>
        MaxMultiReadLength > 0 ? MaxMultiReadLength : (int)Math.Min(1L << 30, Math.Max(16L << 20, 4L * MaxFrameLength));
}
