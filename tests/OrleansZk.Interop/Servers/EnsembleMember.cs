using System.Globalization;

namespace OrleansZk.Interop.Servers;

/// <summary>What one server of an ensemble has to know of it.</summary>
/// <param name="Id">Counted from 1.</param>
/// <param name="Store">The PostgreSQL that OrleansZk's servers share.</param>
/// <param name="Peers">Where Apache's servers find each other, by id from 1 on.</param>
public sealed record EnsembleMember(int Id, string Store, IReadOnlyList<PeerPorts> Peers)
{
    /// <summary>Where the server listens for the others.</summary>
    public int PeerPort => Peers[Id - 1].Quorum;

    /// <summary>Where the others are told to find it.</summary>
    public int AdvertisedPeerPort { get; init; } = Peers[Id - 1].Quorum;

    /// <summary>The ensemble's part of a zoo.cfg.</summary>
    public string ToZooCfg() => string.Join('\n',
        "initLimit=20",
        "syncLimit=20",
        string.Join('\n', Peers.Select((peer, i) =>
            string.Create(CultureInfo.InvariantCulture, $"server.{i + 1}=127.0.0.1:{peer.Quorum}:{peer.Election}"))),
        "");
}

/// <summary>The ports on which a server listens for the others; OrleansZk needs the first alone.</summary>
public sealed record PeerPorts(int Quorum, int Election);
