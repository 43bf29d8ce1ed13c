using System.Buffers;
using OrleansZk.Core.Operations;
using OrleansZk.Core.Replication;
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

    private readonly Lock _gate = new();
    private readonly Replica _replica;
    private readonly IConnectionTransport _transport;
    private readonly PendingQueue _pending;
    private readonly ConnectionOutput _output;
    private readonly long _newSessionId;
    private Phase _phase = Phase.New;
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

    /// <summary>Since when the connection ends, a timestamp; null while it does not.</summary>
    internal long? EndingSince { get; private set; }

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
        EndingSince = _replica.Clock.GetTimestamp();
        _pending.Clear();
        SignalRoom();
    }

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
}
