using System.Buffers.Binary;
using System.Globalization;
using System.IO.Hashing;

namespace OrleansZk.Storage.Log;

/// <summary>The first bytes of a segment file: whose it is, and where it stands in the log.</summary>
/// <remarks>
/// <code>
/// offset  length  holds (integers are little-endian)
///      0       8  "OZKLOG\r\n"
///      8       4  format version, 1
///     12       4  zero
///     16      16  log id: random, the same in all segments of a log
///     32       8  sequence: 1 for a log's first segment, then counting
///     40       8  last zxid before this segment; 0 when there was none
///     48       8  newest epoch claimed before this segment; 0 when there was none
///     56       8  XxHash3 of the bytes before
/// </code>
/// The file is named by the lowest zxid that it can hold, which is one more than the last before it.
/// </remarks>
/// <param name="Sequence">1 for a log's first segment, then counting.</param>
/// <param name="PreviousZxid">The last zxid before this segment.</param>
/// <param name="PreviousEpoch">The newest epoch claimed before this segment.</param>
internal readonly record struct SegmentHeader(Guid LogId, long Sequence, long PreviousZxid, long PreviousEpoch)
{
    public const int Length = 64;
    public const int Version = 1;
    public const string Extension = ".log";

    private const int ChecksumOffset = 56;

    private static ReadOnlySpan<byte> Magic => "OZKLOG\r\n"u8;

    public string FileName => FileNameOf(PreviousZxid);

    public static string FileNameOf(long previousZxid) =>
        (previousZxid + 1).ToString("x16", CultureInfo.InvariantCulture) + Extension;

    /// <summary>True for a name that <see cref="FileName"/> can give.</summary>
    public static bool IsFileName(string name) =>
        name.Length == 16 + Extension.Length
        && name.EndsWith(Extension, StringComparison.Ordinal)
        && name.AsSpan(0, 16).TrimStart("0123456789abcdef").IsEmpty;

    public void Write(Span<byte> bytes)
    {
        Magic.CopyTo(bytes);
        BinaryPrimitives.WriteInt32LittleEndian(bytes[8..], Version);
        BinaryPrimitives.WriteInt32LittleEndian(bytes[12..], 0);
        LogId.TryWriteBytes(bytes[16..]);
        BinaryPrimitives.WriteInt64LittleEndian(bytes[32..], Sequence);
        BinaryPrimitives.WriteInt64LittleEndian(bytes[40..], PreviousZxid);
        BinaryPrimitives.WriteInt64LittleEndian(bytes[48..], PreviousEpoch);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes[ChecksumOffset..], XxHash3.HashToUInt64(bytes[..ChecksumOffset]));
    }

    /// <summary>Reads a header.</summary>
    /// <param name="bytes">The start of the file; fewer bytes than a header when the file is shorter.</param>
    /// <returns>What is wrong with it, or null when it is sound.</returns>
    public static string? Read(ReadOnlySpan<byte> bytes, out SegmentHeader header)
    {
        header = default;
        if (bytes.Length < Magic.Length || !bytes.StartsWith(Magic))
        {
            return "it does not begin as a log segment does: it is not one, or its beginning was damaged";
        }

        if (bytes.Length < Length)
        {
            return $"its header is cut off at byte {bytes.Length}";
        }

        // The checksum first: a version read from a damaged header would send the reader of the message the wrong way.
        // Every later version keeps the checksum where it is.
        if (BinaryPrimitives.ReadUInt64LittleEndian(bytes[ChecksumOffset..]) != XxHash3.HashToUInt64(bytes[..ChecksumOffset]))
        {
            return "the checksum of its header does not match";
        }

        int version = BinaryPrimitives.ReadInt32LittleEndian(bytes[8..]);
        if (version != Version)
        {
            return $"it has format version {version}, and this server reads version {Version}";
        }

        header = new SegmentHeader(
            new Guid(bytes[16..32]),
            BinaryPrimitives.ReadInt64LittleEndian(bytes[32..]),
            BinaryPrimitives.ReadInt64LittleEndian(bytes[40..]),
            BinaryPrimitives.ReadInt64LittleEndian(bytes[48..]));
        return null;
    }

    /// <summary>What the checksums of this segment's records start from; no two segments have the same.</summary>
    public ulong Seed
    {
        get
        {
            Span<byte> bytes = stackalloc byte[Length];
            Write(bytes);
            return XxHash3.HashToUInt64(bytes);
        }
    }
}
