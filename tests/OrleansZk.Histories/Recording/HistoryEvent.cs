using System.Globalization;

namespace OrleansZk.Histories;

public enum HistoryEventKind
{
    /// <summary>A client begins to connect.</summary>
    Connecting,

    /// <summary>A new session was opened.</summary>
    Opened,

    /// <summary>A session goes on over this connection.</summary>
    Resumed,

    /// <summary>The server says that the session is no more.</summary>
    Expired,

    Invoked,
    Answered,
    WatchFired,

    /// <summary>The connection is over; what was not answered is unknown.</summary>
    Lost,

    /// <summary>The client saw what no server may send.</summary>
    Anomaly,
}

/// <summary>One step of a history; its place in the history is its real-time order.</summary>
/// <param name="At">Time by the clock of whoever records.</param>
/// <param name="Event">What fired, if something did.</param>
public sealed record HistoryEvent(
    long Sequence, TimeSpan At, HistoryEventKind Kind, ConnectionRecord Connection, Operation? Operation, WatchedEvent Event, string? Text)
{
    public override string ToString()
    {
        string what = Kind switch
        {
            HistoryEventKind.Invoked => $"#{Operation!.Xid} {Operation.Request}",
            HistoryEventKind.Answered => $"#{Operation!.Xid} {Operation.Request.Type} {Operation.Request.Path}: {Operation.Answer}",
            HistoryEventKind.WatchFired => string.Create(CultureInfo.InvariantCulture, $"{Event.Type} {Event.Path} at 0x{Event.Zxid:x}"),
            HistoryEventKind.Opened or HistoryEventKind.Resumed or HistoryEventKind.Expired =>
                string.Create(CultureInfo.InvariantCulture, $"session 0x{Connection.SessionId:x}"),
            HistoryEventKind.Connecting => string.Create(CultureInfo.InvariantCulture, $"to server {Connection.ServerId}"),
            _ => Text ?? "",
        };
        return string.Create(CultureInfo.InvariantCulture, $"{Sequence,6} {At.TotalSeconds,9:F4} {Connection.Client} {Kind} {what}");
    }
}
