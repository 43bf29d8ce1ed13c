using OrleansZk.Core.Operations;
using OrleansZk.Core.Replication;
using OrleansZk.Core.Transactions;
using OrleansZk.Protocol;
using OrleansZk.Protocol.Records;

namespace OrleansZk.Core.Sessions;

/// <content>What a connection is sent: answers, in the order of its requests, and events ahead of the answers that show what they tell of.</content>
public sealed partial class ClientConnection
{
    // Answers of reads that waited together may come to more than a client may leave unread; this much more and it is too much.
    private const int MaxGatheredFactor = 4;

    private List<(EventType Type, string Path)>? _eventsBeforeReply;

    /// <summary>Answers a write at its place in the order, and then the reads that waited for it. Called with the replica's write lock.</summary>
    /// <param name="now">A timestamp.</param>
    internal void Complete(in Sequenced item, in Stat stat, ApplyContext context, long now)
    {
        lock (_gate)
        {
            if (IsEnding)
            {
                return;
            }

            PendingRequest pending = _pending.Take();
            if (!ReferenceEquals(pending.Write, item.Request))
            {
                throw new InvalidOperationException("an answer came out of the order of its session");
            }

            Answer(item, stat, context);
            CountLatency(pending, now);
            while (!IsEnding && _pending.TryTakeOther(out pending, out byte[]? frame))
            {
                AnswerNow(frame.AsSpan(0, pending.Length), pending.Identities);
                CountLatency(pending, now);
                PendingQueue.Release(pending);
                if (_output.Length > MaxGatheredFactor * (long)_replica.Limits.MaxUnsentBytes)
                {
                    End();
                    _replica.DropSoon(this);
                }
            }

            SignalRoom();
        }
    }

    /// <summary>Sends an event. Called with the replica's write lock, so that no read can be answered with the change before it.</summary>
    internal void SendEvent(ReadOnlySpan<byte> frame)
    {
        lock (_gate)
        {
            if (_phase is Phase.Open)
            {
                _output.WriteEvent(frame);
            }
        }

        if (_output.Length > _replica.Limits.MaxUnsentBytes)
        {
            _replica.DropSoon(this);
        }
    }

    /// <summary>Sends events ahead of the answer of the read that is being executed.</summary>
    internal void SendBeforeReply(List<(EventType Type, string Path)> events) => _eventsBeforeReply = events.Count > 0 ? events : null;

    private void CountLatency(in PendingRequest pending, long now) =>
        Stats.AddLatency((long)_replica.Clock.GetElapsedTime(pending.ReceivedAt, now).TotalMilliseconds, 1, now);

    /// <summary>Answers a request that needs no leader: a read, or one that cannot be served.</summary>
    /// <param name="identities">Who asks: auth packets that came behind the request do not count.</param>
    private void AnswerNow(ReadOnlySpan<byte> frame, IReadOnlyList<AclId> identities)
    {
        var reader = new JuteReader(frame);
        RequestHeader header = RequestHeader.Read(ref reader);
        Operation? operation = OperationTable.Find(header.Type);
        int start = _output.BeginReply();
        var error = ErrorCode.Unimplemented;
        if (operation is ReadOperation read)
        {
            try
            {
                error = read.Execute(ref reader, new ReadContext(_replica, this, identities), _output.Writer);
            }
            catch (JuteException)
            {
                error = ErrorCode.MarshallingError;
            }

            if (_eventsBeforeReply is { } events)
            {
                _eventsBeforeReply = null;
                _output.TakeBack(start);
                foreach ((EventType type, string path) in events)
                {
                    _output.WriteMissedEvent(type, path);
                }

                start = _output.BeginReply();
            }
        }
        else if (operation is { IsForClients: true })
        {
            error = ErrorCode.MarshallingError;
        }
        else
        {
            End();
        }

        EndReply(start, header.Xid, error, operation);
    }

    private void Answer(in Sequenced item, in Stat stat, ApplyContext context)
    {
        WriteRequest request = item.Request!;
        if (_phase == Phase.Connecting)
        {
            AnswerConnect(item.Error);
            return;
        }

        if (item.Error == ErrorCode.SessionMoved)
        {
            // A connection that has lost its session cannot be told so in a way that clients understand (ZOOKEEPER-710).
            End();
            return;
        }

        int start = _output.BeginReply();
        ErrorCode error = item.Error;
        if (item.PartErrors is { } partErrors)
        {
            Multi.ReplyFailed(partErrors, _output.Writer);
            error = ErrorCode.Ok;
        }
        else if (error == ErrorCode.Ok)
        {
            request.Reply(item.Transaction?.Body, stat, context, _output.Writer);
        }

        EndReply(start, request.Xid, error, request.Operation);
        if (request.Operation.Code == OpCode.CloseSession)
        {
            End();
        }
    }

    private void EndReply(int start, int xid, ErrorCode error, Operation? operation) =>
        EndReply(start, xid, error, operation, _replica.LastAppliedZxid);

    private void EndReply(int start, int xid, ErrorCode error, Operation? operation, long zxid) =>
        _pending.CountAnswer(_output.EndReply(start, new ReplyHeader(xid, zxid, error), operation));
}
