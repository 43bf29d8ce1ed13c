using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.Options;
using OrleansZk.Server.Admin;
using OrleansZk.Server.Configuration;
using OrleansZk.Server.FourLetterWords;
using OrleansZk.Server.FrontEnd;
using OrleansZk.Storage;

namespace OrleansZk.Server.Hosting;

/// <summary>Puts a server into a host: the engine on its embedded store, the client port, the admin port.</summary>
public static class ServerBuilderExtensions
{
    public static WebApplicationBuilder AddOrleansZkServer(this WebApplicationBuilder builder)
    {
        IServiceCollection services = builder.Services;
        services.AddOptions<ServerOptions>().Bind(builder.Configuration.GetSection(ServerOptions.Section)).ValidateOnStart();
        services.AddSingleton<IValidateOptions<ServerOptions>, ServerOptionsValidator>();
        services.AddOptions<HostOptions>().Configure<IOptions<ServerOptions>>((host, server) =>
            host.ShutdownTimeout = TimeSpan.FromMilliseconds(server.Value.ShutdownTimeout));
        services.AddSingleton(TimeProvider.System);
        services.AddEmbeddedStorage();
        services.AddOptions<EmbeddedStorageOptions>().Configure<IOptions<ServerOptions>>((storage, server) =>
        {
            storage.DataFolder = server.Value.DataDirectory;
            storage.SegmentBytes = server.Value.LogSegmentBytes;
            storage.Sync = server.Value.ForceSync;
        });
        services.AddSingleton<Engine>();
        services.AddHostedService(provider => provider.GetRequiredService<Engine>());
        services.AddSingleton<FourLetterWordService>();
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
            sockets.MaxWriteBufferSize = 1 << 20;
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
        services.AddOptions<KestrelServerOptions>().Configure<IOptions<ServerOptions>, Listeners>(Listen);
        return builder;
    }

    /// <summary>Maps what the admin port answers: health, and ZooKeeper's commands.</summary>
    public static WebApplication MapOrleansZkServer(this WebApplication app)
    {
        app.MapAdmin();
        return app;
    }

    private static void Listen(KestrelServerOptions kestrel, IOptions<ServerOptions> server, Listeners listeners)
    {
        ServerOptions options = server.Value;
        kestrel.AddServerHeader = false;
        Listen(kestrel, options.ClientAddress, options.ClientPort, endpoint =>
        {
            listeners.ClientOptions = endpoint;
            endpoint.UseConnectionHandler<ClientConnectionHandler>();
        });
        if (options.AdminPort >= 0)
        {
            Listen(kestrel, options.AdminAddress, options.AdminPort, endpoint =>
            {
                listeners.AdminOptions = endpoint;
                endpoint.Protocols = HttpProtocols.Http1;
            });
        }
    }

    private static void Listen(KestrelServerOptions kestrel, string address, int port, Action<ListenOptions> configure)
    {
        if (address.Length == 0)
        {
            kestrel.ListenAnyIP(port, configure);
        }
        else
        {
            kestrel.Listen(System.Net.IPAddress.Parse(address), port, configure);
        }
    }
}
