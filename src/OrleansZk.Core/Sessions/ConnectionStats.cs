using OrleansZk.Core.Operations;

namespace OrleansZk.Core.Sessions;

/// <summary>What a connection, or a whole server, has received and sent. Latencies are in milliseconds, from receipt to answer.</summary>
public sealed class ConnectionStats
{
    private long _latencySum;

    public long Received { get; private set; }

    public long Sent { get; private set; }

    public long Requests { get; private set; }

    public long MinLatency { get; private set; }

    public long MaxLatency { get; private set; }

    public long LastLatency { get; private set; }

    public double AverageLatency => Requests == 0 ? 0 : (double)_latencySum / Requests;

    public Operation? LastOperation { get; private set; }

    public int LastXid { get; private set; }

    public long LastZxid { get; private set; }

    internal void CountReceived() => Received++;

    internal void CountEvent() => Sent++;

    internal void CountReply(Operation? operation, int xid, long zxid)
    {
        Sent++;
        LastOperation = operation;
        LastXid = xid;
        LastZxid = zxid;
    }

    internal void AddLatency(long milliseconds, long requests)
    {
        MinLatency = Requests == 0 ? milliseconds : Math.Min(MinLatency, milliseconds);
        MaxLatency = Math.Max(MaxLatency, milliseconds);
        LastLatency = milliseconds;
        Requests += requests;
        _latencySum += milliseconds * requests;
    }

    /// <summary>Adds another's figures to these.</summary>
    internal void Add(ConnectionStats other)
    {
        Received += other.Received;
        Sent += other.Sent;
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
        (Received, Sent, Requests, _latencySum) = (0, 0, 0, 0);
        (MinLatency, MaxLatency, LastLatency) = (0, 0, 0);
        (LastOperation, LastXid, LastZxid) = (null, 0, 0);
    }
}
