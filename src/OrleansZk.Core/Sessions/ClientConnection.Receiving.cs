using System.Buffers;
using OrleansZk.Core.Operations;
using OrleansZk.Core.Replication;
using OrleansZk.Protocol;
using OrleansZk.Protocol.Records;

namespace OrleansZk.Core.Sessions;

/// <content>What a connection takes from its client, and when it stops taking.</content>
public sealed partial class ClientConnection
{
    // The clock is looked at after so many requests: most take less time than that.
    private const int RequestsPerLook = 16;

    private ClientConnection? _displaced;
    private bool _isAuthRefused;

    /// <summary>Executes what is ready, then takes complete frames off <paramref name="received"/>. Calls must not overlap.</summary>
    /// <param name="received">May be empty.</param>
    /// <returns>True when it stopped early, so that others have their turn or output can leave: there may be more to execute, or more complete frames.</returns>
    /// <exception cref="InvalidFrameException">The connection must be closed.</exception>
    /// <exception cref="JuteException">A frame has no readable header: the connection must be closed.</exception>
    public bool Receive(ref ReadOnlySequence<byte> received)
    {
        long now = _replica.Clock.GetTimestamp();
        if (!received.IsEmpty)
        {
            LastHeardAt = now;
        }

        bool stoppedEarly;
        bool hasOutput;
        _replica.EnterRead();
        try
        {
            lock (_gate)
            {
                var turn = new Turn(_replica.Clock, now, _replica.Limits.TurnTime);
                _isWriteHeldBack = false;
                if (!_replica.IsTrusted)
                {
                    End();
                }

                ExecuteReady(int.MaxValue, turn, now);
                stoppedEarly = TakeFrames(ref received, turn, now);
                hasOutput = _output.Length > 0;
                _hasReady = _pending.HasReady;
                _output.Report();
            }
        }
        finally
        {
            _replica.ExitRead();
            _replica.SubmitEnlisted();
        }

        if (_displaced is not null)
        {
            TakeDisplaced()?.Drop();
        }

        if (hasOutput)
        {
            _transport.Flush(elsewhere: false);
        }

        _replica.RelieveOutput();
        return stoppedEarly;
    }

    private bool TakeFrames(ref ReadOnlySequence<byte> received, in Turn turn, long now)
    {
        ReplicaLimits limits = _replica.Limits;
        long sentBefore = Stats.Sent;
        bool stoppedEarly = false;
        for (int frames = 0; !IsEnding && !_isAuthRefused; frames++)
        {
            if (frames == limits.FramesPerTurn
                || _output.Length >= limits.OutputPerTurn
                || !_pending.HasRoom
                || _pending.HasReady
                || _phase == Phase.Waiting
                || IsBraked
                || (frames % RequestsPerLook == RequestsPerLook - 1 && turn.IsOver))
            {
                stoppedEarly = true;
                break;
            }

            ReadOnlySequence<byte> rest = received;
            if (!Frame.TryRead(ref rest, limits.MaxFrameLength, out ReadOnlySequence<byte> frame))
            {
                break;
            }

            if (MustWaitForBrake(frame))
            {
                stoppedEarly = true;
                break;
            }

            if (!TryTake(frame, now))
            {
                _isWriteHeldBack = stoppedEarly = true;
                break;
            }

            received = rest;
        }

        long answered = Stats.Sent - sentBefore;
        if (answered > 0)
        {
            long answeredAt = _replica.Clock.GetTimestamp();
            Stats.AddLatency((long)_replica.Clock.GetElapsedTime(now, answeredAt).TotalMilliseconds, answered, answeredAt);
        }

        return stoppedEarly;
    }

    private bool TryTake(in ReadOnlySequence<byte> frame, long now)
    {
        if (frame.IsSingleSegment)
        {
            return TryTake(frame.FirstSpan, now);
        }

        int length = (int)frame.Length;
        byte[] copy = PooledBytes.Rent(length);
        try
        {
            frame.CopyTo(copy);
            return TryTake(copy.AsSpan(0, length), now);
        }
        finally
        {
            PooledBytes.Return(copy);
        }
    }

    /// <returns>False for a write that must wait until what stands before it is executed.</returns>
    private bool TryTake(ReadOnlySpan<byte> frame, long now)
    {
        var reader = new JuteReader(frame);
        if (_phase == Phase.New)
        {
            Stats.CountReceived(Frame.HeaderLength + frame.Length);
            Connect(ConnectRequest.Read(ref reader), now);
            return true;
        }

        RequestHeader header = RequestHeader.Read(ref reader);
        Operation? operation = OperationTable.Find(header.Type);
        var write = operation as WriteOperation;
        if (write is { IsForClients: true } && !_pending.MayAddWrite)
        {
            return false;
        }

        Stats.CountReceived(Frame.HeaderLength + frame.Length);
        if (header.Type is OpCode.Auth or OpCode.Sasl)
        {
            TakeAuth(header, ref reader, frame, now);
        }
        else if (IsReadOnly && write is { IsForClients: true })
        {
            AnswerReadOnly(header.Xid, write);
        }
        else if (write is { IsForClients: true } && TryDecode(write, ref reader) is { } request)
        {
            request.Xid = header.Xid;
            request.Length = frame.Length;
            Enlist(request, now);
        }
        else if ((_pending.Count == 0 && !IsExecutedInSteps(operation)) || (header.Type == OpCode.Ping && IsKeptWaiting(now)))
        {
            AnswerNow(frame, _identities);
        }
        else
        {
            _pending.AddOther(frame, now, _identities, _replica.Limits.DefersHeavy && operation is ReadOperation { IsHeavy: true });
        }

        return true;
    }

    private bool IsExecutedInSteps(Operation? operation) => _replica.Limits.DefersHeavy && operation is SteppedReadOperation;

    /// <summary>True when a write waits for longer than a leader takes: the client must hear meanwhile that the server lives.</summary>
    private bool IsKeptWaiting(long now) => _replica.Clock.GetElapsedTime(_pending.OldestReceivedAt, now).TotalMilliseconds > _replica.Limits.PingsPassAfter;

    private static WriteRequest? TryDecode(WriteOperation operation, ref JuteReader reader)
    {
        try
        {
            return operation.Decode(ref reader);
        }
        catch (JuteException)
        {
            // Answered in its turn, like everything that is not a write.
            return null;
        }
    }

    private void Enlist(WriteRequest request, long now)
    {
        request.SessionId = SessionId;
        request.Owner = Token;
        request.Identities = _identities;
        request.ReceivedAt = now;
        request.Connection = this;
        _pending.AddWrite(request, now);
        _replica.Enlist(request);
    }
}
