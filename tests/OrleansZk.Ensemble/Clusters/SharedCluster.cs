namespace OrleansZk.Ensemble.Clusters;

/// <summary>An ensemble that the tests of a class share; each test finds it whole.</summary>
public sealed class SharedCluster(SharedPostgres postgres) : IAsyncDisposable
{
    private static readonly Dictionary<string, string> Settings = new()
    {
        // Sessions may be short, so that their end need not be waited for, or long.
        ["TickTime"] = "500",
        ["MaxSessionTimeout"] = "60000",

        // As little as can be, so that followers have to be sent the log.
        ["LeaderHistoryBytes"] = "1048576",
    };

    private Cluster? _cluster;

    internal async Task<Cluster> GetAsync()
    {
        SharedPostgres.Require();
        if (_cluster is null)
        {
            _cluster = await Cluster.StartAsync(await postgres.StartAsync(), settings: Settings);
        }
        else
        {
            await _cluster.SettleAsync();
        }

        return _cluster;
    }

    public async ValueTask DisposeAsync()
    {
        if (_cluster is { } cluster)
        {
            await cluster.DisposeAsync();
        }
    }
}
