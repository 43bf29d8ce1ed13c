using OrleansZk.Storage.Files;

namespace OrleansZk.Storage.Log;

/// <summary>A segment of the log that has its name: what readers need to know of it.</summary>
/// <param name="end">Where its last committed record ends, bytes from the start of the file.</param>
internal sealed class Segment(SegmentHeader header, long end)
{
    private long _end = end;

    public SegmentHeader Header { get; } = header;

    public string Name { get; } = header.FileName;

    /// <summary>What the checksums of its records start from.</summary>
    public ulong Seed { get; } = header.Seed;

    /// <summary>Where its file was when the log was opened, or the segment begun; null where that cannot be told.</summary>
    public PlacedFile? Place { get; set; }

    /// <summary>Where the committed records end. Moved by the log's thread, read by any.</summary>
    public long End
    {
        get => Volatile.Read(ref _end);
        set => Volatile.Write(ref _end, value);
    }
}
