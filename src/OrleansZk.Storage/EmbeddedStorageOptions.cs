namespace OrleansZk.Storage;

/// <summary>Where and how a server that stands alone keeps its data. The configuration section is <see cref="Section"/>.</summary>
public sealed class EmbeddedStorageOptions
{
    /// <summary>The configuration section that hosts bind these from.</summary>
    public const string Section = "Storage";

    public const long MinSegmentBytes = 1 << 20;
    public const long MaxSegmentBytes = 1 << 30;

    /// <summary>The longest <see cref="SpinMicroseconds"/>.</summary>
    public const int MaxSpinMicroseconds = 1000;

    /// <summary>The folder that everything is kept in; created when it is not there. Relative to the process's working folder.</summary>
    public string DataFolder { get; set; } = "data";

    /// <summary>The length of a segment file of the log, bytes. What a checkpoint covers is dropped by whole segments.</summary>
    public long SegmentBytes { get; set; } = 64 << 20;

    /// <summary>False does not wait for the disk: acknowledged writes are lost when the machine stops. For tests and benchmarks.</summary>
    public bool Sync { get; set; } = true;

    /// <summary>
    /// True writes and syncs the log on the appending thread, which saves waking another and blocks it for as long as the disk
    /// takes.
    /// </summary>
    public bool WriteOnCaller { get; set; }

    /// <summary>How long the log's thread looks for the next append before it goes to sleep, microseconds; 0 to sleep at once.</summary>
    public int SpinMicroseconds { get; set; } = 20;
}
