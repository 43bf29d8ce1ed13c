using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;

namespace OrleansZk.LoadGenerator;

/// <summary>Drives all connections from one thread: one recv and one send per connection and wake-up.</summary>
internal sealed unsafe class EventLoop : IDisposable
{
    private const int InCapacity = 256 * 1024;
    private const int EventCapacity = 512;
    private const int LongestFrame = InCapacity / 2;
    private static readonly long Stall = 10 * Stopwatch.Frequency;

    private readonly int _epoll = Libc.OpenEpoll();
    private readonly byte* _in = (byte*)NativeMemory.Alloc(InCapacity);
    private readonly byte* _events = (byte*)NativeMemory.Alloc((nuint)(EventCapacity * Libc.EventSize));
    private readonly List<Connection> _connections = [];
    private readonly int _depth;
    private Workload _workload = null!;
    private bool _aborted;

    public EventLoop(byte[][] addresses, int connections, int depth, Measurement measurement)
    {
        _depth = depth;
        Measurement = measurement;
        for (int i = 0; i < connections; i++)
        {
            var connection = new Connection(Session.Open(addresses[i % addresses.Length]), i, depth);
            _connections.Add(connection);
            Libc.Watch(_epoll, connection.Fd, i);
        }
    }

    public Measurement Measurement { get; }

    public int Depth => _depth;

    public int ConnectionCount => _connections.Count;

    /// <summary>Requests of the connection at hand; sent when all of its replies are handled.</summary>
    public FrameBuffer Out { get; } = new();

    /// <summary>Time of the latest arrival, by <see cref="Stopwatch.GetTimestamp"/> (nanoseconds on Linux).</summary>
    public long Now { get; private set; }

    public Connection this[int index] => _connections[index];

    /// <summary>Runs until the workload has no more requests; all of it is measured.</summary>
    public void RunToEnd(Workload workload) => Run(workload, 0, double.PositiveInfinity);

    /// <summary>Runs for the given times, then waits for what is outstanding.</summary>
    public void Run(Workload workload, double warmupSeconds, double seconds)
    {
        _workload = workload;
        workload.Attach(this);
        Now = Stopwatch.GetTimestamp();
        long begin = Now + (long)(warmupSeconds * Stopwatch.Frequency);
        long end = double.IsInfinity(seconds) ? long.MaxValue : begin + (long)(seconds * Stopwatch.Frequency);
        bool begun = warmupSeconds == 0;
        if (begun)
        {
            Measurement.Begin(Now);
        }

        foreach (Connection connection in _connections)
        {
            if (!connection.Closed)
            {
                workload.Start(connection);
                Flush(connection);
            }
        }

        long progress = Now;
        while (!_aborted && (AnyOutstanding() || !workload.Idle))
        {
            int count = Libc.EpollWait(_epoll, _events, EventCapacity, 100);
            Now = Stopwatch.GetTimestamp();
            if (!begun && Now >= begin)
            {
                begun = true;
                Measurement.Begin(Now);
            }
            else if (!workload.Stopping && Now >= end)
            {
                workload.Stopping = true;
                Measurement.End(Now);
            }

            if (count > 0)
            {
                progress = Now;
            }
            else if (Now - progress > Stall)
            {
                Measurement.Error("no answer for 10 s");
                _aborted = true;
            }

            for (int i = 0; i < count; i++)
            {
                byte* at = _events + (i * Libc.EventSize);
                Handle(_connections[*(int*)(at + Libc.EventData)], *(int*)at);
            }
        }

        Measurement.End(Now);
    }

    /// <summary>Closes the sessions, so that the server need not wait for them to expire.</summary>
    public void CloseSessions()
    {
        foreach (Connection connection in _connections)
        {
            if (!connection.Closed && !_aborted)
            {
                connection.Closed = true;
                if (!Session.Close(connection.Fd))
                {
                    Measurement.Error("a session's close was not confirmed");
                }
            }
        }
    }

    /// <summary>Sends what is in <see cref="Out"/>.</summary>
    public void Flush(Connection connection)
    {
        if (Out.Length == 0)
        {
            return;
        }

        if (!connection.Closed)
        {
            Send(connection, Out.Written);
        }

        Out.Clear();
    }

    /// <summary>Sends a frame on a connection other than the one at hand.</summary>
    public void Send(Connection connection, ReadOnlySpan<byte> bytes)
    {
        int done = 0;
        if (connection.Unsent.Length == 0)
        {
            done = TrySend(connection, bytes);
        }

        if (done < bytes.Length && !connection.Closed)
        {
            // Rare: the server is slower to read than we are to write.
            connection.Unsent = [.. connection.Unsent, .. bytes[done..]];
        }
    }

    /// <summary>Ends the run early.</summary>
    public void Abort() => _aborted = true;

    public void Dispose()
    {
        foreach (Connection connection in _connections)
        {
            if (!connection.Closed)
            {
                _ = Libc.Close(connection.Fd);
            }
        }

        _ = Libc.Close(_epoll);
        Out.Dispose();
        NativeMemory.Free(_in);
        NativeMemory.Free(_events);
    }

    private bool AnyOutstanding()
    {
        // The first connection almost always has some.
        foreach (Connection connection in _connections)
        {
            if (connection.Outstanding > 0 && !connection.Closed)
            {
                return true;
            }
        }

        return false;
    }

    private void Handle(Connection connection, int events)
    {
        if (connection.Closed)
        {
            return;
        }

        if ((events & Libc.EpollOut) != 0 && connection.Unsent.Length > 0)
        {
            int done = TrySend(connection, connection.Unsent);
            connection.Unsent = connection.Unsent[done..];
        }

        bool gone = (events & Libc.EpollGone) != 0;
        if (!gone && (events & Libc.EpollIn) == 0)
        {
            return;
        }

        while (!connection.Closed)
        {
            int before = connection.PartialLength;
            connection.Partial.AsSpan(0, before).CopyTo(new Span<byte>(_in, InCapacity));
            int room = InCapacity - before;
            nint got = Libc.Receive(connection.Fd, _in + before, (nuint)room, Libc.DontWait);
            Now = Stopwatch.GetTimestamp();
            if (got <= 0)
            {
                if (got < 0 && Libc.LastError == Libc.WouldBlock)
                {
                    return;
                }

                if (got == 0 || Libc.LastError != Libc.Interrupted)
                {
                    Fail(connection, got == 0 ? "the server closed the connection" : Libc.Failure("recv").Message);
                }

                continue;
            }

            Parse(connection, before + (int)got);
            Flush(connection);

            // Edge-triggered: a short read has emptied the socket, a full one may not have.
            if (got < room && !gone)
            {
                return;
            }
        }
    }

    /// <summary>Handles the whole frames among <paramref name="length"/> bytes and keeps the rest for later.</summary>
    private void Parse(Connection connection, int length)
    {
        byte* at = _in;
        byte* end = _in + length;
        int replies = 0;
        while (end - at >= 4)
        {
            int size = FrameBuffer.ReadInt(at) + 4;
            if (size < Request.ReplyHeader || size > LongestFrame)
            {
                Fail(connection, string.Create(CultureInfo.InvariantCulture, $"a reply of {size - 4} bytes"));
                return;
            }

            if (end - at < size)
            {
                break;
            }

            int xid = FrameBuffer.ReadInt(at + 4);
            if (xid == -1)
            {
                _workload.OnEvent(connection);
            }
            else if (!OnReply(connection, xid, at, size))
            {
                return;
            }
            else
            {
                replies++;
            }

            at += size;
        }

        int rest = (int)(end - at);
        if (rest > connection.Partial.Length)
        {
            connection.Partial = new byte[rest + 512];
        }

        new ReadOnlySpan<byte>(at, rest).CopyTo(connection.Partial);
        connection.PartialLength = rest;
        if (replies > 0)
        {
            _workload.OnBatch(connection, replies);
        }
    }

    private bool OnReply(Connection connection, int xid, byte* frame, int size)
    {
        if (!connection.Pop(xid, out long sent))
        {
            Fail(connection, string.Create(CultureInfo.InvariantCulture, $"a reply out of order, xid {xid}"));
            return false;
        }

        int error = FrameBuffer.ReadInt(frame + 16);
        if (error != 0)
        {
            Measurement.Error(Measurement.ErrorReply(error));
        }
        else if (_workload.CountsReplies)
        {
            Measurement.Count(Now - sent);
        }

        _workload.OnReply(connection, xid, frame, size, error == 0);
        return true;
    }

    private int TrySend(Connection connection, ReadOnlySpan<byte> bytes)
    {
        fixed (byte* start = bytes)
        {
            nint sent = Libc.Send(connection.Fd, start, (nuint)bytes.Length, Libc.DontWait | Libc.NoSignal);
            if (sent < 0)
            {
                if (Libc.LastError is not (Libc.WouldBlock or Libc.Interrupted))
                {
                    Fail(connection, Libc.Failure("send").Message);
                }

                return 0;
            }

            return (int)sent;
        }
    }

    private void Fail(Connection connection, string reason)
    {
        connection.Closed = true;
        _ = Libc.Close(connection.Fd);
        Measurement.Error(reason);
        _workload.OnClosed(connection);
    }
}
