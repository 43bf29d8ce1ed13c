using System.Buffers.Binary;
using System.IO.Hashing;

namespace OrleansZk.Storage.Log;

internal enum RecordKind : byte
{
    /// <summary>A group of transactions, encoded by the engine.</summary>
    Group = 1,

    /// <summary>The claim of an epoch: no payload, the epoch in place of both zxids.</summary>
    Epoch = 2,
}

/// <summary>What stands before a record's payload.</summary>
/// <remarks>
/// <code>
/// offset  length  holds (integers are little-endian)
///      0       4  length of the payload
///      4       1  kind
///      5       3  zero
///      8       8  first zxid, or the epoch
///     16       8  last zxid, or the epoch
///     24       8  XxHash3 of the payload
///     32       8  XxHash3 of the 32 bytes before
/// </code>
/// Then the payload, then zeros up to a multiple of 8. Both checksums start from the segment's seed and the record's position,
/// so that a record counts only in the file and at the place it was written for. The header has a checksum of its own
/// so that a sound one can be found behind a damaged record, and its length be trusted before the payload is read.
/// </remarks>
internal readonly record struct RecordHeader(RecordKind Kind, int PayloadLength, long First, long Last, ulong PayloadHash)
{
    public const int Length = 40;

    /// <summary>Records begin at multiples of this.</summary>
    public const int Alignment = 8;

    /// <summary>The longest payload, bytes.</summary>
    public const int MaxPayload = 1 << 30;

    private const int ChecksumOffset = 32;

    /// <summary>The length of the whole record: header, payload, padding.</summary>
    public long RecordLength => RecordLengthOf(PayloadLength);

    public static long RecordLengthOf(int payloadLength) => Length + payloadLength + PaddingOf(payloadLength);

    /// <summary>The number of zeros behind a payload.</summary>
    public static int PaddingOf(int payloadLength) => -payloadLength & (Alignment - 1);

    public static ulong HashPayload(ReadOnlySpan<byte> payload, ulong seed, long position) =>
        XxHash3.HashToUInt64(payload, SeedAt(seed, position));

    public void Write(Span<byte> bytes, ulong seed, long position)
    {
        BinaryPrimitives.WriteInt32LittleEndian(bytes, PayloadLength);
        BinaryPrimitives.WriteInt32LittleEndian(bytes[4..], (byte)Kind);
        BinaryPrimitives.WriteInt64LittleEndian(bytes[8..], First);
        BinaryPrimitives.WriteInt64LittleEndian(bytes[16..], Last);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes[24..], PayloadHash);
        BinaryPrimitives.WriteUInt64LittleEndian(
            bytes[ChecksumOffset..], XxHash3.HashToUInt64(bytes[..ChecksumOffset], SeedAt(seed, position)));
    }

    /// <summary>Reads a header, if the bytes are one that was written for this place.</summary>
    public static bool TryRead(ReadOnlySpan<byte> bytes, ulong seed, long position, out RecordHeader header)
    {
        header = default;
        if (bytes.Length < Length)
        {
            return false;
        }

        // Cheap conditions first: the search for records behind a damaged one tries every place.
        int length = BinaryPrimitives.ReadInt32LittleEndian(bytes);
        int kind = BinaryPrimitives.ReadInt32LittleEndian(bytes[4..]);
        if (kind is not ((int)RecordKind.Group or (int)RecordKind.Epoch)
            || (uint)length > MaxPayload
            || BinaryPrimitives.ReadUInt64LittleEndian(bytes[ChecksumOffset..])
                != XxHash3.HashToUInt64(bytes[..ChecksumOffset], SeedAt(seed, position)))
        {
            return false;
        }

        header = new RecordHeader(
            (RecordKind)kind,
            length,
            BinaryPrimitives.ReadInt64LittleEndian(bytes[8..]),
            BinaryPrimitives.ReadInt64LittleEndian(bytes[16..]),
            BinaryPrimitives.ReadUInt64LittleEndian(bytes[24..]));
        return true;
    }

    private static long SeedAt(ulong seed, long position) => unchecked((long)(seed + ((ulong)position * 0x9E37_79B9_7F4A_7C15)));
}
