using System.Buffers;
using OrleansZk.Core.Operations;
using OrleansZk.Core.Replication;
using OrleansZk.Core.Transactions;
using OrleansZk.Protocol;
using OrleansZk.Protocol.Records;

namespace OrleansZk.Core.Sessions;

/// <summary>One client's connection to a replica: takes its frames, keeps its requests in order, gathers its answers and events.</summary>
/// <remarks>
/// <para>A read is answered at once when nothing waits before it; otherwise it waits for the writes before it, and is executed at exactly that point
/// of the order by whoever applies them. So every request sees what came before it in its session, and nothing that comes after.</para>
/// <para>Locks are taken in this order: the replica's, the connection's.</para>
/// </remarks>
public sealed partial class ClientConnection
{
    private const int FramesPerTurn = 256;

    // Answers of reads that waited together may come to more than a client may leave unread; this much more and it is too much.
    private const int MaxGatheredFactor = 4;

    private readonly Lock _gate = new();
    private readonly Replica _replica;
    private readonly IConnectionTransport _transport;
    private readonly PendingQueue _pending;
    private readonly ConnectionOutput _output;
    private readonly long _newSessionId;
    private Phase _phase = Phase.New;
    private List<(EventType Type, string Path)>? _eventsBeforeReply;
    private IReadOnlyList<AclId> _identities;
    private TaskCompletionSource? _room;
    private bool _waitsForAll;

    internal ClientConnection(Replica replica, IConnectionTransport transport, long token, string clientAddress, string clientIp, long newSessionId)
    {
        _replica = replica;
        _newSessionId = newSessionId;
        _transport = transport;
        _pending = new PendingQueue(replica.Limits.MaxPending, replica.Limits.MaxPendingBytes);
        _output = new ConnectionOutput(Stats);
        Token = token;
        ClientAddress = clientAddress;
        _identities = [new AclId(AclScheme.Ip, clientIp)];
        ConnectedAt = LastHeardAt = replica.Clock.GetTimestamp();
        ConnectedTime = replica.Clock.GetUtcNow();
    }

    private enum Phase
    {
        New,
        Waiting,
        Connecting,
        Open,
        Closing,
        Closed,
    }

    /// <summary>Unique among all connections of the ensemble; sessions are owned by it.</summary>
    public long Token { get; }

    /// <summary>The client's address and port, as the four-letter words show it.</summary>
    public string ClientAddress { get; }

    /// <summary>0 before the handshake.</summary>
    public long SessionId { get; private set; }

    /// <summary>Milliseconds.</summary>
    public int SessionTimeout { get; private set; }

    /// <summary>Who the client is: its address, and what it has authenticated as.</summary>
    public IReadOnlyList<AclId> Identities => _identities;

    /// <summary>In the time provider's timestamps.</summary>
    public long ConnectedAt { get; }

    /// <summary>The same moment by the calendar.</summary>
    public DateTimeOffset ConnectedTime { get; }

    public long LastHeardAt { get; private set; }

    public ConnectionStats Stats { get; } = new();

    /// <summary>Requests that have no answer yet.</summary>
    public int Outstanding
    {
        get
        {
            lock (_gate)
            {
                return _pending.Count;
            }
        }
    }

    /// <summary>True once the client has a session.</summary>
    public bool IsEstablished => _phase is Phase.Open or Phase.Closing;

    /// <summary>True when the connection ends as soon as its output is sent.</summary>
    public bool IsEnding => _phase is Phase.Closing or Phase.Closed;

    /// <summary>Set by the replica while it applies a group.</summary>
    internal bool IsTouched { get; set; }

    internal Lock Gate => _gate;

    /// <summary>Takes complete frames off <paramref name="received"/>. Calls must not overlap.</summary>
    /// <returns>True when it stopped early, so that others have their turn or output can leave: there may be more complete frames.</returns>
    /// <exception cref="InvalidFrameException">The connection must be closed.</exception>
    /// <exception cref="JuteException">A frame has no readable header: the connection must be closed.</exception>
    public bool Receive(ref ReadOnlySequence<byte> received)
    {
        long now = _replica.Clock.GetTimestamp();
        LastHeardAt = now;
        int frames = 0;
        bool stoppedEarly = false;
        bool hasOutput;
        _replica.EnterRead();
        try
        {
            lock (_gate)
            {
                long sentBefore = Stats.Sent;
                while (!IsEnding)
                {
                    if (frames == FramesPerTurn || _output.Length >= _replica.Limits.OutputPerTurn || !_pending.HasRoom || _phase == Phase.Waiting)
                    {
                        stoppedEarly = true;
                        break;
                    }

                    if (!Frame.TryRead(ref received, _replica.Limits.MaxFrameLength, out ReadOnlySequence<byte> frame))
                    {
                        break;
                    }

                    frames++;
                    Take(frame, now);
                }

                long answered = Stats.Sent - sentBefore;
                if (answered > 0)
                {
                    long answeredAt = _replica.Clock.GetTimestamp();
                    Stats.AddLatency((long)_replica.Clock.GetElapsedTime(now, answeredAt).TotalMilliseconds, answered, answeredAt);
                }

                hasOutput = _output.Length > 0;
            }
        }
        finally
        {
            _replica.ExitRead();
            _replica.SubmitEnlisted();
        }

        if (hasOutput)
        {
            _transport.Flush(elsewhere: false);
        }

        return stoppedEarly;
    }

    /// <summary>Counts a question that is no frame, and is answered past the connection: a four-letter word.</summary>
    public void CountWord(int bytes)
    {
        lock (_gate)
        {
            Stats.CountReceived(bytes);
        }
    }

    /// <summary>Counts the answer of such a question.</summary>
    public void CountWordAnswer()
    {
        lock (_gate)
        {
            Stats.CountSent();
        }
    }

    /// <summary>Completes when the connection may be received from again, as far as its own requests go.</summary>
    public ValueTask WaitForRoomAsync() => WaitAsync(all: false);

    /// <summary>Completes when every request that was received has its answer in the output.</summary>
    public ValueTask WaitUntilAnsweredAsync() => WaitAsync(all: true);

    /// <summary>Swaps the gathered output for an empty writer.</summary>
    /// <returns>False when there is no output.</returns>
    public bool TryTakeOutput(ref JuteWriter empty)
    {
        lock (_gate)
        {
            return _output.TryTake(ref empty);
        }
    }

    /// <summary>Ends the connection on the replica's side. The session lives on until it is closed or expires.</summary>
    public void Close()
    {
        lock (_gate)
        {
            if (_phase == Phase.Closed)
            {
                return;
            }

            End();
            _phase = Phase.Closed;
            _replica.Watches.RemoveAll(this);
            _output.Discard();
        }

        _replica.Remove(this);
    }

    /// <summary>Closes, and ends the transport too.</summary>
    public void Drop()
    {
        Close();
        _transport.Abort();
    }

    internal void Flush(bool elsewhere) => _transport.Flush(elsewhere);

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

    /// <param name="all">True waits until nothing is pending, false until there is room for more.</param>
    private ValueTask WaitAsync(bool all)
    {
        lock (_gate)
        {
            if (IsEnding || IsEnough(all))
            {
                return ValueTask.CompletedTask;
            }

            _waitsForAll = all;
            _room = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            return new ValueTask(_room.Task);
        }
    }

    private bool IsEnough(bool all) => all ? _pending.Count == 0 : _pending.HasRoom && _phase != Phase.Waiting;

    private void SignalRoom()
    {
        if (_room is { } waiting && IsEnough(_waitsForAll))
        {
            _room = null;
            waiting.SetResult();
        }
    }

    /// <summary>Takes no more requests and answers no more: what is in the output is the last.</summary>
    private void End()
    {
        _phase = Phase.Closing;
        _pending.Clear();
        SignalRoom();
    }

    private void CountLatency(in PendingRequest pending, long now) =>
        Stats.AddLatency((long)_replica.Clock.GetElapsedTime(pending.ReceivedAt, now).TotalMilliseconds, 1, now);

    private void Take(in ReadOnlySequence<byte> frame, long now)
    {
        if (frame.IsSingleSegment)
        {
            Take(frame.FirstSpan, now);
            return;
        }

        int length = (int)frame.Length;
        byte[] copy = ArrayPool<byte>.Shared.Rent(length);
        try
        {
            frame.CopyTo(copy);
            Take(copy.AsSpan(0, length), now);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(copy);
        }
    }

    private void Take(ReadOnlySpan<byte> frame, long now)
    {
        Stats.CountReceived(Frame.HeaderLength + frame.Length);
        var reader = new JuteReader(frame);
        if (_phase == Phase.New)
        {
            Connect(ConnectRequest.Read(ref reader), now);
            return;
        }

        RequestHeader header = RequestHeader.Read(ref reader);
        if (header.Type is OpCode.Auth or OpCode.Sasl)
        {
            Authenticate(header, ref reader);
            return;
        }

        if (IsReadOnly && OperationTable.Find(header.Type) is WriteOperation { IsForClients: true } refused)
        {
            AnswerReadOnly(header.Xid, refused);
        }
        else if (OperationTable.Find(header.Type) is WriteOperation { IsForClients: true } write && TryDecode(write, ref reader) is { } request)
        {
            request.Xid = header.Xid;
            request.Length = frame.Length;
            Enlist(request, now);
        }
        else if (_pending.Count == 0 || (header.Type == OpCode.Ping && IsKeptWaiting(now)))
        {
            AnswerNow(frame, _identities);
        }
        else
        {
            _pending.AddOther(frame, now, _identities);
        }
    }

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
