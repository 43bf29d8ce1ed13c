using Microsoft.Extensions.Options;
using OrleansZk.Core.Ensemble;
using OrleansZk.Core.Replication;
using OrleansZk.Core.Sessions;
using OrleansZk.Server.Configuration;
using OrleansZk.Server.FrontEnd;
using OrleansZk.Server.Hosting;
using OrleansZk.Server.Limits;
using OrleansZk.Storage;

namespace OrleansZk.Server.Admin.Facts;

/// <summary>Everything that operators and monitors may ask: the one source of the four-letter words and of the admin port's commands.</summary>
/// <remarks>
/// Each method is a snapshot of its own. The replica's lock is held only while facts are copied, never while they are rendered or sent.
/// </remarks>
internal sealed class ServerFacts(
    Engine engine,
    EngineHealth health,
    ConnectionLimiter limiter,
    DescriptorBudget descriptors,
    Listeners listeners,
    IOptions<ServerOptions> options,
    TimeProvider clock,
    DataFolder? folder = null)
{
    // One look takes as long as there are descriptors, and anybody may ask.
    private readonly CachedFact<long?> _openFileDescriptors = new(TimeSpan.FromSeconds(1), () => ProcessFacts.OpenFileDescriptors);
    private long _traceMask = 0b1_0011_0010;

    /// <summary>False while clients' requests are refused; then only what needs no replica may be asked.</summary>
    public bool IsServing => engine.IsServing;

    /// <summary>False when requests do not move on: then the process serves nobody, however alive it looks.</summary>
    public bool IsMovingOn => health.Stalled(EngineHealth.ReadyLimit) is null;

    public ServerOptions Options => options.Value;

    /// <summary>ZooKeeper's mask of what its log traces. It is kept and told, but traces nothing here.</summary>
    public long TraceMask
    {
        get => Interlocked.Read(ref _traceMask);
        set => Interlocked.Exchange(ref _traceMask, value);
    }

    public ConfigurationFacts Configuration => new(
        listeners.Client?.Port ?? Options.ClientPort,
        -1,
        folder?.FullPath ?? Path.GetFullPath(Options.DataDirectory),
        folder?.LogFolder ?? Path.GetFullPath(Options.DataDirectory),
        Options.TickTime,
        Options.MaxClientConnections,
        Options.EffectiveMinSessionTimeout,
        Options.EffectiveMaxSessionTimeout,
        Options.ClientListenBacklog,
        engine.ServerId);

    public FolderSizes FolderSizes => folder is null ? new(0, 0) : new(SizeOf(folder.FullPath), SizeOf(folder.LogFolder));

    /// <summary>This server's place in its ensemble; null when it stands alone.</summary>
    public Member? Member => engine.Member;

    /// <summary>True while the server has no leader and serves reads alone.</summary>
    public bool IsReadOnly => Replica.IsReadOnly;

    /// <summary>The newest checkpoint; null when there is none yet.</summary>
    public CheckpointHeader? Checkpoint => engine.Checkpointer?.Newest;

    private Replica Replica => engine.Replica;

    public ServerStatistics Statistics() => Statistics(Tree());

    public TreeFacts Tree() => Read(replica => new TreeFacts(
        replica.Tree.Count + 1, replica.Tree.EphemeralCount, replica.Tree.DataSize, replica.Sessions.Count, replica.LastAppliedZxid));

    /// <param name="asker">The connection that the facts are for, if it is one.</param>
    public IEnumerable<ConnectionFacts> Connections(ClientConnection? asker) =>
        Replica.Connections.Snapshot().Select(connection => ConnectionFacts.Of(connection, asker, clock));

    public void ResetConnections() => Replica.Connections.ResetConnections();

    public void ResetStatistics() => Replica.Connections.ResetStats();

    /// <summary>When which sessions expire, if their clients are not heard of.</summary>
    public IReadOnlyList<ExpirySet<long>> SessionExpiry()
    {
        DateTimeOffset now = clock.GetUtcNow();
        return engine.Leader is not { } leader ? [] : [.. leader.SessionsByDeadline().Select(set => new ExpirySet<long>(now.AddMilliseconds(set.InMilliseconds), set.Ids))];
    }

    /// <summary>When which connections are silent for longer than their session allows, rounded up as ZooKeeper does.</summary>
    public IReadOnlyList<ExpirySet<ClientConnection>> ConnectionExpiry()
    {
        long now = clock.GetUtcNow().ToUnixTimeMilliseconds();
        long interval = Options.HandshakeTimeout;
        return
        [
            .. Replica.Connections.Snapshot()
                .GroupBy(connection =>
                {
                    long heardAt = now - (long)clock.GetElapsedTime(connection.LastHeardAt).TotalMilliseconds;
                    long deadline = heardAt + (connection.SessionId == 0 ? interval : connection.SessionTimeout);
                    return ((deadline / interval) + 1) * interval;
                })
                .OrderBy(set => set.Key)
                .Select(set => new ExpirySet<ClientConnection>(DateTimeOffset.FromUnixTimeMilliseconds(set.Key), [.. set])),
        ];
    }

    /// <summary>Sessions with their ephemeral nodes, each looked up when its turn comes.</summary>
    public (int Count, IEnumerable<EphemeralOwner> Owners) Ephemerals()
    {
        long[] owners = Read(replica => replica.Tree.Ephemerals.Keys.ToArray());
        return (owners.Length, owners
            .Select(owner => new EphemeralOwner(owner, [.. Read(replica => replica.Tree.EphemeralsOf(owner).ToArray()).Select(node => node.Path)]))
            .Where(owner => owner.Paths.Count > 0));
    }

    public WatchSummary WatchSummary()
    {
        (int watchers, int paths, int watches) = Replica.Watches.Data.Summary;
        return new WatchSummary(watchers, paths, watches);
    }

    /// <summary>Watched paths, by the session that watches; each looked up when its turn comes.</summary>
    public IEnumerable<KeyValuePair<long, string[]>> WatchedPaths() =>
        Replica.Watches.Data.ByWatcher().Select(watcher => KeyValuePair.Create(watcher.Key.SessionId, watcher.Value));

    /// <summary>Sessions that watch, by path; each looked up when its turn comes.</summary>
    public IEnumerable<KeyValuePair<string, long[]>> WatchingSessions() =>
        Replica.Watches.Data.ByPath().Select(path => KeyValuePair.Create(path.Key, Array.ConvertAll(path.Value, watcher => watcher.SessionId)));

    /// <summary>The tree's digest at every 128th zxid, oldest first.</summary>
    public IReadOnlyList<(long Zxid, ulong Digest)> Digests() => Read(replica => replica.Digests.Entries.ToList());

    /// <summary>ZooKeeper's figures for monitors, by its names: a text, a <see cref="long"/> or a <see cref="double"/> each.</summary>
    public IReadOnlyList<KeyValuePair<string, object>> Monitor()
    {
        TreeFacts tree = Tree();
        ServerStatistics statistics = Statistics(tree);
        ConnectionStats totals = statistics.Totals;
        List<KeyValuePair<string, object>> figures =
        [
            new("version", ServerVersion.Full),
            new("server_state", statistics.Mode),
            new("ephemerals_count", (long)tree.EphemeralCount),
            new("num_alive_connections", (long)statistics.Connections),
            new("avg_latency", totals.AverageLatency),
            new("outstanding_requests", (long)statistics.Outstanding),
            new("znode_count", (long)tree.NodeCount),
            new("global_sessions", (long)tree.SessionCount),
            new("non_mtls_remote_conn_count", 0L),
            new("last_client_response_size", (long)totals.LastReplySize),
            new("packets_sent", totals.Sent),
            new("packets_received", totals.Received),
            new("max_client_response_size", (long)totals.MaxReplySize),
            new("connection_drop_probability", 0d),
            new("watch_count", (long)(Replica.Watches.Data.Count + Replica.Watches.Children.Count)),
            new("auth_failed_count", totals.AuthFailures),
            new("super_auth_count", engine.SuperAttempts.Succeeded),
            new("super_auth_failed_count", engine.SuperAttempts.Failed),
            new("min_latency", totals.MinLatency),
            new("approximate_data_size", tree.DataSize),
            new("local_sessions", 0L),
            new("uptime", statistics.Uptime),
            new("max_latency", totals.MaxLatency),
            new("outstanding_tls_handshake", 0L),
            new("min_client_response_size", (long)totals.MinReplySize),
            new("non_mtls_local_conn_count", 0L),
            new("connection_rejected", limiter.Rejected + descriptors.Refused),
            new("bytes_received_count", totals.ReceivedBytes),
            new("response_bytes", totals.ReplyBytes),
            new("watch_bytes", totals.EventBytes),
        ];
        if (engine.Member is { Role: MemberRole.Leading } leading)
        {
            IReadOnlyList<(int ServerId, long AppliedZxid, string Address)> followers = leading.Followers;
            figures.Add(new("synced_followers", (long)followers.Count));
            figures.Add(new("learners", (long)followers.Count));
        }

        Add("open_file_descriptor_count", _openFileDescriptors.Get(clock));
        Add("max_file_descriptor_count", ProcessFacts.MaxFileDescriptors);
        return figures;

        void Add(string name, long? figure)
        {
            if (figure is { } known)
            {
                figures.Add(new(name, known));
            }
        }
    }

    private static long SizeOf(string path) => new DirectoryInfo(path).EnumerateFiles().Sum(file => file.Length);

    private ServerStatistics Statistics(in TreeFacts tree) => new(
        Replica.Connections.Totals(),
        Mode,
        Replica.Connections.Count,
        Replica.Outstanding,
        tree.Zxid,
        tree.NodeCount,
        (long)(clock.GetUtcNow() - engine.StartedAt).TotalMilliseconds);

    private string Mode => engine.Member?.Role switch
    {
        null => "standalone",
        _ when Replica.IsReadOnly => "read-only",
        MemberRole.Leading => "leader",
        MemberRole.Following => "follower",
        _ => "looking",
    };

    private T Read<T>(Func<Replica, T> copy)
    {
        Replica.EnterRead();
        try
        {
            return copy(Replica);
        }
        finally
        {
            Replica.ExitRead();
        }
    }
}
