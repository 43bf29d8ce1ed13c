using System.Buffers;
using System.Diagnostics;
using System.IO.Pipelines;
using System.Net;
using System.Net.Sockets;
using OrleansZk.Histories;
using OrleansZk.Protocol;
using OrleansZk.Protocol.Records;
using OrleansZk.Simulation.Clients;

namespace OrleansZk.Ensemble.Chaos;

/// <summary>A client as its library makes it, recorded: one session after the other, over whichever server answers, with pipelining and watches.</summary>
internal sealed class ChaosClient(string name, Cluster cluster, History history, Random random) : IDisposable
{
    private const int MostOutstanding = 12;

    private static readonly TimeSpan SessionTimeout = TimeSpan.FromSeconds(4);
    private static readonly TimeSpan PingInterval = SessionTimeout / 4;
    private static readonly WorkloadOptions Options = new() { ThinkTime = TimeSpan.FromMilliseconds(8), Appends = 4 };

    private readonly Workload _workload = new(name, Options, random);
    private readonly CancellationTokenSource _ending = new();
    private readonly Lock _gate = new();
    private readonly Queue<Operation> _outstanding = new();
    private ClientSession _session = new();
    private ConnectionRecord? _record;
    private Socket? _socket;
    private Task _running = Task.CompletedTask;
    private long _heardAt;
    private volatile bool _isQuiet;

    public void Start() => _running = Task.Run(RunAsync);

    /// <summary>Asks for nothing new any more.</summary>
    public void BeQuiet() => _isQuiet = true;

    /// <summary>Waits until a server has the client and nothing waits for an answer; then looks at everything, at the very newest state.</summary>
    public async Task LookAtEverythingAsync()
    {
        List<Request> requests = [new Request(OpCode.Sync, "/")];
        foreach (string path in Workload.AllPaths)
        {
            requests.Add(new Request(OpCode.GetData, path));
            requests.Add(new Request(OpCode.GetChildren2, path));
        }

        Operation[] looks = [];
        await cluster.WaitUntilAsync(
            () =>
            {
                lock (_gate)
                {
                    if (_record is not null && _outstanding.Count == 0 && (looks.Length == 0 || looks.Any(look => look.Outcome != Outcome.Answered)))
                    {
                        looks = [.. Ask(requests)];
                    }

                    return ValueTask.FromResult(looks.Length > 0 && looks.All(look => look.Outcome == Outcome.Answered));
                }
            },
            $"{name} looking at everything");
    }

    /// <summary>Goes, and leaves its session to expire.</summary>
    public async Task StopAsync()
    {
        await _ending.CancelAsync();
        await _running;
    }

    public void Dispose() => _ending.Dispose();

    private async Task RunAsync()
    {
        while (!_ending.IsCancellationRequested)
        {
            ClusterServer server = cluster.Servers[random.Next(cluster.Servers.Count)];
            ConnectionRecord record = history.Connect(name, server.Id);
            using var connection = CancellationTokenSource.CreateLinkedTokenSource(_ending.Token);
            string why = "the test is over";
            try
            {
                await ServeAsync(server, record, connection);
            }
            catch (Exception e) when (e is IOException or SocketException or OperationCanceledException or ObjectDisposedException)
            {
                why = e.Message;
            }
            catch (Exception e) when (e is WireProtocolException or JuteException or InvalidFrameException)
            {
                record.Anomaly(e.Message);
            }

            lock (_gate)
            {
                record.Lost(why);
                _record = null;
                _outstanding.Clear();
            }

            await Task.Delay(random.Next(10, 60));
        }
    }

    private async Task ServeAsync(ClusterServer server, ConnectionRecord record, CancellationTokenSource connection)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(connection.Token);
        patience.CancelAfter(SessionTimeout / 2);
        await socket.ConnectAsync(new IPEndPoint(IPAddress.Loopback, server.Port), patience.Token);
        PipeReader input = PipeReader.Create(new NetworkStream(socket));
        await socket.SendAsync(
            WireRequests.ConnectFrame(new ConnectRequest(0, _session.LastZxid, (int)SessionTimeout.TotalMilliseconds, _session.Id, _session.Password, false)),
            patience.Token);
        if (!Greeted(WireReplies.Connect(await ReadAsync(input, patience.Token)), record, socket))
        {
            return;
        }

        Task talking = Task.Run(() => TalkAsync(connection), CancellationToken.None);
        try
        {
            while (true)
            {
                Take(WireReplies.Read(await ReadAsync(input, connection.Token)), record);
            }
        }
        finally
        {
            await connection.CancelAsync();
            await talking;
            await input.CompleteAsync();
        }
    }

    private bool Greeted(in ConnectResponse response, ConnectionRecord record, Socket socket)
    {
        lock (_gate)
        {
            if (response.SessionId == 0)
            {
                record.Expired(_session.Id);
                _session = new ClientSession();
                return false;
            }

            var timeout = TimeSpan.FromMilliseconds(response.Timeout);
            if (_session.Id == 0)
            {
                record.Opened(response.SessionId, timeout);
            }
            else
            {
                record.Resumed(response.SessionId, timeout);
            }

            (_session.Id, _session.Password, _session.Timeout) = (response.SessionId, response.Password, timeout);
            (_socket, _record, _heardAt) = (socket, record, Stopwatch.GetTimestamp());
            if (_session.IsClosing)
            {
                Ask([new Request(OpCode.CloseSession)]);
            }
            else if (_session.HasWatches)
            {
                Ask([_session.Rearm()]);
            }

            return true;
        }
    }

    private void Take(WireReply reply, ConnectionRecord record)
    {
        lock (_gate)
        {
            _heardAt = Stopwatch.GetTimestamp();
            if (reply.Xid == ReservedXid.Ping)
            {
                return; // May come out of order, and says nothing.
            }

            _session.LastZxid = Math.Max(_session.LastZxid, reply.Zxid);
            if (reply.Xid == ReservedXid.Notification)
            {
                WatchedEvent happened = WireReplies.Event(reply);
                record.Fired(happened.Type, happened.Path, happened.Zxid);
                _session.OnEvent(happened.Type, happened.Path);
                return;
            }

            if (!_outstanding.TryPeek(out Operation? operation) || operation.Xid != reply.Xid)
            {
                throw new WireProtocolException($"an answer to #{reply.Xid} came where #{operation?.Xid} was due");
            }

            _outstanding.Dequeue();
            Answer answer = Wire.Decode(reply, operation.Request.Type);
            record.Answered(operation, answer);
            _session.OnAnswered(operation.Request, answer);
            _workload.OnAnswered(operation.Request, answer);
            if (operation.Request.Type == OpCode.CloseSession && answer.Error == ErrorCode.Ok)
            {
                // Nothing more is asked over this connection: its record is the old session's.
                (_session, _record) = (new ClientSession(), null);
                throw new IOException("the session is closed");
            }
        }
    }

    private async Task TalkAsync(CancellationTokenSource connection)
    {
        long pingedAt = Stopwatch.GetTimestamp();
        try
        {
            while (true)
            {
                await Task.Delay(_isQuiet ? TimeSpan.FromMilliseconds(20) : _workload.NextThinkTime, connection.Token);
                lock (_gate)
                {
                    if (Stopwatch.GetElapsedTime(_heardAt) > SessionTimeout * 2 / 3)
                    {
                        connection.Cancel();
                    }

                    if (Stopwatch.GetElapsedTime(pingedAt) > PingInterval)
                    {
                        pingedAt = Stopwatch.GetTimestamp();
                        Send([WireRequests.Ping().ToFrame(ReservedXid.Ping)]);
                    }

                    Talk();
                }
            }
        }
        catch (OperationCanceledException)
        {
            // The connection is over.
        }
    }

    private void Talk()
    {
        if (_isQuiet || _record is null || _session.IsClosing || _outstanding.Count >= MostOutstanding)
        {
            return;
        }

        var requests = new List<Request>();
        for (int i = _workload.NextPacketSize; i > 0 && !_session.IsClosing; i--)
        {
            Request request = _workload.Next();
            requests.Add(request);
            _session.IsClosing |= request.Type == OpCode.CloseSession;
        }

        Ask(requests);
    }

    private List<Operation> Ask(IReadOnlyList<Request> requests)
    {
        var frames = new List<byte[]>();
        var operations = new List<Operation>();
        foreach (Request request in requests)
        {
            WireRequest wire = Wire.Encode(request);
            int xid = wire.ReservedXid ?? ++_session.LastXid;
            Operation operation = _record!.Invoke(request, xid);
            operations.Add(operation);
            _outstanding.Enqueue(operation);
            frames.Add(wire.ToFrame(xid));
        }

        Send(frames);
        return operations;
    }

    private void Send(IReadOnlyList<byte[]> frames)
    {
        try
        {
            _socket!.Send([.. frames.SelectMany(frame => frame)]);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // The receiving side says that the connection is over.
        }
    }

    private static async Task<byte[]> ReadAsync(PipeReader input, CancellationToken cancellationToken)
    {
        while (true)
        {
            ReadResult result = await input.ReadAsync(cancellationToken);
            ReadOnlySequence<byte> buffer = result.Buffer;
            if (Frame.TryRead(ref buffer, int.MaxValue, out ReadOnlySequence<byte> body))
            {
                byte[] bytes = body.ToArray();
                input.AdvanceTo(buffer.Start);
                return bytes;
            }

            input.AdvanceTo(buffer.Start, buffer.End);
            if (result.IsCompleted)
            {
                throw new IOException("the server closed the connection");
            }
        }
    }
}
