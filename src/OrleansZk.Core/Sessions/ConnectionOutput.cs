using OrleansZk.Core.Operations;
using OrleansZk.Core.Watches;
using OrleansZk.Protocol;
using OrleansZk.Protocol.Records;

namespace OrleansZk.Core.Sessions;

/// <summary>The frames that a connection has ready for its client, in order. Guarded by the connection's lock.</summary>
internal sealed class ConnectionOutput(ConnectionStats stats)
{
    private const int ReplyHead = Frame.HeaderLength + ReplyHeader.EncodedLength;

    private JuteWriter _writer = new();

    /// <summary>Bytes that wait to be sent.</summary>
    public int Length => _writer.Length;

    /// <summary>Where an answer's record is written, between <see cref="BeginReply"/> and <see cref="EndReply"/>.</summary>
    public JuteWriter Writer => _writer;

    /// <summary>Swaps what was gathered for an empty writer.</summary>
    /// <returns>False when there is nothing.</returns>
    public bool TryTake(ref JuteWriter empty)
    {
        if (_writer.Length == 0)
        {
            return false;
        }

        (_writer, empty) = (empty, _writer);
        return true;
    }

    public void Discard() => _writer.Reset();

    /// <summary>Leaves room for an answer's header.</summary>
    /// <returns>Where the answer starts.</returns>
    public int BeginReply()
    {
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

    private int EndFrame(int start)
    {
        int length = _writer.Length - start - Frame.HeaderLength;
        _writer.SetInt(start, length);
        return length;
    }
}
