using Microsoft.Extensions.DependencyInjection;
using Orleans.TestingHost;
using OrleansZk.Core.Ensemble;
using OrleansZk.Grains;
using OrleansZk.Server.Configuration;
using OrleansZk.Server.Hosting;
using OrleansZk.Silo.Clustering;
using OrleansZk.Silo.Hosting;

namespace OrleansZk.Silo.Tests.Clusters;

/// <summary>Silos in this process, with the engine and its grains in each.</summary>
internal sealed class SiloCluster : IAsyncDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("orleanszk-silos-").FullName;
    private int _started;

    private SiloCluster(InProcessTestCluster cluster) => Cluster = cluster;

    public InProcessTestCluster Cluster { get; private set; }

    public IClusterClient Client => Cluster.Client;

    /// <param name="ensemble">A connection string; empty for one silo on its embedded store.</param>
    /// <param name="storesStreams">Whether subscriptions are kept there too, and not in memory.</param>
    public static async Task<SiloCluster> StartAsync(
        int silos = 1, string ensemble = "", Action<ServerOptions>? configure = null, bool storesStreams = false)
    {
        string schema = OrleansSchema.NameFor(new ServerOptions().EnsembleSchema);
        if (storesStreams)
        {
            await OrleansSchema.ApplyAsync(ensemble, schema, Xunit.TestContext.Current.CancellationToken);
        }

        var started = new SiloCluster(null!);
        var builder = new InProcessTestClusterBuilder((short)silos);
        builder.Options.ConfigureFileLogging = false;
        builder.ConfigureSilo((_, silo) =>
        {
            int id = Interlocked.Increment(ref started._started);
            silo.AddOrleansZk(options =>
            {
                options.ServerId = id;
                options.Ensemble = ensemble;
                options.DataDirectory = Path.Combine(started._folder, $"{id}");
                options.ForceSync = false;
                configure?.Invoke(options);
            });
            if (storesStreams)
            {
                silo.AddPubSubStore(OrleansConnectionString.Create(ensemble, schema));
            }
            else
            {
                silo.AddMemoryGrainStorage("PubSubStore");
            }

            silo.AddWatchStreams();
        });
        builder.ConfigureClient(client => client.AddMemoryStreams(WatchStreams.DefaultProvider));
        started.Cluster = builder.Build();
        await started.Cluster.DeployAsync();
        return started;
    }

    public Task<GrainZooKeeper> OpenAsync(TimeSpan? timeout = null) =>
        GrainZooKeeper.OpenAsync(Client, new GrainZooKeeperOptions { SessionTimeout = timeout ?? TimeSpan.FromSeconds(10) });

    public Engine EngineOf(InProcessSiloHandle silo) => Cluster.GetSiloServiceProvider(silo.SiloAddress).GetRequiredService<Engine>();

    /// <summary>The silo whose engine leads.</summary>
    public async Task<InProcessSiloHandle> LeaderAsync()
    {
        while (true)
        {
            if (Cluster.Silos.FirstOrDefault(silo => silo.IsActive && EngineOf(silo).Member?.Role == MemberRole.Leading) is { } leader)
            {
                return leader;
            }

            await Task.Delay(20, Xunit.TestContext.Current.CancellationToken);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await Cluster.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }
}
