using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Orleans.Configuration;
using Orleans.Dashboard;
using OrleansZk.Server.Configuration;
using OrleansZk.Server.Hosting;
using OrleansZk.Server.Limits;
using OrleansZk.Silo.Clustering;

namespace OrleansZk.Silo.Hosting;

/// <summary>The silo that <c>orleanszk-silo</c> runs: the engine, its grains, and the same front ends as the server.</summary>
/// <remarks>Alone it needs nothing but its data folder; silos of a cluster keep everything in the one PostgreSQL.</remarks>
internal static class SiloComposition
{
    private const string Dashboard = "/dashboard";
    private const string PubSubStore = "PubSubStore";

    public static void Add(WebApplicationBuilder builder)
    {
        builder.Services.AddOptions<ServerOptions>().Bind(builder.Configuration.GetSection(ServerOptions.Section));
        ServerOptions options = builder.Configuration.GetSection(ServerOptions.Section).Get<ServerOptions>() ?? new ServerOptions();
        bool isCluster = options.Ensemble.Length > 0;
        if (isCluster)
        {
            // Before the silo, which looks for its tables when it starts.
            builder.Services.AddHostedService<SchemaPreparation>();
        }

        builder.UseOrleans(silo =>
        {
            silo.AddOrleansZk(isCluster);
            if (isCluster)
            {
                silo.UsePostgres(options);
            }
            else
            {
                silo.UseLocalhostClustering(options.SiloPort, options.GatewayPort, null, options.ServiceId, options.ClusterId);
                silo.AddMemoryGrainStorage(PubSubStore);
            }

            silo.AddWatchStreams(options.StreamProvider);
            silo.AddDashboard();
        });
        builder.AddFrontEnds();
        GuardConnections(builder.Services);
    }

    public static void Map(WebApplication app)
    {
        app.MapOrleansZkServer();
        app.MapOrleansDashboard(Dashboard);
    }

    /// <summary>Has Orleans' own ports leave file descriptors to the log and the store too.</summary>
    /// <remarks>Orleans registers a factory for each of its ports, by keys that it keeps to itself: both have the share of servers.</remarks>
    private static void GuardConnections(IServiceCollection services)
    {
        foreach (ServiceDescriptor port in services.Where(service => service.ServiceType == typeof(IConnectionListenerFactory) && service.IsKeyedService).ToList())
        {
            services.Remove(port);
            services.AddKeyedSingleton(port.ServiceKey, (provider, key) => provider.Guard(CreateFactory(port, provider, key), _ => DescriptorShare.Peer));
        }
    }

    private static IConnectionListenerFactory CreateFactory(ServiceDescriptor port, IServiceProvider provider, object? key) => (IConnectionListenerFactory)(
        port.KeyedImplementationInstance
        ?? port.KeyedImplementationFactory?.Invoke(provider, key)
        ?? ActivatorUtilities.CreateInstance(provider, port.KeyedImplementationType!));

    private static void UsePostgres(this ISiloBuilder silo, ServerOptions options)
    {
        string store = OrleansConnectionString.Create(options.Ensemble, OrleansSchema.NameFor(options.EnsembleSchema));
        silo.Configure<ClusterOptions>(cluster => (cluster.ClusterId, cluster.ServiceId) = (options.ClusterId, options.ServiceId));
        silo.UseAdoNetClustering(clustering => (clustering.Invariant, clustering.ConnectionString) = (OrleansConnectionString.Invariant, store));
        silo.AddPubSubStore(store);
        if (options.AdvertisedHost.Length > 0)
        {
            silo.ConfigureEndpoints(Resolve(options.AdvertisedHost), options.SiloPort, options.GatewayPort, listenOnAnyHostAddress: true);
        }
        else
        {
            silo.ConfigureEndpoints(options.SiloPort, options.GatewayPort, listenOnAnyHostAddress: true);
        }
    }

    /// <summary>Keeps the subscriptions to streams in PostgreSQL, for as long as there is something to keep.</summary>
    /// <remarks>
    /// What is cleared is deleted, or every session would leave a row. So a second activation of a stream's grain could write over a first one that began anew;
    /// the worst is an event that comes with an answer or a heartbeat and not by the stream.
    /// </remarks>
    internal static ISiloBuilder AddPubSubStore(this ISiloBuilder silo, string store)
    {
        silo.AddAdoNetGrainStorage(
            PubSubStore,
            storage => (storage.Invariant, storage.ConnectionString, storage.DeleteStateOnClear) = (OrleansConnectionString.Invariant, store, true));
        silo.Services.AddSingleton<WatchStreamSweeper>();
        silo.Services.AddHostedService(provider => provider.GetRequiredService<WatchStreamSweeper>());
        return silo;
    }

    /// <summary>Orleans advertises addresses, not names.</summary>
    private static IPAddress Resolve(string host)
    {
        try
        {
            IPAddress[] addresses = Dns.GetHostAddresses(host);
            return addresses.FirstOrDefault(address => address.AddressFamily == AddressFamily.InterNetwork) ?? addresses[0];
        }
        catch (SocketException e)
        {
            throw new ConfigurationException([$"{ServerOptions.Section}:{nameof(ServerOptions.AdvertisedHost)} is '{host}', which has no address: {e.Message}"]);
        }
    }
}
