using Microsoft.Extensions.Options;
using OrleansZk.Server.Configuration;
using OrleansZk.Server.Peers;

namespace OrleansZk.Server.Hosting;

/// <summary>Where the other servers of an ensemble reach this one.</summary>
internal interface IPeerEndpoint
{
    /// <summary>For <see cref="Core.Ensemble.IPeerNetwork.ConnectAsync"/> of the others.</summary>
    string Address { get; }

    /// <summary>Bytes of the longest message between servers.</summary>
    int MaxMessageLength { get; }

    /// <summary>Names what servers of the ensemble prove to each other that they know.</summary>
    void SetSecret(byte[] secret);
}

/// <summary>The peer port.</summary>
internal sealed class TcpPeerEndpoint(IOptions<ServerOptions> options, IOptions<PeerOptions> peers, PeerSecret secret) : IPeerEndpoint
{
    public int MaxMessageLength => peers.Value.PeerMaxMessageLength;

    public string Address
    {
        get
        {
            ServerOptions server = options.Value;
            return AdvertisedAddress.Of(server, server.PeerAddress, server.AdvertisedPeerPort > 0 ? server.AdvertisedPeerPort : server.PeerPort);
        }
    }

    public void SetSecret(byte[] known) => secret.Set(known);
}
