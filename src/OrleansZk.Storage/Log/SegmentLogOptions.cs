namespace OrleansZk.Storage.Log;

/// <summary>How a <see cref="SegmentLog"/> writes.</summary>
public sealed record SegmentLogOptions
{
    /// <summary>
    /// The length at which a segment is full, bytes. A group is never split, so a segment can become longer by one
    /// group.
    /// </summary>
    public long SegmentBytes { get; init; } = 64 << 20;

    /// <summary>How far ahead of the writer space is laid out, bytes; 0 for not at all.</summary>
    public int PreallocationBytes { get; init; } = 4 << 20;

    /// <summary>False does not wait for the disk, and loses acknowledged writes when the machine stops: for tests and benchmarks.</summary>
    public bool Sync { get; init; } = true;

    /// <summary>
    /// True writes and syncs on the appending thread, which saves waking another and blocks the caller for as long as the disk
    /// takes.
    /// </summary>
    public bool WriteOnCaller { get; init; }

    /// <summary>
    /// How long the log's thread looks for the next append before it goes to sleep. Waking it costs some tens of
    /// microseconds.
    /// </summary>
    public TimeSpan Spin { get; init; } = TimeSpan.FromMicroseconds(20);
}
