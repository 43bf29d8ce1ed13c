using OrleansZk.Core.Replication;
using OrleansZk.Protocol;

namespace OrleansZk.Core.Sessions;

/// <summary>One client's connection to a replica: takes its frames, keeps its requests in order, gathers its answers and events.</summary>
/// <remarks>
/// <para>A read is answered at once when nothing waits before it. Behind a write it waits, and is executed when that has its answer and the client has room for more,
/// but before the session's next write is applied. So every request sees what came before it in its session, and nothing that comes after.</para>
/// <para>Locks are taken in this order: the replica's, the connection's.</para>
/// </remarks>
public sealed partial class ClientConnection
{
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
    private volatile bool _hasReady;
    private bool _isWriteHeldBack;
    private long _partsSent;
    private long _progressSeen;
    private long? _stalledSince;

    internal ClientConnection(Replica replica, IConnectionTransport transport, long token, string clientAddress, string clientIp, long newSessionId)
    {
        _replica = replica;
        _newSessionId = newSessionId;
        _transport = transport;
        _pending = new PendingQueue(replica.Limits.MaxPending, replica.Limits.MaxPendingBytes, replica.Limits.MaxBetweenWrites);
        _output = new ConnectionOutput(Stats, replica.Output);
        Token = token;
        ClientAddress = clientAddress;
        ClientIp = clientIp;
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

    /// <summary>The client's address alone.</summary>
    internal string ClientIp { get; }

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

    /// <summary>True while requests wait that need no leader: <see cref="Receive"/> executes them, whether or not there is more to receive.</summary>
    public bool HasReady => _hasReady;

    /// <summary>Bytes that are ready for the client, and have not been sent.</summary>
    public long Unsent
    {
        get
        {
            lock (_gate)
            {
                return _output.Unsent;
            }
        }
    }

    /// <summary>True when the client has taken nothing of what is ready for it between the last two looks.</summary>
    internal bool IsStalled => _stalledSince is not null;

    /// <summary>Set by the replica while it applies a group.</summary>
    internal bool IsTouched { get; set; }

    /// <summary>Set by the replica when it is about to drop the connection.</summary>
    internal bool IsDropping { get; set; }

    internal Lock Gate => _gate;

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

    /// <summary>Completes when every request that was received has its answer in the output, or <see cref="HasReady"/>.</summary>
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

    /// <summary>Says that a part of what <see cref="TryTakeOutput"/> has handed out was sent: the client takes what is ready for it.</summary>
    public void NoteProgress() => Volatile.Write(ref _partsSent, _partsSent + 1);

    /// <summary>Looks whether the client takes what is ready for it. To be called every now and then.</summary>
    /// <returns>How long it has taken nothing; zero when it need not take anything.</returns>
    internal TimeSpan LookForProgress()
    {
        lock (_gate)
        {
            long now = _replica.Clock.GetTimestamp();
            long progress = _output.Progress + Volatile.Read(ref _partsSent);
            bool hasMoved = progress != _progressSeen;
            _progressSeen = progress;

            // A connection that ends waits for its client to take the last, be it from the transport.
            bool isWaitedFor = _output.Unsent > 0 || IsEnding;
            if (isWaitedFor && !hasMoved)
            {
                _stalledSince ??= now;
                return _replica.Clock.GetElapsedTime(_stalledSince.Value, now);
            }

            _stalledSince = null;
            if (isWaitedFor)
            {
                // It lives, though nothing is read from it meanwhile, its pings included.
                LastHeardAt = now;
            }

            return TimeSpan.Zero;
        }
    }

    /// <summary>The connection that had the session before, to be dropped by the caller once it holds no lock; null when there was none.</summary>
    internal ClientConnection? TakeDisplaced()
    {
        lock (_gate)
        {
            (ClientConnection? displaced, _displaced) = (_displaced, null);
            return displaced;
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

    /// <summary>Has the output sent, and what can go on go on.</summary>
    internal void Flush(bool elsewhere)
    {
        _transport.Flush(elsewhere);
        if (_hasReady)
        {
            _transport.Resume();
        }
    }

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

    private bool IsEnough(bool all)
    {
        if (_pending.HasReady)
        {
            return all || _phase != Phase.Waiting;
        }

        if (_pending.Count == 0)
        {
            return all || (_phase != Phase.Waiting && !IsBraked);
        }

        return !all && _pending.HasRoom && _phase != Phase.Waiting && !IsBraked && (!_isWriteHeldBack || _pending.MayAddWrite);
    }

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
        _stalledSince ??= _replica.Clock.GetTimestamp();
        _pending.Clear();
        _hasReady = false;
        _brakeTimer?.Dispose();
        _brakeTimer = null;
        SignalRoom();
    }
}
