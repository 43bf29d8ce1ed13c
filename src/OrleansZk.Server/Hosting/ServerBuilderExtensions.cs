using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.Options;
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
        services.AddOptions<KestrelServerOptions>().Configure<IOptions<ServerOptions>>(Listen);
        return builder;
    }

    private static void Listen(KestrelServerOptions kestrel, IOptions<ServerOptions> server)
    {
        ServerOptions options = server.Value;
        kestrel.AddServerHeader = false;
        Listen(kestrel, options.ClientAddress, options.ClientPort, endpoint => endpoint.UseConnectionHandler<ClientConnectionHandler>());
        if (options.AdminPort >= 0)
        {
            Listen(kestrel, options.AdminAddress, options.AdminPort, endpoint => endpoint.Protocols = HttpProtocols.Http1);
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
