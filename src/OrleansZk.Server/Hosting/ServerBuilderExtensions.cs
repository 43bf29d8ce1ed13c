using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using OrleansZk.Core.Access;
using OrleansZk.Core.Ensemble;
using OrleansZk.Core.Replication;
using OrleansZk.Server.Admin;
using OrleansZk.Server.Configuration;
using OrleansZk.Server.FourLetterWords;
using OrleansZk.Server.FrontEnd;
using OrleansZk.Server.Limits;
using OrleansZk.Server.Peers;
using OrleansZk.Storage;
using OrleansZk.Storage.Postgres;

namespace OrleansZk.Server.Hosting;

/// <summary>Puts a server into a host: the engine on its embedded store, the client port, the admin port.</summary>
public static class ServerBuilderExtensions
{
    // Npgsql blocks a thread for each command that it cancels, for seconds when the store hangs. The pool begins with one for each core and adds
    // others slowly: without these, heartbeats, pings and clients would wait as well.
    private const int MinThreads = 32;

    public static WebApplicationBuilder AddOrleansZkServer(this WebApplicationBuilder builder)
    {
        builder.Services.AddOptions<ServerOptions>().Bind(builder.Configuration.GetSection(ServerOptions.Section));
        bool isEnsemble = IsEnsemble(builder.Configuration);
        builder.Services.AddEngine(isEnsemble);
        builder.Services.AddHostedService(provider => provider.GetRequiredService<Engine>());
        if (isEnsemble)
        {
            builder.Services.AddPeers(peers => builder.Configuration.GetSection(ServerOptions.Section).Bind(peers));
            builder.Services.AddSingleton<IValidateOptions<PeerOptions>, PeerMessageLengthValidator>();
            builder.Services.AddSingleton<IPeerEndpoint, TcpPeerEndpoint>();
        }

        return builder.AddFrontEnds();
    }

    internal static bool IsEnsemble(IConfiguration configuration) =>
        !string.IsNullOrEmpty(configuration[SettingTable.Get(nameof(ServerOptions.Ensemble)).Key]);

    /// <summary>The engine, to be started by the host, and its store. In an ensemble the host adds an <see cref="IPeerNetwork"/> and an <see cref="IPeerEndpoint"/>.</summary>
    internal static IServiceCollection AddEngine(this IServiceCollection services, bool isEnsemble)
    {
        services.AddOptions<ServerOptions>().ValidateOnStart();
        services.AddSingleton<IValidateOptions<ServerOptions>, ServerOptionsValidator>();
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton(provider =>
            ServerIdentity.Of(provider.GetRequiredService<IOptions<ServerOptions>>().Value, provider.GetRequiredService<TimeProvider>()));
        if (isEnsemble)
        {
            services.AddEnsemble();
        }
        else
        {
            services.AddStandalone();
        }

        services.AddSingleton<Engine>();
        return services;
    }

    /// <summary>The ports for clients and operators, and in an ensemble that for other servers.</summary>
    internal static WebApplicationBuilder AddFrontEnds(this WebApplicationBuilder builder)
    {
        IServiceCollection services = builder.Services;
        services.AddOptions<HostOptions>().Configure<IOptions<ServerOptions>>((host, server) =>
            host.ShutdownTimeout = TimeSpan.FromMilliseconds(server.Value.ShutdownTimeout));
        services.AddSingleton<FourLetterWordService>();
        services.AddSingleton<Farewells>();
        services.AddAdmin();
        services.AddSingleton(provider =>
        {
            ServerOptions options = provider.GetRequiredService<IOptions<ServerOptions>>().Value;
            return new ConnectionLimiter(options.MaxClientConnections, options.MaxConnections);
        });
        services.Configure<SocketTransportOptions>(sockets =>
        {
            // The handler neither blocks nor computes for long, so it may run on the threads that the socket's events come on.
            sockets.UnsafePreferInlineScheduling = true;
            sockets.MaxReadBufferSize = 1 << 20;

            // Half of it is how much a client must take for the server to see that it takes anything.
            sockets.MaxWriteBufferSize = 256 << 10;
        });
        services.AddOptions<SocketTransportOptions>().Configure<IOptions<ServerOptions>>((sockets, server) =>
        {
            if (server.Value.ClientListenBacklog > 0)
            {
                sockets.Backlog = server.Value.ClientListenBacklog;
            }
        });
        builder.WebHost.UseKestrelCore();
        services.AddSingleton<Listeners>();
        services.AddConnectionGuard();
        services.AddOptions<KestrelServerOptions>().Configure<IOptions<ServerOptions>, Listeners, IServiceProvider>(Listen);
        return builder;
    }

    /// <summary>Maps what the admin port answers: health, and ZooKeeper's commands.</summary>
    public static WebApplication MapOrleansZkServer(this WebApplication app)
    {
        // The threads that requests come on serve sockets (see InlineCompletions); an answer may take long to compose.
        app.Use(async (context, next) =>
        {
            await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
            await next(context);
        });
        app.MapAdmin();
        return app;
    }

    /// <summary>A server that stands alone keeps everything in its data folder.</summary>
    private static void AddStandalone(this IServiceCollection services)
    {
        services.AddEmbeddedStorage();
        services.AddOptions<EmbeddedStorageOptions>().Configure<IOptions<ServerOptions>>((storage, server) =>
        {
            storage.DataFolder = server.Value.DataDirectory;
            storage.SegmentBytes = server.Value.LogSegmentBytes;
            storage.Sync = server.Value.ForceSync;
        });
    }

    /// <summary>The servers of an ensemble share a PostgreSQL, and speak with each other.</summary>
    private static void AddEnsemble(this IServiceCollection services)
    {
        ThreadPool.GetMinThreads(out int workers, out int completions);
        ThreadPool.SetMinThreads(Math.Max(workers, MinThreads), completions);
        services.AddPostgresStorage();
        services.AddOptions<PostgresOptions>().Configure<IOptions<ServerOptions>>((postgres, server) =>
        {
            postgres.ConnectionString = server.Value.Ensemble;
            postgres.Schema = server.Value.EnsembleSchema;
        });
        services.AddSingleton(provider =>
        {
            ReplicaIdentity identity = provider.GetRequiredService<ReplicaIdentity>();
            return new PostgresIdentity(identity.ServerId, identity.Incarnation);
        });
        services.AddSingleton<EnsembleHost>();
        services.AddSingleton<IPeerListener>(provider => provider.GetRequiredService<EnsembleHost>());
    }

    private static void Listen(KestrelServerOptions kestrel, IOptions<ServerOptions> server, Listeners listeners, IServiceProvider services)
    {
        ServerOptions options = server.Value;
        kestrel.AddServerHeader = false;
        kestrel.AddAdminLimits(options);
        Listen(kestrel, options.ClientAddress, options.ClientPort, endpoint =>
        {
            listeners.ClientOptions = endpoint;
            endpoint.UseConnectionHandler<ClientConnectionHandler>();
        });
        if (services.GetService<IPeerEndpoint>() is TcpPeerEndpoint)
        {
            Listen(kestrel, options.PeerAddress, options.PeerPort, endpoint => endpoint.UsePeers());
        }

        if (options.AdminPort >= 0)
        {
            Listen(kestrel, options.AdminAddress, options.AdminPort, endpoint =>
            {
                listeners.AdminOptions = endpoint;
                endpoint.Protocols = HttpProtocols.Http1;
                endpoint.UseAdminConnectionLimit();
            });
        }
    }

    private static void Listen(KestrelServerOptions kestrel, string address, int port, Action<ListenOptions> configure)
    {
        if (address.Length == 0)
        {
            kestrel.ListenAnyIP(port, configure);
        }
        else if (InternetAddress.TryParse(address, out InternetAddress parsed))
        {
            kestrel.Listen(parsed.ToIPAddress(), port, configure);
        }
        else
        {
            // Validated by now; and never all addresses instead of one that cannot be read.
            throw new ConfigurationException([$"'{address}' is not an IP address to listen on"]);
        }
    }
}
