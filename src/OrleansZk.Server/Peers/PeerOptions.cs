namespace OrleansZk.Server.Peers;

/// <summary>How the servers of an ensemble speak with each other. All of an ensemble should have the same limits.</summary>
public sealed class PeerOptions
{
    public const int LeastMessageLength = 1 << 10;
    public const int MostMessageLength = 512 << 20;

    /// <summary>The longest message, bytes; who sends a longer one is disconnected.</summary>
    public int PeerMaxMessageLength { get; set; } = 64 << 20;

    /// <summary>Milliseconds for the TCP connection, the name's resolution included.</summary>
    public int PeerConnectTimeout { get; set; } = 1000;

    /// <summary>Milliseconds for both sides to prove that they belong to the ensemble, TLS included.</summary>
    public int PeerHandshakeTimeout { get; set; } = 2000;

    /// <summary>Unsent bytes of a connection from which on its senders are to wait.</summary>
    public int PeerHighWaterMark { get; set; } = 4 << 20;

    /// <summary>
    /// This server's certificate, PEM or PFX, good for both roles of TLS, with those between it and its authority; empty for
    /// connections without TLS. Read at the start only.
    /// </summary>
    public string PeerCertificatePath { get; set; } = "";

    /// <summary>The certificate's private key, PEM; empty when it is in the certificate's file.</summary>
    public string PeerCertificateKeyPath { get; set; } = "";

    /// <summary>What the private key is encrypted with; empty when it is not.</summary>
    public string PeerCertificatePassword { get; set; } = "";

    /// <summary>The authorities, PEM or DER, of which one must have issued the certificate of every server.</summary>
    public string PeerCertificateAuthorityPath { get; set; } = "";

    /// <summary>False takes any certificate of the authorities for any server, not only one for the host that was connected to.</summary>
    public bool PeerVerifyHostName { get; set; } = true;

    /// <summary>True when connections are encrypted.</summary>
    public bool UsesTls => PeerCertificatePath.Length > 0;
}
