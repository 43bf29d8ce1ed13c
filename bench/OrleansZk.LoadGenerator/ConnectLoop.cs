using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;

namespace OrleansZk.LoadGenerator;

/// <summary>
/// Slots that connect, open a session, close it and wait for the server to close the connection, over and over. An
/// operation ends with the reply to closeSession; the slot begins the next one when the connection has ended, so that no
/// port is left in TIME_WAIT on this side.
/// </summary>
internal sealed unsafe class ConnectLoop : IDisposable
{
    private const int EventCapacity = 512;
    private const int InCapacity = 256;
    private const int MostErrors = 1000;
    private const int SessionTimeoutMilliseconds = 10_000;
    private static readonly long Stall = 10 * Stopwatch.Frequency;

    private readonly int _epoll = Libc.OpenEpoll();
    private readonly byte* _events = (byte*)NativeMemory.Alloc((nuint)(EventCapacity * Libc.EventSize));
    private readonly byte* _in;
    private readonly byte[][] _addresses;
    private readonly FrameBuffer _handshake = new();
    private readonly FrameBuffer _close = new();
    private readonly Slot[] _slots;
    private readonly Measurement _measurement;
    private bool _stopping;
    private int _open;

    public ConnectLoop(byte[][] addresses, int slots, Measurement measurement)
    {
        _addresses = addresses;
        _measurement = measurement;
        Request.Handshake(_handshake, SessionTimeoutMilliseconds);
        Request.Close(_close, 1);
        _in = (byte*)NativeMemory.Alloc((nuint)(slots * InCapacity));
        _slots = new Slot[slots];
        for (int i = 0; i < slots; i++)
        {
            _slots[i] = new Slot(i);
        }
    }

    private enum State
    {
        Closed,
        Connecting,
        AwaitingSession,
        AwaitingClose,
        AwaitingEnd,
    }

    public void Run(double warmupSeconds, double seconds)
    {
        long now = Stopwatch.GetTimestamp();
        long begin = now + (long)(warmupSeconds * Stopwatch.Frequency);
        long end = begin + (long)(seconds * Stopwatch.Frequency);
        bool begun = false;
        foreach (Slot slot in _slots)
        {
            Reopen(slot);
        }

        long progress = now;
        while (_open > 0)
        {
            int count = Libc.EpollWait(_epoll, _events, EventCapacity, 100);
            now = Stopwatch.GetTimestamp();
            if (!begun && now >= begin)
            {
                begun = true;
                _measurement.Begin(now);
            }
            else if (!_stopping && now >= end)
            {
                _stopping = true;
                _measurement.End(now);
            }

            if (count > 0)
            {
                progress = now;
            }
            else if (now - progress > Stall)
            {
                _measurement.Error("no answer for 10 s");
                break;
            }

            for (int i = 0; i < count; i++)
            {
                byte* at = _events + (i * Libc.EventSize);
                Slot slot = _slots[*(int*)(at + Libc.EventData)];
                Handle(slot, *(int*)at);
                Reopen(slot);
            }
        }

        _measurement.End(now);
    }

    public void Dispose()
    {
        foreach (Slot slot in _slots)
        {
            if (slot.State != State.Closed)
            {
                _ = Libc.Close(slot.Fd);
            }
        }

        _ = Libc.Close(_epoll);
        _handshake.Dispose();
        _close.Dispose();
        NativeMemory.Free(_events);
        NativeMemory.Free(_in);
    }

    /// <summary>Keeps a slot busy until the time is over.</summary>
    private void Reopen(Slot slot)
    {
        while (slot.State == State.Closed && !_stopping)
        {
            Open(slot);
        }
    }

    private void Open(Slot slot)
    {
        slot.Started = Stopwatch.GetTimestamp();
        slot.Fd = Libc.OpenSocket(blocking: false);
        slot.State = State.Connecting;
        slot.Length = 0;
        _open++;
        int result;
        byte[] server = _addresses[slot.Index % _addresses.Length];
        fixed (byte* address = server)
        {
            result = Libc.Connect(slot.Fd, address, (uint)server.Length);
        }

        if (result == 0)
        {
            SendHandshake(slot);
        }
        else if (Libc.LastError != Libc.InProgress)
        {
            Fail(slot, Libc.Failure("connect").Message);
        }

        if (slot.State != State.Closed)
        {
            Libc.Watch(_epoll, slot.Fd, slot.Index);
        }
    }

    private void Handle(Slot slot, int events)
    {
        if (slot.State == State.Connecting)
        {
            if ((events & (Libc.EpollError | Libc.EpollHangup)) != 0)
            {
                Fail(slot, "the server refused the connection");
            }
            else if ((events & Libc.EpollOut) != 0)
            {
                SendHandshake(slot);
            }

            return;
        }

        bool gone = (events & Libc.EpollGone) != 0;
        if (!gone && (events & Libc.EpollIn) == 0)
        {
            return;
        }

        byte* buffer = _in + (slot.Index * InCapacity);
        while (slot.State != State.Closed)
        {
            nint got = Libc.Receive(slot.Fd, buffer + slot.Length, (nuint)(InCapacity - slot.Length), Libc.DontWait);
            if (got < 0 && Libc.LastError == Libc.WouldBlock)
            {
                return;
            }

            if (got <= 0)
            {
                if (slot.State == State.AwaitingEnd)
                {
                    End(slot);
                }
                else
                {
                    Fail(slot, got == 0 ? "the server closed the connection" : Libc.Failure("recv").Message);
                }

                return;
            }

            slot.Length += (int)got;
            Parse(slot, buffer);
            if (!gone)
            {
                return;
            }
        }
    }

    /// <summary>Each state waits for exactly one short frame.</summary>
    private void Parse(Slot slot, byte* buffer)
    {
        int length = slot.Length;
        if (length < 4 || length < FrameBuffer.ReadInt(buffer) + 4)
        {
            if (length == InCapacity)
            {
                Fail(slot, "a frame too long");
            }

            return;
        }

        slot.Length = 0;
        if (slot.State == State.AwaitingSession)
        {
            if (length < 40 || FrameBuffer.ReadInt(buffer + 8) <= 0)
            {
                Fail(slot, "the server refused the session");
                return;
            }

            slot.State = State.AwaitingClose;
            Send(slot, _close);
        }
        else if (slot.State == State.AwaitingClose)
        {
            int error = length >= Request.ReplyHeader ? FrameBuffer.ReadInt(buffer + 16) : int.MinValue;
            if (error != 0 || FrameBuffer.ReadInt(buffer + 4) != 1)
            {
                Fail(slot, string.Create(CultureInfo.InvariantCulture, $"closeSession answered with {error}"));
                return;
            }

            _measurement.Count(Stopwatch.GetTimestamp() - slot.Started);
            slot.State = State.AwaitingEnd;
        }
        else
        {
            Fail(slot, "bytes after the reply to closeSession");
        }
    }

    private void SendHandshake(Slot slot)
    {
        slot.State = State.AwaitingSession;
        Send(slot, _handshake);
    }

    private void Send(Slot slot, FrameBuffer frame)
    {
        if (Libc.Send(slot.Fd, frame.Start, (nuint)frame.Length, Libc.DontWait | Libc.NoSignal) != frame.Length)
        {
            Fail(slot, Libc.Failure("send").Message);
        }
    }

    private void Fail(Slot slot, string reason)
    {
        _measurement.Error(reason);
        _stopping |= _measurement.ErrorCount >= MostErrors;
        End(slot);
    }

    private void End(Slot slot)
    {
        _ = Libc.Close(slot.Fd);
        slot.State = State.Closed;
        _open--;
    }

    private sealed class Slot(int index)
    {
        public int Index { get; } = index;

        public int Fd { get; set; }

        public State State { get; set; }

        public long Started { get; set; }

        public int Length { get; set; }
    }
}
