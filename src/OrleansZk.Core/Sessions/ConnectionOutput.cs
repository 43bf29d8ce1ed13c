using OrleansZk.Core.Operations;
using OrleansZk.Core.Watches;
using OrleansZk.Protocol;
using OrleansZk.Protocol.Records;

namespace OrleansZk.Core.Sessions;

/// <summary>The frames that a connection has ready for its client, in order. Guarded by the connection's lock.</summary>
/// <remarks>Kept in segments of whole frames: memory for a long output is neither copied as it grows nor asked for in one piece.</remarks>
internal sealed class ConnectionOutput(ConnectionStats stats, OutputBudget budget)
{
    private const int ReplyHead = Frame.HeaderLength + ReplyHeader.EncodedLength;

    // A segment is closed by the first frame that ends beyond this many bytes.
    private const int SegmentLength = 128 << 10;

    // What a connection holds is reported to the budget in steps of this many bytes.
    private const int BudgetStep = 16 << 10;

    private JuteWriter _writer = new();
    private Queue<JuteWriter>? _full;
    private long _fullLength;
    private int _takenLength;
    private long _reported;

    /// <summary>Bytes that wait to be taken.</summary>
    public long Length => _fullLength + _writer.Length;

    /// <summary>Bytes that wait to be taken, or were taken last and may still be on their way to the socket.</summary>
    public long Unsent => Length + _takenLength;

    /// <summary>Counts up with every segment that was sent.</summary>
    public long Progress { get; private set; }

    /// <summary>Where an answer's record is written, between <see cref="BeginReply"/> and <see cref="EndReply"/>.</summary>
    public JuteWriter Writer => _writer;

    /// <summary>Hands out the next segment, in exchange for an empty writer. What was handed out before counts as sent.</summary>
    /// <returns>False when there is nothing.</returns>
    public bool TryTake(ref JuteWriter empty)
    {
        if (_takenLength > 0)
        {
            _takenLength = 0;
            Progress++;
        }

        bool taken = true;
        if (_full is { Count: > 0 })
        {
            empty = _full.Dequeue();
            _fullLength -= empty.Length;
        }
        else if (_writer.Length > 0)
        {
            (_writer, empty) = (empty, _writer);
        }
        else
        {
            taken = false;
        }

        _takenLength = taken ? empty.Length : 0;
        Report();
        return taken;
    }

    /// <summary>Forgets everything; what was taken is the transport's to forget.</summary>
    public void Discard()
    {
        _writer.Reset();
        foreach (JuteWriter segment in _full ?? [])
        {
            segment.Reset();
        }

        _full = null;
        (_fullLength, _takenLength) = (0, 0);
        Report();
    }

    /// <summary>Leaves room for an answer's header.</summary>
    /// <returns>Where the answer starts.</returns>
    public int BeginReply()
    {
        if (_writer.Length >= SegmentLength)
        {
            CloseSegment();
        }

        int start = _writer.Length;
        _writer.Claim(ReplyHead);
        return start;
    }

    /// <summary>Takes back an answer that was begun.</summary>
    public void TakeBack(int start) => _writer.Truncate(start);

    /// <summary>Fills in the header of the answer that was begun; an error discards its record.</summary>
    /// <returns>Bytes of the answer's frame.</returns>
    public int EndReply(int start, in ReplyHeader header, Operation? operation)
    {
        if (header.Error != ErrorCode.Ok)
        {
            _writer.Truncate(start + ReplyHead);
        }

        int length = EndFrame(start);
        _writer.SetInt(start + 4, header.Xid);
        _writer.SetLong(start + 8, header.Zxid);
        _writer.SetInt(start + 16, (int)header.Error);
        stats.CountReply(operation, header.Xid, header.Zxid);
        stats.CountReplySize(length);
        return length;
    }

    public void WriteConnectResponse(in ConnectResponse response, long zxid)
    {
        int start = _writer.Length;
        _writer.WriteInt(0);
        response.Write(_writer);
        EndFrame(start);
        stats.CountReply(OperationTable.Find(OpCode.CreateSession), 0, zxid);
    }

    /// <summary>Writes an event whose frame others get too.</summary>
    public void WriteEvent(ReadOnlySpan<byte> frame)
    {
        if (_writer.Length >= SegmentLength)
        {
            CloseSegment();
        }

        _writer.WriteRaw(frame);
        stats.CountEvent(frame.Length - Frame.HeaderLength);
    }

    /// <summary>Writes an event that no transaction fires now: one that the client missed.</summary>
    public void WriteMissedEvent(EventType type, string path)
    {
        int start = _writer.Length;
        WatchFrame.Write(_writer, type, path, -1);
        stats.CountEvent(_writer.Length - start - Frame.HeaderLength);
    }

    /// <summary>Tells the budget what is held, unless little has changed.</summary>
    public void Report()
    {
        long change = Unsent - _reported;
        if (change is >= BudgetStep or <= -BudgetStep || (_reported != 0 && Unsent == 0))
        {
            budget.Add(change);
            _reported += change;
        }
    }

    private void CloseSegment()
    {
        (_full ??= new Queue<JuteWriter>()).Enqueue(_writer);
        _fullLength += _writer.Length;
        _writer = new JuteWriter();
    }

    private int EndFrame(int start)
    {
        int length = _writer.Length - start - Frame.HeaderLength;
        _writer.SetInt(start, length);
        return length;
    }
}
