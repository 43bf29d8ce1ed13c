using System.Net;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using OrleansZk.Server.Configuration;
using OrleansZk.Server.Hosting;
using OrleansZk.Storage.Files;

namespace OrleansZk.Server.Limits;

/// <summary>Bounds what connections may cost the process, on every port that it listens on.</summary>
internal static class ConnectionGuardServices
{
    /// <summary>Connections to the admin port at a time.</summary>
    public const int MaxAdminConnections = 64;

    // Nothing that the admin port takes has a body worth the name.
    private const int MaxAdminBody = 64 << 10;

    /// <summary>Has Kestrel's listeners keep the reserve of file descriptors.</summary>
    public static IServiceCollection AddConnectionGuard(this IServiceCollection services)
    {
        services.AddSingleton(new DescriptorBudget(FileDescriptors.Limit, static () => FileDescriptors.LowestFree()));
        foreach (ServiceDescriptor sockets in services.Where(service => service.ServiceType == typeof(IConnectionListenerFactory) && !service.IsKeyedService).ToList())
        {
            services.Remove(sockets);
        }

        services.AddSingleton<IConnectionListenerFactory>(provider =>
        {
            Listeners listeners = provider.GetRequiredService<Listeners>();
            return provider.Guard(ActivatorUtilities.CreateInstance<SocketTransportFactory>(provider), listeners.ShareOf);
        });
        return services;
    }

    /// <summary>Has another factory's listeners keep it too.</summary>
    public static IConnectionListenerFactory Guard(
        this IServiceProvider provider, IConnectionListenerFactory inner, Func<EndPoint, DescriptorShare> shareOf) => new GuardedListenerFactory(
            inner,
            provider.GetRequiredService<DescriptorBudget>(),
            shareOf,
            provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<ILogger<GuardedListenerFactory>>());

    /// <summary>Who says nothing on the admin port, or too little, loses the connection as on the client port.</summary>
    public static void AddAdminLimits(this KestrelServerOptions kestrel, ServerOptions options)
    {
        TimeSpan limit = TimeSpan.FromMilliseconds(options.HandshakeTimeout);
        kestrel.Limits.KeepAliveTimeout = limit;
        kestrel.Limits.RequestHeadersTimeout = limit;
        kestrel.Limits.MaxRequestBodySize = MaxAdminBody;
    }

    /// <summary>Closes connections beyond <see cref="MaxAdminConnections"/>.</summary>
    public static void UseAdminConnectionLimit(this IConnectionBuilder endpoint)
    {
        int count = 0;
        endpoint.Use(next => async connection =>
        {
            try
            {
                if (Interlocked.Increment(ref count) <= MaxAdminConnections)
                {
                    await next(connection).ConfigureAwait(false);
                }
                else
                {
                    connection.Abort();
                }
            }
            finally
            {
                Interlocked.Decrement(ref count);
            }
        });
    }

    private static DescriptorShare ShareOf(this Listeners listeners, EndPoint endpoint) =>
        ReferenceEquals(endpoint, listeners.ClientOptions?.EndPoint) ? DescriptorShare.Client
        : ReferenceEquals(endpoint, listeners.AdminOptions?.EndPoint) ? DescriptorShare.Admin
        : DescriptorShare.Peer;
}
