using Microsoft.Extensions.Logging;
using OrleansZk.Storage.Files;

namespace OrleansZk.Storage.Log;

/// <summary>The segments that make up the log, oldest first. Thread-safe.</summary>
internal sealed class SegmentTable(Disk disk, ILogger logger, Segment[] segments)
{
    private readonly Lock _changing = new();
    private Segment[] _segments = segments; // Replaced as a whole: readers keep what they were given.

    /// <summary>The segments at this moment.</summary>
    public Segment[] Current
    {
        get
        {
            lock (_changing)
            {
                return _segments;
            }
        }
    }

    /// <returns>The path of a segment whose file has gone; null when all are in place.</returns>
    public string? FindMissing()
    {
        foreach (Segment segment in Current)
        {
            if (segment.Place is { IsInPlace: false } place && Array.IndexOf(Current, segment) >= 0)
            {
                return place.Path;
            }
        }

        return null;
    }

    public void Add(Segment segment)
    {
        lock (_changing)
        {
            _segments = [.. _segments, segment];
        }
    }

    /// <summary>Deletes the segments that hold nothing after <paramref name="zxid"/>, but never the last.</summary>
    public void Truncate(long zxid, CancellationToken cancellationToken)
    {
        while (!cancellationToken.IsCancellationRequested)
        {
            Segment oldest;
            lock (_changing)
            {
                if (_segments.Length < 2 || _segments[1].Header.PreviousZxid > zxid)
                {
                    return;
                }

                oldest = _segments[0];
                _segments = _segments[1..];
            }

            disk.Delete(oldest.Name);

            // One by one: a power loss must not bring back an older segment than one that stays gone.
            disk.SyncFolder();
            logger.SegmentDropped(disk.PathOf(oldest.Name));
        }
    }
}
