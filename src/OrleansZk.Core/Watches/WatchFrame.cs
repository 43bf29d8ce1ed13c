using OrleansZk.Protocol;
using OrleansZk.Protocol.Records;

namespace OrleansZk.Core.Watches;

/// <summary>A watch event as a whole frame, the same for every connection that it goes to.</summary>
internal static class WatchFrame
{
    /// <param name="zxid">The transaction that fired it; -1 when none did.</param>
    public static void Write(JuteWriter writer, EventType type, string path, long zxid)
    {
        int start = writer.Length;
        writer.WriteInt(0);
        new ReplyHeader(ReservedXid.Notification, zxid, ErrorCode.Ok).Write(writer);
        new WatcherEvent(type, KeeperState.SyncConnected, path).Write(writer);
        writer.SetInt(start, writer.Length - start - Frame.HeaderLength);
    }
}
