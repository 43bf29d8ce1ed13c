using Microsoft.Extensions.Logging;

namespace OrleansZk.Storage.Checkpoints;

internal static partial class CheckpointMessages
{
    [LoggerMessage(21, LogLevel.Information, "Checkpoint {File} loaded at zxid 0x{Zxid:x}: {Nodes} nodes in {Milliseconds} ms")]
    public static partial void CheckpointLoaded(this ILogger logger, string file, long zxid, long nodes, long milliseconds);

    [LoggerMessage(22, LogLevel.Information, "Checkpoint {File} moved to zxid 0x{Zxid:x}: {Nodes} nodes changed, in {Milliseconds} ms")]
    public static partial void CheckpointWritten(this ILogger logger, string file, long zxid, long nodes, long milliseconds);

    [LoggerMessage(23, LogLevel.Warning, "Checkpoint {File} stays where it is: writing zxid 0x{Zxid:x} failed: {Reason}")]
    public static partial void CheckpointFailed(this ILogger logger, string file, long zxid, string reason);
}
