using System.Text;

namespace OrleansZk.Ensemble.Clusters;

/// <summary>The servers of one ensemble, with a database of their own.</summary>
internal sealed class Cluster : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly IReadOnlyDictionary<string, string>? _settings;
    private readonly bool _proxied;
    private readonly List<ClusterServer> _servers = [];

    private Cluster(PostgresServer postgres, string connectionString, IReadOnlyDictionary<string, string>? settings, bool proxied)
    {
        Postgres = postgres;
        ConnectionString = connectionString;
        _settings = settings;
        _proxied = proxied;
    }

    public PostgresServer Postgres { get; }

    public string ConnectionString { get; }

    public IReadOnlyList<ClusterServer> Servers => _servers;

    /// <summary>Starts servers with ids from 1 on, and waits until one leads and the others follow.</summary>
    /// <param name="proxied">True puts a proxy between any two servers.</param>
    public static async Task<Cluster> StartAsync(
        PostgresServer postgres, int servers = 3, IReadOnlyDictionary<string, string>? settings = null, bool proxied = false)
    {
        var cluster = new Cluster(postgres, await postgres.CreateDatabaseAsync(), settings, proxied);
        try
        {
            for (int id = 1; id <= servers; id++)
            {
                cluster.Add(id);
            }

            await cluster.SettleAsync();
            return cluster;
        }
        catch
        {
            await cluster.DisposeAsync();
            throw;
        }
    }

    /// <summary>Adds a server, without starting it.</summary>
    /// <param name="id">Null lets it draw one.</param>
    public ClusterServer Add(int? id, string? dataFolder = null)
    {
        var server = new ClusterServer(ConnectionString, id, _settings, _proxied, dataFolder);
        if (server.Proxy is { } proxy)
        {
            proxy.DialerOf = port => TcpOwner.Find(_servers.Where(other => other.IsRunning).Select(other => other.ProcessId), port, proxy.Port) is { } process
                ? _servers.Find(other => other.IsRunning && other.ProcessId == process)?.Id
                : null;
        }

        _servers.Add(server);
        return server;
    }

    /// <summary>Starts what does not run, lets go on what is suspended or cut off, and waits until one server leads and all others follow.</summary>
    public async Task SettleAsync()
    {
        foreach (ClusterServer server in _servers)
        {
            server.Proxy?.Heal();
            if (server.IsSuspended)
            {
                server.Continue();
            }

            if (!server.IsRunning)
            {
                server.Launch();
            }
        }

        foreach (ClusterServer server in _servers)
        {
            await server.WaitUntilReadyAsync();
        }

        await WaitUntilAsync(
            async () =>
            {
                ServerReport?[] reports = await ReportsAsync(_servers);
                return reports.Count(report => report?.Mode == ServerReport.Leader) == 1
                    && reports.Count(report => report?.Mode == ServerReport.Follower) == reports.Length - 1;
            },
            "a leader that all others follow");
    }

    /// <summary>Waits until one of the servers leads.</summary>
    public async Task<ClusterServer> LeaderAsync(params ClusterServer[] otherThan)
    {
        ClusterServer? leader = null;
        await WaitUntilAsync(
            async () =>
            {
                ClusterServer[] asked = [.. _servers.Where(server => server.IsRunning && !server.IsSuspended && !otherThan.Contains(server))];
                ServerReport?[] reports = await ReportsAsync(asked);
                leader = asked.Where((_, i) => reports[i]?.Mode == ServerReport.Leader).FirstOrDefault();
                return leader is not null;
            },
            "a leader");
        return leader!;
    }

    public async Task<ClusterServer[]> FollowersAsync()
    {
        ClusterServer leader = await LeaderAsync();
        return [.. _servers.Where(server => server != leader && server.IsRunning)];
    }

    /// <summary>Waits until all servers show the same newest transaction, at least that of <paramref name="zxid"/>.</summary>
    public Task WaitUntilEqualAsync(long zxid = 0) => WaitUntilAsync(
        async () =>
        {
            ServerReport?[] reports = await ReportsAsync(_servers);
            return reports.All(report => report is not null && report.Zxid == reports[0]!.Zxid && report.Zxid >= zxid);
        },
        "all servers at the same zxid");

    /// <summary>Waits for a condition; says what the servers have printed when it never comes.</summary>
    public async Task WaitUntilAsync(Func<ValueTask<bool>> condition, string what, TimeSpan? limit = null)
    {
        try
        {
            await Deadline.WaitUntilAsync(condition, what, limit ?? Patience);
        }
        catch (TimeoutException e)
        {
            throw new TimeoutException($"{e.Message}\n{Describe()}", e);
        }
    }

    /// <summary>What the servers have printed last.</summary>
    public string Describe(int lines = 25)
    {
        var text = new StringBuilder();
        foreach (ClusterServer server in _servers)
        {
            text.Append(server.Name).Append(server.IsRunning ? server.IsSuspended ? " (suspended) " : " " : " (ended) ").AppendLine(server.Log.Tail(lines));
        }

        return text.ToString();
    }

    public async ValueTask DisposeAsync()
    {
        foreach (ClusterServer server in _servers)
        {
            await server.DisposeAsync();
        }
    }

    private static Task<ServerReport?[]> ReportsAsync(IEnumerable<ClusterServer> servers) => Task.WhenAll(servers.Select(server => server.ReportAsync()));
}
