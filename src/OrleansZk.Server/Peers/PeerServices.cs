using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Options;
using OrleansZk.Core.Ensemble;

namespace OrleansZk.Server.Peers;

public static class PeerServices
{
    /// <summary>Adds what servers of an ensemble need to reach each other.</summary>
    /// <remarks>
    /// Gives <see cref="IPeerNetwork"/>, and the <see cref="PeerSecret"/> that the host must set once it knows it. The host adds an
    /// <see cref="IPeerListener"/>, and a port with <see cref="UsePeers"/>.
    /// </remarks>
    /// <exception cref="OptionsValidationException">At the start: an option is out of range, or a certificate cannot be loaded.</exception>
    public static IServiceCollection AddPeers(this IServiceCollection services, Action<PeerOptions>? configure = null)
    {
        OptionsBuilder<PeerOptions> options = services.AddOptions<PeerOptions>();
        if (configure is not null)
        {
            options.Configure(configure);
        }

        options.ValidateOnStart();
        services.AddSingleton<IValidateOptions<PeerOptions>, PeerOptionsValidator>();
        services.AddSingleton<PeerSecret>();
        services.AddSingleton<PeerHandshake>();
        services.AddSingleton<PeerTls>();
        services.AddSingleton<PeerConnectionFactory>();
        services.AddSingleton<IPeerNetwork, PeerNetwork>();
        return services;
    }

    /// <summary>Serves other servers of the ensemble on a port.</summary>
    public static IConnectionBuilder UsePeers(this ListenOptions listen) => listen.UseConnectionHandler<PeerConnectionHandler>();
}
