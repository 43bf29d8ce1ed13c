namespace OrleansZk.Server.Peers;

/// <summary>The other side has not proved that it belongs to the ensemble.</summary>
internal sealed class PeerHandshakeException(string message) : Exception(message);
