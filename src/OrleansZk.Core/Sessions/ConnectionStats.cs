using OrleansZk.Core.Operations;

namespace OrleansZk.Core.Sessions;

/// <summary>What a connection, or a whole server, has received and sent. Latencies are in milliseconds, from receipt to answer.</summary>
public sealed class ConnectionStats
{
    private long _latencySum;

    public long Received { get; private set; }

    /// <summary>Bytes of what was received, the frames' lengths included.</summary>
    public long ReceivedBytes { get; private set; }

    public long Sent { get; private set; }

    /// <summary>Bytes of the answers, without the frames' lengths.</summary>
    public long ReplyBytes { get; private set; }

    /// <summary>Bytes of the watch events, without the frames' lengths.</summary>
    public long EventBytes { get; private set; }

    /// <summary>Bytes of the newest answer, without the frame's length; -1 when there was none.</summary>
    public int LastReplySize { get; private set; } = -1;

    /// <summary>Bytes of the shortest answer; -1 when there was none.</summary>
    public int MinReplySize { get; private set; } = -1;

    /// <summary>Bytes of the longest answer; -1 when there was none.</summary>
    public int MaxReplySize { get; private set; } = -1;

    public long Requests { get; private set; }

    public long MinLatency { get; private set; }

    public long MaxLatency { get; private set; }

    public long LastLatency { get; private set; }

    /// <summary>When the newest latency was taken, in the time provider's timestamps; 0 when there is none.</summary>
    public long LastAnsweredAt { get; private set; }

    public double AverageLatency => Requests == 0 ? 0 : (double)_latencySum / Requests;

    /// <summary>Attempts to authenticate that were refused.</summary>
    public long AuthFailures { get; private set; }

    public Operation? LastOperation { get; private set; }

    /// <summary>The newest request's number as its client counts; those of pings and the like, which are negative, do not count. -1 when there was none.</summary>
    public int LastXid { get; private set; } = -1;

    /// <summary>The zxid in the newest answer; -1 when there was none.</summary>
    public long LastZxid { get; private set; } = -1;

    /// <param name="bytes">The frame's length included.</param>
    internal void CountReceived(int bytes)
    {
        Received++;
        ReceivedBytes += bytes;
    }

    /// <summary>Counts what is sent outside of the order of requests and answers, and is no event.</summary>
    internal void CountSent() => Sent++;

    /// <param name="bytes">Without the frame's length.</param>
    internal void CountEvent(int bytes)
    {
        Sent++;
        EventBytes += bytes;
    }

    /// <param name="operation">Null for what is not in the table, which leaves the last one as it was.</param>
    internal void CountReply(Operation? operation, int xid, long zxid)
    {
        Sent++;
        LastOperation = operation ?? LastOperation;
        LastZxid = zxid;
        if (xid >= 0)
        {
            LastXid = xid;
        }
    }

    /// <param name="bytes">Without the frame's length.</param>
    internal void CountReplySize(int bytes)
    {
        ReplyBytes += bytes;
        LastReplySize = bytes;
        MinReplySize = MinReplySize < 0 ? bytes : Math.Min(MinReplySize, bytes);
        MaxReplySize = Math.Max(MaxReplySize, bytes);
    }

    internal void CountAuthFailure() => AuthFailures++;

    /// <param name="answeredAt">A timestamp.</param>
    internal void AddLatency(long milliseconds, long requests, long answeredAt)
    {
        MinLatency = Requests == 0 ? milliseconds : Math.Min(MinLatency, milliseconds);
        MaxLatency = Math.Max(MaxLatency, milliseconds);
        LastLatency = milliseconds;
        LastAnsweredAt = answeredAt;
        Requests += requests;
        _latencySum += milliseconds * requests;
    }

    /// <summary>Adds another's figures to these.</summary>
    internal void Add(ConnectionStats other)
    {
        Received += other.Received;
        ReceivedBytes += other.ReceivedBytes;
        Sent += other.Sent;
        ReplyBytes += other.ReplyBytes;
        EventBytes += other.EventBytes;
        AuthFailures += other.AuthFailures;
        if (other.LastReplySize >= 0)
        {
            LastReplySize = other.LastAnsweredAt >= LastAnsweredAt ? other.LastReplySize : LastReplySize;
            LastAnsweredAt = Math.Max(LastAnsweredAt, other.LastAnsweredAt);
            MinReplySize = MinReplySize < 0 ? other.MinReplySize : Math.Min(MinReplySize, other.MinReplySize);
            MaxReplySize = Math.Max(MaxReplySize, other.MaxReplySize);
        }

        if (other.Requests > 0)
        {
            MinLatency = Requests == 0 ? other.MinLatency : Math.Min(MinLatency, other.MinLatency);
            MaxLatency = Math.Max(MaxLatency, other.MaxLatency);
        }

        Requests += other.Requests;
        _latencySum += other._latencySum;
    }

    internal void Reset()
    {
        (Received, ReceivedBytes, Sent, ReplyBytes, EventBytes, AuthFailures) = (0, 0, 0, 0, 0, 0);
        (LastReplySize, MinReplySize, MaxReplySize) = (-1, -1, -1);
        (Requests, _latencySum, MinLatency, MaxLatency, LastLatency, LastAnsweredAt) = (0, 0, 0, 0, 0, 0);
        (LastOperation, LastXid, LastZxid) = (null, -1, -1);
    }
}
