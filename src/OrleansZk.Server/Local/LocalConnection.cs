using System.Buffers;
using OrleansZk.Client;
using OrleansZk.Core.Replication;
using OrleansZk.Core.Sessions;
using OrleansZk.Protocol;
using OrleansZk.Protocol.Records;

namespace OrleansZk.Server.Local;

/// <summary>Takes what a <see cref="LocalConnection"/> brings, in order. Calls do not overlap, and must neither wait nor call back.</summary>
internal interface ILocalClient
{
    void OnReply(ClientRequest request, ClientReply reply, object? state);

    void OnEvent(in WatchedEvent e);

    /// <summary>The connection has ended; what has no answer yet gets none.</summary>
    void OnClosed();
}

/// <summary>A client's connection to the replica of its own process: the same frames as on a socket, without the socket. Thread-safe.</summary>
internal sealed class LocalConnection : IConnectionTransport
{
    // No address of a client, so that no ACL by address lets it in.
    private const string NoAddress = "0.0.0.0";
    private const int KeptCapacity = 64 << 10;

    /// <summary>Bytes of requests that may wait to be taken, while the leader is slow or there is none.</summary>
    internal const int MaxGathered = 64 << 20;

    private readonly Lock _inGate = new();
    private readonly Lock _outGate = new();
    private readonly Replica _replica;
    private readonly ILocalClient _client;
    private readonly ClientConnection _connection;
    private readonly Queue<Expected> _expected = new();

    // Their answers pass those of writes that wait.
    private readonly Queue<Expected> _expectedPings = new();
    private readonly Queue<Expected> _expectedAuths = new();
    private readonly TaskCompletionSource<ConnectResponse?> _connected = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private JuteWriter _gathered = new();
    private JuteWriter _receiving = new();
    private JuteWriter _taken = new();
    private bool _isReceiving;
    private bool _isConnected;
    private bool _isClosed;
    private volatile bool _isAborted;

    // One as long as the connection is being made: what is flushed meanwhile waits.
    private int _flushes = 1;
    private int _xid;

    /// <param name="name">For people, where others have an address.</param>
    /// <param name="newSessionId">The id for a new session; 0 draws one.</param>
    public LocalConnection(Replica replica, ILocalClient client, string name, long newSessionId = 0)
    {
        _replica = replica;
        _client = client;
        _connection = replica.Connect(this, name, NoAddress, newSessionId);
        if (Interlocked.Decrement(ref _flushes) != 0)
        {
            PassOn();
        }
    }

    /// <summary>Unique among all connections of the ensemble.</summary>
    public long Token => _connection.Token;

    /// <summary>Opens a session, or goes on with one.</summary>
    /// <param name="sessionId">0 for a new one.</param>
    /// <param name="timeout">Milliseconds.</param>
    /// <returns>Null when the connection was closed; a session id of 0 when the session has expired.</returns>
    public Task<ConnectResponse?> ConnectAsync(long sessionId, int timeout, long lastZxidSeen)
    {
        byte[]? password = sessionId == 0 ? new byte[ConnectResponse.PasswordLength] : _replica.PasswordOf(sessionId);
        var request = new ConnectRequest(0, lastZxidSeen, timeout, sessionId, password, false);
        Gather(request, static (writer, request) => request.Write(writer), null);
        return _connected.Task;
    }

    /// <summary>Sends a request behind those that were sent before.</summary>
    /// <param name="state">Handed back with the answer.</param>
    /// <returns>False when the connection has ended: there will be no answer.</returns>
    /// <exception cref="KeeperException">Clients cannot ask for that, it is too large, or too much waits already (<see cref="ErrorCode.ThrottledOp"/>).</exception>
    public bool Send(ClientRequest request, object? state) => Gather(
        (Request: request, Xid: Interlocked.Increment(ref _xid)),
        static (writer, sent) => ClientCodec.WriteRequest(writer, sent.Xid & int.MaxValue, sent.Request),
        new Expected(request, state));

    /// <summary>Leaves the session to whoever goes on with it, or to its timeout.</summary>
    public void Close() => _connection.Drop();

    void IConnectionTransport.Flush(bool elsewhere) => Flush(elsewhere);

    void IConnectionTransport.Resume()
    {
        lock (_inGate)
        {
            if (_isReceiving)
            {
                return;
            }

            _isReceiving = true;
        }

        ThreadPool.UnsafeQueueUserWorkItem(static connection => _ = connection.ReceiveAsync(), this, preferLocal: false);
    }

    void IConnectionTransport.Abort()
    {
        _isAborted = true;
        Flush(elsewhere: true);
    }

    private void Flush(bool elsewhere)
    {
        if (Interlocked.Increment(ref _flushes) != 1)
        {
            return;
        }

        if (elsewhere)
        {
            ThreadPool.UnsafeQueueUserWorkItem(static connection => connection.PassOn(), this, preferLocal: false);
        }
        else
        {
            PassOn();
        }
    }

    /// <returns>False when the connection has ended.</returns>
    private bool Gather<T>(T content, Action<JuteWriter, T> write, Expected? expected)
    {
        lock (_inGate)
        {
            if (_gathered.Length >= MaxGathered)
            {
                throw new KeeperException(ErrorCode.ThrottledOp);
            }

            int start = _gathered.Length;
            _gathered.WriteInt(0);
            try
            {
                write(_gathered, content);
            }
            catch
            {
                _gathered.Truncate(start);
                throw;
            }

            int length = _gathered.Length - start - Frame.HeaderLength;
            if (length > _replica.Limits.MaxFrameLength)
            {
                // On a socket it would end the connection, which here may be that of many.
                _gathered.Truncate(start);
                throw new KeeperException(ErrorCode.BadArguments);
            }

            _gathered.SetInt(start, length);
            if (expected is { } reply)
            {
                lock (_outGate)
                {
                    if (_isClosed)
                    {
                        _gathered.Truncate(start);
                        return false;
                    }

                    QueueOf(reply.Request.Code).Enqueue(reply);
                }
            }

            if (_isReceiving)
            {
                return true;
            }

            _isReceiving = true;
        }

        _ = ReceiveAsync();
        return true;
    }

    /// <summary>Hands over what has gathered: one thread at a time, whoever comes first.</summary>
    private async Task ReceiveAsync()
    {
        try
        {
            while (true)
            {
                lock (_inGate)
                {
                    if ((_gathered.Length == 0 && !_connection.HasReady) || _connection.IsEnding)
                    {
                        _isReceiving = false;
                        break;
                    }

                    (_gathered, _receiving) = (_receiving, _gathered);
                }

                var frames = new ReadOnlySequence<byte>(_receiving.WrittenMemory);
                while (_connection.Receive(ref frames))
                {
                    await _connection.WaitForRoomAsync().ConfigureAwait(false);
                    await _replica.WaitForRoomAsync().ConfigureAwait(false);
                }

                _receiving.Clear(KeptCapacity);
                if (_connection.Outstanding > 0)
                {
                    await _replica.WaitForRoomAsync().ConfigureAwait(false);
                }
            }
        }
#pragma warning disable CA1031 // A request that is too large, for example: whatever it is, a socket would be closed too.
        catch (Exception)
#pragma warning restore CA1031
        {
            _connection.Drop();
        }

        if (_connection.IsEnding)
        {
            // It may have ended without a word: a handshake that is refused.
            Flush(elsewhere: true);
        }
    }

    private void PassOn()
    {
        int seen;
        do
        {
            seen = Volatile.Read(ref _flushes);

            // Asked first: what comes before the end is in the output by now.
            bool ends = _isAborted || _connection.IsEnding;
            try
            {
                PassOnOutput();
            }
            catch (Exception e) when (e is JuteException or InvalidOperationException)
            {
                // An answer that does not fit its request: nothing behind it can be told apart any more.
                ends = true;
            }

            if (ends)
            {
                End();
            }
        }
        while (Interlocked.Add(ref _flushes, -seen) != 0);
    }

    private void PassOnOutput()
    {
        while (!_isClosed && _connection.TryTakeOutput(ref _taken))
        {
            var output = new ReadOnlySequence<byte>(_taken.WrittenMemory);
            while (Frame.TryRead(ref output, int.MaxValue, out ReadOnlySequence<byte> frame))
            {
                PassOn(frame.FirstSpan);
            }

            _taken.Clear(KeptCapacity);
        }
    }

    private void PassOn(ReadOnlySpan<byte> frame)
    {
        var reader = new JuteReader(frame);
        if (!_isConnected)
        {
            _isConnected = true;
            _connected.TrySetResult(ConnectResponse.Read(ref reader));
            return;
        }

        ReplyHeader header = ReplyHeader.Read(ref reader);
        if (header.Xid == ReservedXid.Notification)
        {
            WatcherEvent e = WatcherEvent.Read(ref reader);
            _client.OnEvent(new WatchedEvent(e.Type, e.State, e.Path, header.Zxid));
            return;
        }

        Expected expected;
        lock (_outGate)
        {
            expected = header.Xid switch
            {
                ReservedXid.Ping => _expectedPings.Dequeue(),
                ReservedXid.Auth => _expectedAuths.Dequeue(),
                _ => _expected.Dequeue(),
            };
        }

        _client.OnReply(expected.Request, ClientCodec.ReadReply(ref reader, header, expected.Request), expected.State);
    }

    private Queue<Expected> QueueOf(OpCode code) => code switch
    {
        OpCode.Ping => _expectedPings,
        OpCode.Auth => _expectedAuths,
        _ => _expected,
    };

    private void End()
    {
        lock (_outGate)
        {
            if (_isClosed)
            {
                return;
            }

            _isClosed = true;
        }

        _connection.Close();
        _connected.TrySetResult(null);
        _client.OnClosed();
    }

    private readonly record struct Expected(ClientRequest Request, object? State);
}
