using System.Numerics;

namespace OrleansZk.LoadGenerator;

/// <summary>A session's socket with the requests it waits for, in order.</summary>
internal sealed class Connection
{
    private readonly Waiting[] _waiting;
    private readonly int _mask;
    private int _head;
    private int _nextXid;

    public Connection(int fd, int index, int depth)
    {
        Fd = fd;
        Index = index;
        _waiting = new Waiting[BitOperations.RoundUpToPowerOf2((uint)Math.Max(depth, 2))];
        _mask = _waiting.Length - 1;
    }

    public int Fd { get; }

    public int Index { get; }

    public bool Closed { get; set; }

    /// <summary>Number of requests without reply.</summary>
    public int Outstanding { get; private set; }

    /// <summary>Beginning of a frame whose end has not arrived.</summary>
    public byte[] Partial { get; set; } = [];

    public int PartialLength { get; set; }

    /// <summary>What the socket would not take yet.</summary>
    public byte[] Unsent { get; set; } = [];

    /// <summary>A workload's place in its sequence of requests.</summary>
    public long Position { get; set; }

    /// <summary>Notes a request being sent and returns its xid.</summary>
    public int Push(long now)
    {
        _nextXid = (_nextXid + 1) & int.MaxValue;
        _waiting[(_head + Outstanding) & _mask] = new Waiting(_nextXid, now);
        Outstanding++;
        return _nextXid;
    }

    /// <summary>Takes the oldest request; false when none waits or it is not the one answered.</summary>
    public bool Pop(int xid, out long sent)
    {
        Waiting waiting = _waiting[_head];
        sent = waiting.Sent;
        if (Outstanding == 0 || waiting.Xid != xid)
        {
            return false;
        }

        _head = (_head + 1) & _mask;
        Outstanding--;
        return true;
    }

    private readonly record struct Waiting(int Xid, long Sent);
}
