using System.Buffers;
using System.IO.Pipelines;
using System.Net;
using System.Net.Sockets;
using System.Threading.Channels;
using OrleansZk.Protocol;
using OrleansZk.Protocol.Records;

namespace OrleansZk.TestKit.Wire;

/// <summary>A client that pipelines without limit, and holds the server to the order of its answers.</summary>
/// <remarks>
/// Thread-safe. Knows frames and headers only; what a request holds is up to the caller (<see cref="WireClientOperations"/> has the usual ones).
/// Nothing is retried and nothing reconnects: a lost connection fails every request that has no answer yet.
/// </remarks>
public sealed class WireClient : IAsyncDisposable
{
    private readonly Socket _socket;
    private readonly PipeReader _input;
    private readonly Lock _gate = new();
    private readonly LinkedList<Expected> _expected = new();
    private readonly SemaphoreSlim _hasOutput = new(0);
    private readonly CancellationTokenSource _ending = new();
    private readonly Channel<WatchedEvent> _events = Channel.CreateUnbounded<WatchedEvent>();
    private readonly TaskCompletionSource<Exception> _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private JuteWriter _output = new();
    private Task _loops = Task.CompletedTask;
    private Exception? _failure;
    private int _nextXid;
    private long _lastZxid;

    private WireClient(Socket socket)
    {
        _socket = socket;
        _input = PipeReader.Create(new NetworkStream(socket, ownsSocket: false));
    }

    /// <summary>The session that the handshake gave.</summary>
    public WireSession Session { get; private set; } = new(0, [], 0);

    /// <summary>True when the server takes reads only, for now.</summary>
    public bool IsReadOnly { get; private set; }

    /// <summary>The highest zxid that a reply or event has shown.</summary>
    public long LastZxid => Interlocked.Read(ref _lastZxid);

    /// <summary>Watch events in the order they came; completed when the connection has ended.</summary>
    public ChannelReader<WatchedEvent> Events => _events.Reader;

    /// <summary>Completes, with the reason, when the connection has ended.</summary>
    public Task<Exception> Ended => _ended.Task;

    public bool IsConnected => !_ended.Task.IsCompleted;

    /// <summary>Requests that wait for their answers.</summary>
    public int Outstanding
    {
        get
        {
            lock (_gate)
            {
                return _expected.Count;
            }
        }
    }

    /// <summary>Connects and shakes hands.</summary>
    /// <param name="timeout">Session timeout to ask for, milliseconds.</param>
    /// <param name="resume">The session to go on with; null for a new one.</param>
    /// <param name="canBeReadOnly">True accepts a server that takes reads only.</param>
    /// <exception cref="KeeperException">The session has expired, or its password is wrong.</exception>
    /// <exception cref="WireConnectionLostException">Nobody listens, or the server closed without an answer.</exception>
    public static async Task<WireClient> ConnectAsync(
        int port,
        int timeout = 10_000,
        WireSession? resume = null,
        long lastZxidSeen = 0,
        bool canBeReadOnly = false,
        CancellationToken cancellationToken = default)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(new IPEndPoint(IPAddress.Loopback, port), cancellationToken).ConfigureAwait(false);
        }
        catch (SocketException e)
        {
            socket.Dispose();
            throw new WireConnectionLostException($"no connection to port {port}: {e.Message}", e);
        }
        catch (OperationCanceledException)
        {
            socket.Dispose();
            throw;
        }

        var client = new WireClient(socket);
        try
        {
            await client.ShakeHandsAsync(timeout, resume, lastZxidSeen, canBeReadOnly, cancellationToken).ConfigureAwait(false);
            client._loops = Task.WhenAll(Task.Run(client.ReceiveLoopAsync, CancellationToken.None), Task.Run(client.SendLoopAsync, CancellationToken.None));
            return client;
        }
        catch (Exception e) when (e is SocketException or IOException)
        {
            await client.DisposeAsync().ConfigureAwait(false);
            throw e as WireConnectionLostException ?? new WireConnectionLostException($"no handshake with port {port}: {e.Message}", e);
        }
        catch
        {
            await client.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Sends a request behind those before it, and completes with its answer.</summary>
    /// <returns>Faults with <see cref="WireConnectionLostException"/> when the connection ends first.</returns>
    public Task<WireReply> SendAsync(OpCode type, Action<JuteWriter>? record = null)
    {
        TaskCompletionSource<WireReply> reply;
        lock (_gate)
        {
            if (_failure is not null)
            {
                return Task.FromException<WireReply>(_failure);
            }

            int xid = type == OpCode.Ping ? ReservedXid.Ping : type == OpCode.SetWatches ? ReservedXid.SetWatches : ++_nextXid;
            reply = new TaskCompletionSource<WireReply>(TaskCreationOptions.RunContinuationsAsynchronously);
            int start = _output.Length;
            _output.WriteInt(0);
            new RequestHeader(xid, type).Write(_output);
            record?.Invoke(_output);
            _output.SetInt(start, _output.Length - start - Frame.HeaderLength);
            _expected.AddLast(new Expected(xid, reply));
        }

        _hasOutput.Release();
        return reply.Task;
    }

    /// <summary>Pings whenever <paramref name="interval"/> has passed, so that the session stays.</summary>
    public void KeepAlive(TimeSpan interval) => _ = Task.Run(async () =>
    {
        using var timer = new PeriodicTimer(interval);
        while (!_ending.IsCancellationRequested && IsConnected && await timer.WaitForNextTickAsync(CancellationToken.None).ConfigureAwait(false))
        {
            _ = SendAsync(OpCode.Ping).ContinueWith(
                static ping => _ = ping.Exception, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        }
    });

    /// <summary>Closes the session and the connection.</summary>
    public async Task<WireReply> CloseSessionAsync()
    {
        WireReply reply = await SendAsync(OpCode.CloseSession).ConfigureAwait(false);
        await DisposeAsync().ConfigureAwait(false);
        return reply;
    }

    /// <summary>Ends the connection; the session stays until it expires.</summary>
    public async ValueTask DisposeAsync()
    {
        Fail(new WireConnectionLostException("the test has ended the connection"));
        _socket.Dispose();
        await _loops.ConfigureAwait(false);
        await _input.CompleteAsync().ConfigureAwait(false);
    }

    private async Task ShakeHandsAsync(
        int timeout, WireSession? resume, long lastZxidSeen, bool canBeReadOnly, CancellationToken cancellationToken)
    {
        var writer = new JuteWriter();
        writer.WriteInt(0);
        new ConnectRequest(0, lastZxidSeen, timeout, resume?.Id ?? 0, resume?.Password ?? new byte[ConnectResponse.PasswordLength], canBeReadOnly)
            .Write(writer);
        writer.SetInt(0, writer.Length - Frame.HeaderLength);
        await SendAllAsync(writer.WrittenMemory, cancellationToken).ConfigureAwait(false);
        ConnectResponse response = await ReadHandshakeAsync(cancellationToken).ConfigureAwait(false);
        if (response.SessionId == 0)
        {
            throw new KeeperException(ErrorCode.SessionExpired);
        }

        Session = new WireSession(response.SessionId, response.Password, response.Timeout);
        IsReadOnly = response.ReadOnly == true;
        RaiseLastZxid(lastZxidSeen);
    }

    private async Task<ConnectResponse> ReadHandshakeAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            ReadResult result = await _input.ReadAsync(cancellationToken).ConfigureAwait(false);
            ReadOnlySequence<byte> buffer = result.Buffer;
            if (Frame.TryRead(ref buffer, int.MaxValue, out ReadOnlySequence<byte> body))
            {
                var reader = new JuteReader(body.ToArray());
                ConnectResponse response = ConnectResponse.Read(ref reader);
                _input.AdvanceTo(buffer.Start);
                return response;
            }

            if (result.IsCompleted)
            {
                throw new WireConnectionLostException("the server closed without answering the handshake");
            }

            _input.AdvanceTo(buffer.Start, buffer.End);
        }
    }

    private async Task ReceiveLoopAsync()
    {
        try
        {
            while (true)
            {
                ReadResult result = await _input.ReadAsync(_ending.Token).ConfigureAwait(false);
                ReadOnlySequence<byte> buffer = result.Buffer;
                while (Frame.TryRead(ref buffer, int.MaxValue, out ReadOnlySequence<byte> body))
                {
                    Take(body.ToArray());
                }

                _input.AdvanceTo(buffer.Start, buffer.End);
                if (result.IsCompleted)
                {
                    throw new WireConnectionLostException(buffer.IsEmpty ? "the server closed the connection" : "the connection ended within a frame");
                }
            }
        }
        catch (Exception e) when (e is IOException or SocketException or ObjectDisposedException or OperationCanceledException)
        {
            Fail(e as WireConnectionLostException ?? new WireConnectionLostException(e.Message, e));
        }
        catch (Exception e) when (e is WireProtocolException or JuteException or InvalidFrameException)
        {
            Fail(e);
        }
    }

    private void Take(byte[] body)
    {
        var reader = new JuteReader(body);
        ReplyHeader header = ReplyHeader.Read(ref reader);
        RaiseLastZxid(header.Zxid);
        if (header.Xid == ReservedXid.Notification)
        {
            WatcherEvent happened = WatcherEvent.Read(ref reader);
            _events.Writer.TryWrite(new WatchedEvent(happened.Type, happened.State, happened.Path, header.Zxid));
            return;
        }

        Expected expected;
        lock (_gate)
        {
            LinkedListNode<Expected>? node = header.Xid == ReservedXid.Ping ? FirstPing() : _expected.First;
            if (node is null)
            {
                throw new WireProtocolException($"an answer to xid {header.Xid}, but nothing was asked");
            }

            expected = node.Value;
            _expected.Remove(node);
        }

        if (expected.Xid != header.Xid)
        {
            var failure = new WireProtocolException($"the next answer should be to xid {expected.Xid}, but is to {header.Xid}");
            expected.Reply.SetException(failure);
            throw failure;
        }

        expected.Reply.SetResult(new WireReply(header.Xid, header.Zxid, header.Error, reader.Rest.ToArray()));
    }

    /// <summary>A ping may be answered before what waits for the leader, and never behind what was asked later.</summary>
    private LinkedListNode<Expected>? FirstPing()
    {
        LinkedListNode<Expected>? node = _expected.First;
        while (node is not null && node.Value.Xid != ReservedXid.Ping)
        {
            node = node.Next;
        }

        return node;
    }

    private void RaiseLastZxid(long zxid)
    {
        long before = Interlocked.Read(ref _lastZxid);
        while (zxid > before)
        {
            long found = Interlocked.CompareExchange(ref _lastZxid, zxid, before);
            if (found == before)
            {
                return;
            }

            before = found;
        }
    }

    private async Task SendLoopAsync()
    {
        var sending = new JuteWriter();
        try
        {
            while (true)
            {
                await _hasOutput.WaitAsync(_ending.Token).ConfigureAwait(false);
                lock (_gate)
                {
                    (_output, sending) = (sending, _output);
                }

                if (sending.Length > 0)
                {
                    await SendAllAsync(sending.WrittenMemory, _ending.Token).ConfigureAwait(false);
                    sending.Clear(1 << 20);
                }
            }
        }
        catch (Exception e) when (e is IOException or SocketException or ObjectDisposedException or OperationCanceledException)
        {
            // The other loop says why: answers may still be on their way when sending has become impossible.
        }
    }

    private async ValueTask SendAllAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        while (!bytes.IsEmpty)
        {
            bytes = bytes[await _socket.SendAsync(bytes, cancellationToken).ConfigureAwait(false)..];
        }
    }

    private void Fail(Exception failure)
    {
        List<Expected> lost;
        lock (_gate)
        {
            if (_failure is not null)
            {
                return;
            }

            _failure = failure;
            lost = [.. _expected];
            _expected.Clear();
        }

        _ending.Cancel();
        foreach (Expected expected in lost)
        {
            expected.Reply.TrySetException(failure);

            // Whoever sent without waiting does not care.
            _ = expected.Reply.Task.Exception;
        }

        _events.Writer.TryComplete();
        _ended.TrySetResult(failure);
    }

    private readonly record struct Expected(int Xid, TaskCompletionSource<WireReply> Reply);
}
