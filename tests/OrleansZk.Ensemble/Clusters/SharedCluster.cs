namespace OrleansZk.Ensemble.Clusters;

/// <summary>An ensemble that the tests of a class share; each test finds it whole.</summary>
public sealed class SharedCluster(SharedPostgres postgres) : IAsyncDisposable
{
    private Cluster? _cluster;

    internal async Task<Cluster> GetAsync()
    {
        SharedPostgres.Require();
        if (_cluster is null)
        {
            _cluster = await Cluster.StartAsync(await postgres.StartAsync());
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
