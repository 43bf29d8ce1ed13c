using Orleans.Configuration;
using Orleans.Dashboard;
using OrleansZk.Server.Configuration;
using OrleansZk.Server.Hosting;

namespace OrleansZk.Silo.Hosting;

/// <summary>The silo that <c>orleanszk-silo</c> runs: the engine, its grains, and the same front ends as the server.</summary>
internal static class SiloComposition
{
    private const string Dashboard = "/dashboard";

    public static void Add(WebApplicationBuilder builder)
    {
        builder.Services.AddOptions<ServerOptions>().Bind(builder.Configuration.GetSection(ServerOptions.Section));
        ServerOptions options = builder.Configuration.GetSection(ServerOptions.Section).Get<ServerOptions>() ?? new ServerOptions();
        builder.UseOrleans(silo =>
        {
            silo.AddOrleansZk(options.Ensemble.Length > 0);
            silo.Configure<ClusterOptions>(cluster => (cluster.ClusterId, cluster.ServiceId) = (options.ClusterId, options.ServiceId));
            if (options.Ensemble.Length > 0)
            {
                throw new NotSupportedException();
            }
            else
            {
                silo.UseLocalhostClustering(options.SiloPort, options.GatewayPort, null, options.ServiceId, options.ClusterId);
                silo.AddMemoryGrainStorage("PubSubStore");
            }

            silo.AddWatchStreams(options.StreamProvider);
            silo.AddDashboard();
        });
        builder.AddFrontEnds();
    }

    public static void Map(WebApplication app)
    {
        app.MapOrleansZkServer();
        app.MapOrleansDashboard(Dashboard);
    }
}
