using System.Buffers.Binary;
using System.Security.Cryptography;

namespace OrleansZk.Server.Peers;

/// <summary>The first bytes that each side says. Their form is the same in every version of the protocol, for ever.</summary>
/// <remarks><c>OZKP</c>, the highest and the lowest version (two bytes each, big-endian), 32 random bytes.</remarks>
internal readonly struct PeerHello
{
    public const int Length = 4 + (2 * sizeof(ushort)) + NonceLength;

    private const int NonceLength = 32;

    private static ReadOnlySpan<byte> Magic => "OZKP"u8;

    private PeerHello(byte[] bytes) => Bytes = bytes;

    public byte[] Bytes { get; }

    public int Highest => BinaryPrimitives.ReadUInt16BigEndian(Bytes.AsSpan(4));

    public int Lowest => BinaryPrimitives.ReadUInt16BigEndian(Bytes.AsSpan(6));

    public static PeerHello Create(int highest, int lowest)
    {
        byte[] bytes = new byte[Length];
        Magic.CopyTo(bytes);
        BinaryPrimitives.WriteUInt16BigEndian(bytes.AsSpan(4), checked((ushort)highest));
        BinaryPrimitives.WriteUInt16BigEndian(bytes.AsSpan(6), checked((ushort)lowest));
        RandomNumberGenerator.Fill(bytes.AsSpan(Length - NonceLength));
        return new PeerHello(bytes);
    }

    /// <exception cref="PeerHandshakeException">They are not a server's.</exception>
    public static PeerHello Parse(byte[] bytes)
    {
        var hello = new PeerHello(bytes);
        if (!bytes.AsSpan().StartsWith(Magic) || hello.Lowest > hello.Highest)
        {
            throw new PeerHandshakeException("it does not speak the protocol of servers");
        }

        return hello;
    }

    /// <summary>Finds the highest version that both speak.</summary>
    /// <returns>Null when there is none.</returns>
    public int? Agree(PeerHello other)
    {
        int version = Math.Min(Highest, other.Highest);
        return version >= Math.Max(Lowest, other.Lowest) ? version : null;
    }
}
