namespace OrleansZk.Ensemble.Clusters;

/// <summary>A client of each server.</summary>
internal sealed class Clients : IAsyncDisposable
{
    private readonly List<WireClient> _all = [];

    public IReadOnlyList<WireClient> All => _all;

    public WireClient this[int index] => _all[index];

    public static async Task<Clients> ConnectAsync(Cluster cluster, int timeout = 20_000, TimeSpan? keepAlive = null)
    {
        var clients = new Clients();
        foreach (ClusterServer server in cluster.Servers)
        {
            WireClient client = await server.ConnectAsync(timeout);
            client.KeepAlive(keepAlive ?? TimeSpan.FromSeconds(3));
            clients._all.Add(client);
        }

        return clients;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (WireClient client in _all)
        {
            await client.DisposeAsync();
        }
    }
}
