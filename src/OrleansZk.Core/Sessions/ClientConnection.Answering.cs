using OrleansZk.Core.Access;
using OrleansZk.Core.Operations;
using OrleansZk.Core.Replication;
using OrleansZk.Core.Transactions;
using OrleansZk.Protocol;
using OrleansZk.Protocol.Records;

namespace OrleansZk.Core.Sessions;

/// <content>What a connection is sent: answers, in the order of its requests, and events ahead of the answers that show what they tell of.</content>
public sealed partial class ClientConnection
{
    private List<(EventType Type, string Path)>? _eventsBeforeReply;
    private ReadSteps? _steps;

    /// <summary>Executes, before a write of this connection is applied, what stands before it and must not see it. Called with the replica's write lock.</summary>
    /// <param name="now">A timestamp.</param>
    internal void ExecuteBefore(long now)
    {
        lock (_gate)
        {
            try
            {
                while (!IsEnding && _pending.TryTakeOther(out PendingRequest pending, out byte[]? frame))
                {
                    AnswerPending(pending, frame, now);
                    EndIfTooMuchIsUnsent();
                }

                _hasReady = false;
                _output.Report();
            }
#pragma warning disable CA1031 // Nothing that happens to one connection's answer may reach the others.
            catch (Exception e)
#pragma warning restore CA1031
            {
                EndWith(e);
            }
        }
    }

    /// <summary>Answers a write at its place in the order, and then some of what waited for it. Called with the replica's write lock.</summary>
    /// <param name="now">A timestamp.</param>
    internal void Complete(in Sequenced item, in Stat stat, ApplyContext context, long now)
    {
        lock (_gate)
        {
            if (IsEnding)
            {
                return;
            }

            PendingRequest pending = _pending.TakeWrite();
            if (!ReferenceEquals(pending.Write, item.Request))
            {
                throw new InvalidOperationException("an answer came out of the order of its session");
            }

            try
            {
                Answer(item, stat, context);
                CountLatency(pending, now);
                ExecuteReady(_replica.Limits.MaxAlongWithAnswer, turn: null, now);
                _hasReady = _pending.HasReady;
                _output.Report();
                SignalRoom();
            }
#pragma warning disable CA1031 // Nothing that happens to one connection's answer may reach the others.
            catch (Exception e)
#pragma warning restore CA1031
            {
                EndWith(e);
            }

            if (_displaced is { } displaced)
            {
                _displaced = null;
                _replica.DropSoon(displaced);
            }
        }
    }

    /// <summary>Sends an event to a client that may read the node. Called with the replica's write lock, so that no read can be answered with the change before it.</summary>
    /// <returns>True when there is something to send.</returns>
    internal bool SendEvent(ReadOnlySpan<byte> frame, AclList acl)
    {
        lock (_gate)
        {
            try
            {
                // Who may not read the node does not hear of it either (CVE-2024-23944); the watch is used up all the same.
                if (_phase is not Phase.Open || !_replica.Access.Allows(acl, Permissions.Read, _identities))
                {
                    return false;
                }

                _replica.Faults?.Pass(FaultPoint.Answer);
                _output.WriteEvent(frame);
                _output.Report();
                EndIfTooMuchIsUnsent();
            }
#pragma warning disable CA1031 // Nothing that happens to one connection's events may reach the others.
            catch (Exception e)
#pragma warning restore CA1031
            {
                EndWith(e);
            }

            return true;
        }
    }

    /// <summary>Ends the connection and gives its memory back, because its client does not take what is ready for it.</summary>
    internal void EndUnsent()
    {
        lock (_gate)
        {
            if (_phase != Phase.Closed)
            {
                End();
                _output.Discard();
            }
        }
    }

    /// <summary>Executes what is at the head of the queue and waits for nothing, until the output is to be sent or the turn is over.</summary>
    /// <param name="most">How many requests at most.</param>
    /// <param name="turn">Null when all others wait and the number bounds it; then nothing heavy is executed.</param>
    private void ExecuteReady(int most, Turn? turn, long now)
    {
        for (int i = 1; i <= most && !IsEnding && _output.Length < _replica.Limits.OutputPerTurn; i++)
        {
            if (turn is null && _pending.HasHeavyReady)
            {
                return;
            }

            if (turn is { } stepsTurn && !TryExecuteSteps(stepsTurn))
            {
                return;
            }

            if (!_pending.TryTakeOther(out PendingRequest pending, out byte[]? frame))
            {
                return;
            }

            AnswerPending(pending, frame, now);
            if (turn is { } own && (pending.IsHeavy || i % RequestsPerLook == 0) && own.IsOver)
            {
                return;
            }
        }
    }

    /// <summary>Goes on with the request at the head, if it is one that is executed in steps.</summary>
    /// <returns>False when the turn was over before the last step.</returns>
    private bool TryExecuteSteps(in Turn turn)
    {
        if (!_pending.TryPeekHeavy(out ReadOnlySpan<byte> frame, out IReadOnlyList<AclId>? identities))
        {
            return true;
        }

        var reader = new JuteReader(frame);
        if (OperationTable.Find(RequestHeader.Read(ref reader).Type) is not SteppedReadOperation operation)
        {
            return true;
        }

        try
        {
            _steps ??= operation.Begin(reader.Rest);
        }
        catch (JuteException)
        {
            // Answered in its turn.
            return true;
        }

        while (!_steps.Next(new ReadContext(_replica, this, identities), reader.Rest))
        {
            if (turn.IsOver)
            {
                return false;
            }
        }

        return true;
    }

    private void AnswerPending(in PendingRequest pending, byte[] frame, long now)
    {
        ReadOnlySpan<byte> request = frame.AsSpan(0, pending.Length);
        if (pending.Outcome is { } outcome)
        {
            var reader = new JuteReader(request);
            AnswerAuth(RequestHeader.Read(ref reader).Xid, outcome);
        }
        else
        {
            AnswerNow(request, pending.Identities);
        }

        CountLatency(pending, now);
        PendingQueue.Release(pending);
    }

    private void EndIfTooMuchIsUnsent()
    {
        if (_output.Unsent > _replica.Limits.MaxUnsentBytes)
        {
            _replica.LogUnsent(ClientAddress, SessionId, _output.Unsent);
            EndUnsent();
            _replica.DropSoon(this);
        }
    }

    /// <summary>Ends the connection because it cannot be told what it should be.</summary>
    private void EndWith(Exception failure)
    {
        _replica.LogAnswerFailed(ClientAddress, SessionId, failure);
        EndUnsent();
        _replica.DropSoon(this);
    }

    /// <summary>Sends events ahead of the answer of the read that is being executed.</summary>
    internal void SendBeforeReply(List<(EventType Type, string Path)> events) => _eventsBeforeReply = events.Count > 0 ? events : null;

    private void CountLatency(in PendingRequest pending, long now) =>
        Stats.AddLatency((long)_replica.Clock.GetElapsedTime(pending.ReceivedAt, now).TotalMilliseconds, 1, now);

    /// <summary>Answers a request that needs no leader: a read, or one that cannot be served.</summary>
    /// <param name="identities">Who asks: auth packets that came behind the request do not count.</param>
    private void AnswerNow(ReadOnlySpan<byte> frame, IReadOnlyList<AclId> identities)
    {
        _replica.Faults?.Pass(FaultPoint.Answer);
        var reader = new JuteReader(frame);
        RequestHeader header = RequestHeader.Read(ref reader);
        Operation? operation = OperationTable.Find(header.Type);
        int start = _output.BeginReply();
        var error = ErrorCode.Unimplemented;
        if (operation is ReadOperation read)
        {
            try
            {
                // One that was executed in steps has come to its end.
                error = _steps is null ? read.Execute(ref reader, new ReadContext(_replica, this, identities), _output.Writer) : ErrorCode.Ok;
                _steps = null;
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
        _replica.Faults?.Pass(FaultPoint.Answer);
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
