using System.Buffers.Binary;
using System.Security.Cryptography;
using OrleansZk.Protocol.Records;

namespace OrleansZk.Core.Sessions;

/// <summary>Session passwords: derived from the ensemble's secret, so that every server can check them and nobody can guess them.</summary>
/// <remarks>ZooKeeper derives them from the session id and a constant that is in its source.</remarks>
public sealed class SessionPassword(byte[] secret)
{
    public byte[] For(long sessionId)
    {
        Span<byte> id = stackalloc byte[sizeof(long)];
        BinaryPrimitives.WriteInt64BigEndian(id, sessionId);
        return HMACSHA256.HashData(secret, id)[..ConnectResponse.PasswordLength];
    }

    public bool IsRight(long sessionId, byte[]? password) => password is not null && CryptographicOperations.FixedTimeEquals(For(sessionId), password);
}
