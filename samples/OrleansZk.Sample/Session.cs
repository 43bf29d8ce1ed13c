using OrleansZk.Grains;

namespace OrleansZk.Sample;

/// <summary>The process's session, opened when it is needed first.</summary>
internal sealed class Session(IClusterClient cluster) : IAsyncDisposable
{
    private readonly Lazy<Task<GrainZooKeeper>> _session = new(() => GrainZooKeeper.OpenAsync(cluster));

    public async Task<IZooKeeper> GetAsync() => await _session.Value;

    /// <summary>Makes sure of a node, whoever creates it.</summary>
    public async Task EnsureAsync(string path)
    {
        IZooKeeper zk = await GetAsync();
        try
        {
            await zk.CreateAsync(path);
        }
        catch (KeeperException e) when (e.Code == ErrorCode.NodeExists)
        {
            // Somebody else's work.
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_session.IsValueCreated)
        {
            await (await _session.Value).DisposeAsync();
        }
    }
}
