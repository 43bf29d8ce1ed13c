using Microsoft.Extensions.Logging;
using OrleansZk.Core.Replication;
using OrleansZk.Storage.Files;

namespace OrleansZk.Storage.Log;

/// <summary>A log as found on disk, checked and repaired.</summary>
/// <param name="Active">The file of the last segment, open for writing; null when there is no segment.</param>
internal sealed record RecoveredLog(Segment[] Segments, SegmentFile? Active, LogPosition Position, long ActiveGroups);

/// <summary>Finds a log's segments, checks all of them, and cuts off what a crash left unfinished.</summary>
internal sealed class LogRecovery(Disk disk, ILogger logger)
{
    /// <exception cref="LogCorruptException">A file is not this log's, one is missing, or a record is damaged.</exception>
    public RecoveredLog Run()
    {
        List<string> names = FindSegments();
        if (names.Count == 0)
        {
            return new RecoveredLog([], null, default, 0);
        }

        var segments = new List<Segment>(names.Count);
        SegmentScanResult previous = default;
        for (int i = 0; i < names.Count - 1; i++)
        {
            using DiskFile file = disk.Open(names[i], write: false);
            previous = Check(names[i], file, segments, previous, last: false);
        }

        DiskFile active = disk.Open(names[^1], write: true);
        try
        {
            SegmentScanResult end = Check(names[^1], active, segments, previous, last: true);
            Repair(names[^1], active, end);
            var file = new SegmentFile(disk, names[^1], active);
            return new RecoveredLog([.. segments], file, new LogPosition(end.Epoch, end.LastZxid), end.Groups);
        }
        catch
        {
            active.Dispose();
            throw;
        }
    }

    /// <summary>The names of the segments in order; removes what crashes leave beside them.</summary>
    private List<string> FindSegments()
    {
        var names = new List<string>();
        foreach (string name in disk.List())
        {
            if (name == SegmentFile.PreparedName)
            {
                disk.Delete(name);
            }
            else if (SegmentHeader.IsFileName(name))
            {
                names.Add(name);
            }
            else if (name.EndsWith(SegmentHeader.Extension, StringComparison.OrdinalIgnoreCase))
            {
                throw new LogCorruptException(
                    $"'{disk.PathOf(name)}' has no business in the log's folder: a segment is named by 16 small hexadecimal digits. "
                    + "Move it elsewhere");
            }
        }

        names.Sort(StringComparer.Ordinal);
        RemoveUnbornSegment(names);
        return names;
    }

    /// <summary>Removes a last segment of length 0: file systems leave one when the power goes while it is being created.</summary>
    private void RemoveUnbornSegment(List<string> names)
    {
        if (names.Count == 0)
        {
            return;
        }

        using (DiskFile file = disk.Open(names[^1], write: false))
        {
            if (file.Length > 0)
            {
                return;
            }
        }

        logger.EmptySegmentRemoved(disk.PathOf(names[^1]));
        disk.Delete(names[^1]);
        disk.SyncFolder();
        names.RemoveAt(names.Count - 1);
    }

    private SegmentScanResult Check(
        string name, DiskFile file, List<Segment> segments, in SegmentScanResult previous, bool last)
    {
        string path = disk.PathOf(name);
        Span<byte> start = stackalloc byte[SegmentHeader.Length];
        int read = file.Read(start, 0);
        if (SegmentHeader.Read(start[..read], out SegmentHeader header) is { } fault)
        {
            throw new LogCorruptException($"'{path}' cannot be read as a segment of the log: {fault}");
        }

        if (header.FileName != name)
        {
            throw new LogCorruptException($"'{path}' was written under the name '{header.FileName}': it has been renamed or copied");
        }

        if (segments.Count > 0)
        {
            CheckSuccession(path, header, segments[^1], previous);
        }

        SegmentScanResult result = SegmentScan.Run(file, path, header, last);
        segments.Add(new Segment(header, result.End) { Place = disk.Place(name) });
        return result;
    }

    private void CheckSuccession(string path, in SegmentHeader header, Segment before, in SegmentScanResult previous)
    {
        string pathBefore = disk.PathOf(before.Name);
        if (header.LogId != before.Header.LogId)
        {
            throw new LogCorruptException(
                $"'{path}' belongs to another log ({header.LogId}) than '{pathBefore}' ({before.Header.LogId})");
        }

        long missing = header.Sequence - before.Header.Sequence - 1;
        if (missing != 0)
        {
            throw new LogCorruptException(
                $"the log is incomplete: between '{pathBefore}' (segment {before.Header.Sequence}) and '{path}' (segment {header.Sequence}) "
                + (missing == 1 ? "a segment is missing" : $"{missing} segments are missing"));
        }

        if (header.PreviousZxid != previous.LastZxid || header.PreviousEpoch != previous.Epoch)
        {
            throw new LogCorruptException(
                $"the log is corrupt: '{pathBefore}' ends at zxid 0x{previous.LastZxid:x} of epoch {previous.Epoch}, and '{path}' "
                + $"was begun after zxid 0x{header.PreviousZxid:x} of epoch {header.PreviousEpoch}: records are missing");
        }
    }

    private void Repair(string name, DiskFile active, in SegmentScanResult end)
    {
        if (end.Torn > 0)
        {
            logger.TornTailCut(disk.PathOf(name), end.Torn, end.End, end.LastZxid);
            active.SetLength(end.End);
        }

        RewriteLastRecord(active, end);
        active.Sync();
    }

    /// <summary>Makes sure that the last record is on the disk, and not only in the system's memory.</summary>
    /// <remarks>
    /// A process that was killed before its sync, or whose sync failed, leaves a record that reads well and may be gone after
    /// a power loss; a failed sync even makes the system believe that it is written. From here on the record counts as committed.
    /// </remarks>
    private static void RewriteLastRecord(DiskFile active, in SegmentScanResult end)
    {
        using var cursor = new SegmentCursor(active, end.LastRecord, end.End);
        while (cursor.PeekAvailable() is { Length: > 0 } bytes)
        {
            active.Write(bytes, cursor.Position);
            cursor.Advance(bytes.Length);
        }
    }
}
