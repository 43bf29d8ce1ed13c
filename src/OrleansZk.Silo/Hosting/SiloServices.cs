using OrleansZk.Core.Ensemble;
using OrleansZk.Grains;
using OrleansZk.Server.Configuration;
using OrleansZk.Server.Hosting;
using OrleansZk.Silo.Leading;
using OrleansZk.Silo.Nodes;

namespace OrleansZk.Silo.Hosting;

/// <summary>Puts OrleansZk into a silo.</summary>
public static class SiloServices
{
    // Silos poll memory streams, each queue by itself. Few queues can be polled often for what many cost that are polled seldom: an idle silo spends
    // some percent of a core on it, and an event takes some 7 ms.
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(5);
    private const int Queues = 2;

    /// <summary>
    /// Adds the engine and its grains to any silo: on the embedded store when <see cref="ServerOptions.Ensemble"/> is empty (one silo only), on PostgreSQL otherwise.
    /// Serves grain calls; for ZooKeeper's own clients run <c>orleanszk-silo</c>.
    /// </summary>
    /// <remarks>The silo needs a stream provider of the name in <see cref="ServerOptions.StreamProvider"/>; <see cref="AddWatchStreams"/> adds one.</remarks>
    public static ISiloBuilder AddOrleansZk(this ISiloBuilder silo, Action<ServerOptions> configure)
    {
        var options = new ServerOptions();
        configure(options);
        silo.Services.AddOptions<ServerOptions>().Configure(configure);
        return silo.AddOrleansZk(options.Ensemble.Length > 0);
    }

    /// <summary>Adds the stream provider for watch events: in the silos' memory, with subscriptions in the grain storage <c>PubSubStore</c>.</summary>
    public static ISiloBuilder AddWatchStreams(this ISiloBuilder silo, string name = WatchStreams.DefaultProvider) =>
        silo.AddMemoryStreams(name, streams =>
        {
            streams.ConfigurePartitioning(Queues);
            streams.ConfigurePullingAgent(agent => agent.Configure(options => options.GetQueueMsgsTimerPeriod = PollInterval));
        });

    internal static ISiloBuilder AddOrleansZk(this ISiloBuilder silo, bool isEnsemble)
    {
        silo.Services.AddEngine(isEnsemble);
        silo.Services.AddSingleton<ILifecycleParticipant<ISiloLifecycle>, EngineLifecycle>();
        if (isEnsemble)
        {
            silo.Services.AddSingleton<IPeerEndpoint, SiloPeerEndpoint>();
            silo.Services.AddSingleton<IPeerNetwork, GrainPeerNetwork>();
            silo.Services.AddHostedService<LeaderGrainKeeper>();
        }

        silo.Services.AddSingleton<SiloClient>();
        silo.Services.AddHostedService(provider => provider.GetRequiredService<SiloClient>());
        return silo.AddPlacementDirector<LeaderPlacement, LeaderPlacementDirector>();
    }
}
