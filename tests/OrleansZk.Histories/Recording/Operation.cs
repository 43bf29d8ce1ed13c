using System.Globalization;

namespace OrleansZk.Histories;

public enum Outcome
{
    /// <summary>No answer yet; at the end of a history, never.</summary>
    Pending,

    Answered,

    /// <summary>The connection was lost before the answer came.</summary>
    Unknown,
}

/// <summary>A request of a client and what became of it.</summary>
public sealed class Operation
{
    internal Operation(ConnectionRecord connection, Request request, int xid, long invokedAt)
    {
        Connection = connection;
        Request = request;
        Xid = xid;
        InvokedAt = invokedAt;
    }

    public ConnectionRecord Connection { get; }

    public Request Request { get; }

    /// <summary>Counts a session's requests, over all its connections.</summary>
    public int Xid { get; }

    /// <summary>The place of its invocation in the history.</summary>
    public long InvokedAt { get; }

    /// <summary>The place of its answer in the history.</summary>
    public long AnsweredAt { get; internal set; }

    public Outcome Outcome { get; internal set; }

    public Answer? Answer { get; internal set; }

    public long SessionId => Connection.SessionId;

    public bool IsAcknowledged => Outcome == Outcome.Answered && Answer!.IsOk;

    /// <summary>The newest zxid that anybody had seen when it was invoked: what a leader decides comes after it.</summary>
    internal long SeenBefore { get; set; }

    /// <summary>The newest zxid that its own session had seen when its answer came.</summary>
    internal long SessionSaw { get; set; }

    public override string ToString()
    {
        string became = Outcome switch
        {
            Outcome.Answered => $"answered {Answer} (event {AnsweredAt})",
            Outcome.Unknown => "unknown: the connection was lost",
            _ => "never answered",
        };
        return string.Create(
            CultureInfo.InvariantCulture, $"{Connection.Client} session 0x{SessionId:x} #{Xid} {Request} (event {InvokedAt}): {became}");
    }
}
