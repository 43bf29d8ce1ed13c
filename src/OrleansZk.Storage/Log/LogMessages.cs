using Microsoft.Extensions.Logging;

namespace OrleansZk.Storage.Log;

internal static partial class LogMessages
{
    [LoggerMessage(1, LogLevel.Information, "Log opened in {Folder}: {Segments} segments, epoch {Epoch}, last zxid 0x{LastZxid:x}")]
    public static partial void LogOpened(this ILogger logger, string folder, int segments, long epoch, long lastZxid);

    [LoggerMessage(2, LogLevel.Warning,
        "Cut {Bytes} bytes of an unfinished record off {File} at byte {Position}: the last stop was a crash. The log ends at zxid 0x{LastZxid:x}")]
    public static partial void TornTailCut(this ILogger logger, string file, long bytes, long position, long lastZxid);

    [LoggerMessage(3, LogLevel.Warning, "Removed the empty segment {File}: the last stop was a crash while it was being created")]
    public static partial void EmptySegmentRemoved(this ILogger logger, string file);

    [LoggerMessage(4, LogLevel.Warning,
        "The log in {Folder} does not wait for the disk (Sync is off): acknowledged writes are lost when the machine stops")]
    public static partial void SyncIsOff(this ILogger logger, string folder);

    [LoggerMessage(5, LogLevel.Warning, "Could not lay out space ahead in {Folder}; writes go on, more slowly")]
    public static partial void PreallocationFailed(this ILogger logger, Exception exception, string folder);

    [LoggerMessage(6, LogLevel.Error, "A write to {File} failed and was taken back; the log ends at zxid 0x{LastZxid:x} as before")]
    public static partial void WriteTakenBack(this ILogger logger, Exception exception, string file, long lastZxid);

    [LoggerMessage(7, LogLevel.Critical, "The log in {Folder} failed at {File} and takes no more writes until it is opened again")]
    public static partial void LogFailed(this ILogger logger, Exception exception, string folder, string file);

    [LoggerMessage(8, LogLevel.Debug, "Segment {File} begun")]
    public static partial void SegmentBegun(this ILogger logger, string file);

    [LoggerMessage(9, LogLevel.Debug, "Segment {File} dropped: a checkpoint covers it")]
    public static partial void SegmentDropped(this ILogger logger, string file);
}
