using System.Runtime.CompilerServices;
using OrleansZk.Core.Replication;
using OrleansZk.Storage.Files;

namespace OrleansZk.Storage.Log;

/// <summary>Reads committed groups back, while others may be appended and old ones dropped.</summary>
internal static class LogReader
{
    /// <summary>Reads up to where the log ends when the reading begins.</summary>
    public static async IAsyncEnumerable<LogGroup> ReadAsync(
        Disk disk, Segment[] segments, long afterZxid, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        // The ends first: appends go on, and a reader that ran after them might never come to an end.
        long[] ends = Array.ConvertAll(segments, segment => segment.End);
        for (int i = FirstOf(segments, afterZxid); i < segments.Length; i++)
        {
            using DiskFile file = Open(disk, segments[i], afterZxid);
            using var cursor = new SegmentCursor(file, SegmentHeader.Length, ends[i]);
            for (long number = 1; cursor.Remaining > 0; number++)
            {
                cancellationToken.ThrowIfCancellationRequested();
                if (ReadGroup(cursor, disk, segments[i], number, afterZxid) is { } group)
                {
                    yield return group;
                }
            }
        }

        await ValueTask.CompletedTask.ConfigureAwait(false); // Files are read in place: the system reads ahead by itself.
    }

    /// <summary>The last segment that begins at or before what is asked for.</summary>
    private static int FirstOf(Segment[] segments, long afterZxid)
    {
        if (segments.Length == 0)
        {
            return 0;
        }

        if (afterZxid < segments[0].Header.PreviousZxid)
        {
            throw new LogTruncatedException(afterZxid);
        }

        int first = segments.Length - 1;
        while (segments[first].Header.PreviousZxid > afterZxid)
        {
            first--;
        }

        return first;
    }

    private static DiskFile Open(Disk disk, Segment segment, long afterZxid)
    {
        try
        {
            return disk.Open(segment.Name, write: false);
        }
        catch (FileNotFoundException)
        {
            throw new LogTruncatedException(afterZxid);
        }
    }

    /// <summary>Reads the record at the cursor and steps behind it.</summary>
    /// <returns>Null when it is not a group that was asked for.</returns>
    private static LogGroup? ReadGroup(SegmentCursor cursor, Disk disk, Segment segment, long number, long afterZxid)
    {
        if (RecordHeader.TryRead(cursor.Peek(RecordHeader.Length), segment.Seed, cursor.Position, out RecordHeader record)
            && (record.Kind != RecordKind.Group || record.Last <= afterZxid)
            && record.RecordLength <= cursor.Remaining)
        {
            cursor.Advance(record.RecordLength);
            return null;
        }

        if (SegmentScan.CheckRecord(cursor, segment.Seed, out record) is { } fault)
        {
            throw SegmentScan.Corrupt(disk.PathOf(segment.Name), cursor.Position, number, fault);
        }

        byte[] bytes = cursor.Peek((int)record.RecordLength).Slice(RecordHeader.Length, record.PayloadLength).ToArray();
        cursor.Advance(record.RecordLength);
        return new LogGroup(record.First, record.Last, bytes);
    }
}
