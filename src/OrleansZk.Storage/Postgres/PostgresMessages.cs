using Microsoft.Extensions.Logging;

namespace OrleansZk.Storage.Postgres;

internal static partial class PostgresMessages
{
    [LoggerMessage(41, LogLevel.Information, "Log opened in {Store}: epoch {Epoch}, last zxid 0x{LastZxid:x}")]
    public static partial void LogOpened(this ILogger logger, string store, long epoch, long lastZxid);

    [LoggerMessage(42, LogLevel.Information, "Epoch {Epoch} claimed; the log ends at zxid 0x{LastZxid:x}")]
    public static partial void EpochClaimed(this ILogger logger, long epoch, long lastZxid);

    [LoggerMessage(43, LogLevel.Information, "Group 0x{FirstZxid:x}, whose append had broken off, is in the log")]
    public static partial void AppendSettled(this ILogger logger, long firstZxid);

    [LoggerMessage(44, LogLevel.Debug, "Log dropped up to zxid 0x{Zxid:x}: {Groups} groups that a checkpoint covers")]
    public static partial void LogTruncated(this ILogger logger, long zxid, long groups);

    [LoggerMessage(51, LogLevel.Information, "Checkpoint in {Store} loaded at zxid 0x{Zxid:x}: {Nodes} nodes in {Milliseconds} ms")]
    public static partial void CheckpointLoaded(this ILogger logger, string store, long zxid, long nodes, long milliseconds);

    [LoggerMessage(52, LogLevel.Information, "Checkpoint in {Store} moved to zxid 0x{Zxid:x}: {Nodes} nodes changed, in {Milliseconds} ms")]
    public static partial void CheckpointWritten(this ILogger logger, string store, long zxid, long nodes, long milliseconds);

    [LoggerMessage(53, LogLevel.Warning, "Checkpoint in {Store} stays where it is: writing zxid 0x{Zxid:x} failed: {Reason}")]
    public static partial void CheckpointFailed(this ILogger logger, string store, long zxid, string reason);

    [LoggerMessage(61, LogLevel.Information, "Member {Id} joined in {Store}, incarnation {Incarnation}")]
    public static partial void MemberJoined(this ILogger logger, int id, string store, long incarnation);

    [LoggerMessage(62, LogLevel.Warning, "Member {Id} lost its session with {Store}; the next heartbeat opens another: {Reason}")]
    public static partial void MemberSessionLost(this ILogger logger, int id, string store, string reason);

    [LoggerMessage(63, LogLevel.Warning, "Member {Id} ended its own former session with {Store}, which the store had not seen die")]
    public static partial void FormerSessionEnded(this ILogger logger, int id, string store);
}
