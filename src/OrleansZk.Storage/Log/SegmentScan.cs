using OrleansZk.Core.Replication;
using OrleansZk.Storage.Files;

namespace OrleansZk.Storage.Log;

/// <summary>What a check of a whole segment found.</summary>
/// <param name="End">Where its last sound record ends.</param>
/// <param name="LastRecord">Where its last sound record begins; the header's length when there is none.</param>
/// <param name="Torn">The bytes behind <paramref name="End"/> that a crash left; 0 when the segment ends cleanly.</param>
internal readonly record struct SegmentScanResult(long End, long LastRecord, long Torn, long LastZxid, long Epoch, long Groups);

/// <summary>Checks every record of a segment, and tells what a crash may leave from what it cannot.</summary>
/// <remarks>
/// An append is acknowledged after its record is durable, and the next begins after that. So a crash leaves at most one
/// unsound record, the last of the last segment, with nothing but preallocated zeros behind it. An unsound record elsewhere, or with
/// anything behind it, was acknowledged once: the log is corrupt, and going on would lose what a client was told is safe.
/// </remarks>
internal static class SegmentScan
{
    /// <param name="path">Names the file in messages.</param>
    /// <param name="last">True for the log's last segment, the only one that may end in a torn record.</param>
    /// <exception cref="LogCorruptException">A record that is not the crash's own cannot be read.</exception>
    public static SegmentScanResult Run(DiskFile file, string path, in SegmentHeader header, bool last)
    {
        long length = file.Length;
        ulong seed = header.Seed;
        using var cursor = new SegmentCursor(file, SegmentHeader.Length, length);
        var result = new SegmentScanResult(
            SegmentHeader.Length, SegmentHeader.Length, 0, header.PreviousZxid, header.PreviousEpoch, 0);
        for (long number = 1; cursor.Remaining > 0; number++)
        {
            string? fault = CheckRecord(cursor, seed, out RecordHeader record);
            if (fault is not null)
            {
                long used = EndOfContent(file, cursor.Position, length);
                if (used == cursor.Position)
                {
                    return result;
                }

                ThrowUnlessTorn(file, path, seed, cursor.Position, used, number, record, fault, last);
                return result with { Torn = used - cursor.Position };
            }

            if (OrderFault(record, result) is { } disorder)
            {
                throw Corrupt(path, cursor.Position, number, disorder);
            }

            bool group = record.Kind == RecordKind.Group;
            result = new SegmentScanResult(
                cursor.Position + record.RecordLength,
                cursor.Position,
                0,
                group ? record.Last : result.LastZxid,
                group ? result.Epoch : record.Last,
                group ? result.Groups + 1 : result.Groups);
            cursor.Advance(record.RecordLength);
        }

        return result;
    }

    /// <summary>Says that a record cannot be read.</summary>
    /// <param name="number">Counted from 1 within the file.</param>
    public static LogCorruptException Corrupt(string path, long position, long number, string fault) =>
        new($"the log is corrupt: '{path}', record {number} at byte {position}: {fault}. "
            + "Restore the file, or the whole data folder, from a copy; nothing has been changed");

    /// <summary>Checks the record at the cursor.</summary>
    /// <param name="record">Its header, when that is sound; the rest may not be.</param>
    /// <returns>What is wrong with it, or null.</returns>
    public static string? CheckRecord(SegmentCursor cursor, ulong seed, out RecordHeader record)
    {
        if (!RecordHeader.TryRead(cursor.Peek(RecordHeader.Length), seed, cursor.Position, out record))
        {
            return "it has no sound header";
        }

        if (record.RecordLength > cursor.Remaining)
        {
            return "it runs over the end of the file";
        }

        ReadOnlySpan<byte> bytes = cursor.Peek((int)record.RecordLength);
        if (bytes.Length < record.RecordLength
            || RecordHeader.HashPayload(bytes.Slice(RecordHeader.Length, record.PayloadLength), seed, cursor.Position) != record.PayloadHash
            || bytes[(RecordHeader.Length + record.PayloadLength)..].ContainsAnyExcept((byte)0))
        {
            return "its checksum does not match";
        }

        return null;
    }

    private static string? OrderFault(in RecordHeader record, in SegmentScanResult before)
    {
        if (record.Kind == RecordKind.Epoch)
        {
            return record.First == record.Last && record.First > before.Epoch && record.PayloadLength == 0
                ? null
                : $"it claims epoch {record.First} after epoch {before.Epoch}";
        }

        return record.First > before.LastZxid && record.Last >= record.First
            ? null
            : $"it holds zxids 0x{record.First:x} to 0x{record.Last:x} after zxid 0x{before.LastZxid:x}";
    }

    private static void ThrowUnlessTorn(
        DiskFile file, string path, ulong seed, long position, long used, long number, in RecordHeader record, string fault, bool last)
    {
        if (!last)
        {
            throw Corrupt(path, position, number, fault + ", and another segment follows");
        }

        if (FindRecord(file, seed, position + RecordHeader.Alignment, used) is { } found)
        {
            throw Corrupt(path, position, number, fault + $", and a later record follows at byte {found}");
        }

        // A sound header says how far the one write that was under way can have reached.
        if (record.RecordLength > RecordHeader.Length && used > position + record.RecordLength)
        {
            throw Corrupt(path, position, number, fault + ", and the file goes on behind it");
        }
    }

    /// <summary>The end of the last byte that is not zero, from <paramref name="from"/> on; that itself when there is none.</summary>
    private static long EndOfContent(DiskFile file, long from, long length)
    {
        using var cursor = new SegmentCursor(file, from, length);
        long end = from;
        while (cursor.PeekAvailable() is { Length: > 0 } bytes)
        {
            int lastUsed = bytes.LastIndexOfAnyExcept((byte)0);
            if (lastUsed >= 0)
            {
                end = cursor.Position + lastUsed + 1;
            }

            cursor.Advance(bytes.Length);
        }

        return end;
    }

    private static long? FindRecord(DiskFile file, ulong seed, long from, long to)
    {
        using var cursor = new SegmentCursor(file, from, to);
        while (cursor.Remaining >= RecordHeader.Length)
        {
            if (RecordHeader.TryRead(cursor.Peek(RecordHeader.Length), seed, cursor.Position, out _))
            {
                return cursor.Position;
            }

            cursor.Advance(RecordHeader.Alignment);
        }

        return null;
    }
}
