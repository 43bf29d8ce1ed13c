namespace OrleansZk.Server.Peers;

/// <summary>What all servers of an ensemble know and nobody else. It lives in their store, so it is not there from the start.</summary>
/// <remarks>Until it is set, no connection comes about in either direction. A change concerns later connections only.</remarks>
public sealed class PeerSecret
{
    /// <summary>Bytes of a secret.</summary>
    public const int Length = 32;

    private volatile byte[]? _value;

    public bool IsSet => _value is not null;

    internal byte[]? Value => _value;

    /// <exception cref="ArgumentException">It does not have <see cref="Length"/> bytes.</exception>
    public void Set(ReadOnlySpan<byte> secret)
    {
        if (secret.Length != Length)
        {
            throw new ArgumentException($"a secret has {Length} bytes, not {secret.Length}", nameof(secret));
        }

        _value = secret.ToArray();
    }
}
