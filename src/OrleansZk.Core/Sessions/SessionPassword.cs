using System.Buffers.Binary;
using System.Security.Cryptography;
using OrleansZk.Protocol.Records;

namespace OrleansZk.Core.Sessions;

/// <summary>Session passwords: derived from the ensemble's secret, so that every server can check them and nobody can guess them.</summary>
/// <remarks>ZooKeeper derives them from the session id and a constant that is in its source.</remarks>
#pragma warning disable CA1001 // The hashes live as long as the threads that use them.
public sealed class SessionPassword(byte[] secret)
#pragma warning restore CA1001
{
    // To set up the key takes longer than to hash an id, and passwords are made while others wait for the replica.
    private readonly ThreadLocal<IncrementalHash> _hash = new(() => IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, secret));

    public byte[] For(long sessionId)
    {
        Span<byte> id = stackalloc byte[sizeof(long)];
        BinaryPrimitives.WriteInt64BigEndian(id, sessionId);
        IncrementalHash hash = _hash.Value!;
        hash.AppendData(id);
        return hash.GetHashAndReset()[..ConnectResponse.PasswordLength];
    }

    public bool IsRight(long sessionId, byte[]? password) => password is not null && CryptographicOperations.FixedTimeEquals(For(sessionId), password);
}
