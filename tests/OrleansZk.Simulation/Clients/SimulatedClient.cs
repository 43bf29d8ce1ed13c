using OrleansZk.Histories;
using OrleansZk.Protocol;
using OrleansZk.Protocol.Records;
using OrleansZk.Simulation.Network;
using OrleansZk.Simulation.Servers;
using OrleansZk.Simulation.World;
using OrleansZk.TestKit.Wire;

namespace OrleansZk.Simulation.Clients;

/// <summary>A client as its library makes it: one session after the other, each over whatever server answers, with pings, pipelining and watches.</summary>
internal sealed class SimulatedClient : ILinkClient
{
    private readonly ClientSurroundings _world;
    private readonly IWorkload _workload;
    private readonly TimeSpan _wantedTimeout;
    private readonly Queue<Operation> _outstanding = new();
    private ClientSession _session = new();
    private ClientLink? _link;
    private ConnectionRecord? _record;
    private bool _isEstablished;
    private bool _isReadOnly;
    private bool _wasConnected;
    private bool _isAnsweredOnce;
    private long _heardAt;
    private long _sentAt;
    private bool _isQuiet;
    private bool _isLooking;
    private bool _hasLooked;

    public SimulatedClient(string name, int host, ClientSurroundings world, IWorkload workload, TimeSpan wantedTimeout)
    {
        _world = world;
        _wantedTimeout = wantedTimeout;
        Process = new SimulatedProcess(world.Queue, name, host);
        _workload = workload;
    }

    public SimulatedProcess Process { get; }

    /// <summary>True when a server without a leader is better than none.</summary>
    public bool TakesReadOnly { get; init; }

    /// <summary>How it takes what has come; null takes all at once.</summary>
    public ReadingHabit? Habit { get; init; }

    /// <summary>True for a client that asks for much: it is not among those whose service the others must not disturb.</summary>
    public bool IsAdversary { get; init; }

    /// <summary>True when it has looked at everything, and has its answers.</summary>
    public bool IsDone => !Process.IsAlive || _hasLooked;

    public void Start()
    {
        Process.Start();
        Later(TimeSpan.FromMilliseconds(_world.Queue.Random.Next(200)), Connect);
        Later(_wantedTimeout / 6, Tick);
        Later(_workload.NextThinkTime, Talk);
    }

    /// <summary>Dies without a word; its session is left to expire.</summary>
    public void Kill()
    {
        _record?.Lost("the client died");
        _record = null;
        Process.Kill();
        _outstanding.Clear();
        _isEstablished = false;
    }

    /// <summary>Its connection breaks.</summary>
    public void Drop()
    {
        if (_link is not null && Process.IsAlive)
        {
            Disconnect("broken");
        }
    }

    /// <summary>Asks for nothing new any more, and reads what has come.</summary>
    public void BeQuiet()
    {
        _isQuiet = true;
        if (Process.IsAlive)
        {
            _link?.ReadAtOnce();
        }
    }

    /// <summary>Looks at everything once more, at the very newest state.</summary>
    public void LookAtEverything()
    {
        List<Request> requests = [new Request(OpCode.Sync, "/")];
        foreach (string path in Workload.AllPaths)
        {
            requests.Add(new Request(OpCode.GetData, path));
            requests.Add(new Request(OpCode.GetChildren2, path));
        }

        LookAt(requests);
    }

    /// <summary>Asks for something as its last, once it has a session and all other answers.</summary>
    public void LookAt(IReadOnlyList<Request> requests)
    {
        if (!Process.IsAlive)
        {
            return;
        }

        if (!_isEstablished || _isReadOnly || _outstanding.Count > 0 || _session.IsClosing)
        {
            Later(TimeSpan.FromMilliseconds(100), () => LookAt(requests));
            return;
        }

        Ask(requests);
        _isLooking = true;
    }

    void ILinkClient.OnFrame(ClientLink link, byte[] body)
    {
        if (!ReferenceEquals(link, _link))
        {
            return;
        }

        _heardAt = _world.Queue.Now;
        try
        {
            if (!_isAnsweredOnce)
            {
                _isAnsweredOnce = true;
                Greeted(WireReplies.Connect(body));
            }
            else
            {
                Take(WireReplies.Read(body));
            }
        }
        catch (Exception e) when (e is WireProtocolException or JuteException)
        {
            _record!.Anomaly($"{e.Message}");
            Disconnect("it sent what cannot be read");
        }
    }

    void ILinkClient.OnClosed(ClientLink link)
    {
        if (ReferenceEquals(link, _link))
        {
            Disconnected("closed by the server");
        }
    }

    private void Later(TimeSpan delay, Action work) => _world.Queue.Schedule(delay, Process, work);

    private void Connect()
    {
        if (_link is not null)
        {
            return;
        }

        ISimulatedServer server = _world.Servers[_world.Queue.Random.Next(_world.Servers.Count)];
        _record = _world.History.Connect(Process.Name, server.Id);
        _heardAt = _sentAt = _world.Queue.Now;
        _isAnsweredOnce = false;
        _wasConnected = false;
        _link = ClientLink.Connect(_world.Fabric, this, server, _world.Tamper(), _isQuiet ? null : Habit);
        _link.Send([WireRequests.ConnectFrame(new ConnectRequest(
            0, _session.LastZxid, (int)_wantedTimeout.TotalMilliseconds, _session.Id, _session.Password, TakesReadOnly))]);
    }

    private void Greeted(in ConnectResponse response)
    {
        if (response.SessionId == 0)
        {
            _record!.Expired(_session.Id, response.ReadOnly == true);
            _session = new ClientSession();
            Disconnect("the session has expired");
            return;
        }

        var timeout = TimeSpan.FromMilliseconds(response.Timeout);
        bool isNew = _session.Id == 0;
        _isReadOnly = response.ReadOnly == true;
        if (_isReadOnly && (isNew || _session.IsClosing))
        {
            Disconnect("without a leader no session begins or ends");
            return;
        }

        (_session.Id, _session.Password, _session.Timeout) = (response.SessionId, response.Password, timeout);
        if (isNew)
        {
            _record!.Opened(response.SessionId, timeout);
        }
        else
        {
            _record!.Resumed(response.SessionId, timeout, _isReadOnly);
        }

        _world.Trace.Add("session", Process.Name, response.SessionId);
        _isEstablished = true;
        _wasConnected = true;
        _link!.ReadByHabit();
        if (_session.IsClosing)
        {
            Ask([new Request(OpCode.CloseSession)]);
        }
        else if (_session.HasWatches)
        {
            Ask([_session.Rearm()]);
        }
    }

    private void Take(WireReply reply)
    {
        _session.LastZxid = Math.Max(_session.LastZxid, reply.Zxid);
        if (reply.Xid == ReservedXid.Notification)
        {
            WatchedEvent happened = WireReplies.Event(reply);
            _record!.Fired(happened.Type, happened.Path, happened.Zxid);
            _session.OnEvent(happened.Type, happened.Path);
            return;
        }

        if (reply.Xid == ReservedXid.Ping)
        {
            // It may pass writes that wait for a leader, and says nothing of the state.
            return;
        }

        if (!_outstanding.TryPeek(out Operation? operation) || operation.Xid != reply.Xid)
        {
            _record!.Anomaly($"an answer to #{reply.Xid} came where #{operation?.Xid} was due");
            Disconnect("it answers out of order");
            return;
        }

        _outstanding.Dequeue();
        _hasLooked |= _isLooking && _outstanding.Count == 0;
        Answer answer = Wire.Decode(reply, operation.Request.Type);
        _record!.Answered(operation, answer);
        _session.OnAnswered(operation.Request, answer);
        _workload.OnAnswered(operation.Request, answer);
        if (operation.Request.Type == OpCode.CloseSession && answer.Error == ErrorCode.Ok)
        {
            _session = new ClientSession();
            Disconnect("the session is closed");
        }
    }

    private void Talk()
    {
        if (_isQuiet)
        {
            return;
        }

        if (_isEstablished && !_session.IsClosing && _outstanding.Count < _workload.MaxOutstanding)
        {
            var requests = new List<Request>();
            for (int i = _workload.NextPacketSize; i > 0 && !_session.IsClosing; i--)
            {
                Request request = _isReadOnly ? _workload.NextRead() : _workload.Next();
                requests.Add(request);
                _session.IsClosing |= request.Type == OpCode.CloseSession;
            }

            Ask(requests);
        }

        Later(_workload.NextThinkTime, Talk);
    }

    private void Ask(IReadOnlyList<Request> requests)
    {
        var frames = new List<byte[]>();
        foreach (Request request in requests)
        {
            WireRequest wire = Wire.Encode(request);
            int xid = wire.ReservedXid ?? ++_session.LastXid;
            _outstanding.Enqueue(_record!.Invoke(request, xid));
            frames.Add(wire.ToFrame(xid));
        }

        _sentAt = _world.Queue.Now;
        _link!.Send(frames);
    }

    /// <summary>Pings when it has been silent, and gives a server up that has been.</summary>
    private void Tick()
    {
        Later(_wantedTimeout / 6, Tick);
        if (_link is null)
        {
            return;
        }

        if (_isEstablished && _isReadOnly && _world.Queue.Random.Next(4) == 0)
        {
            Disconnect("looks for a server that has a leader");
            return;
        }

        if (Habit is { BytesPerStep: 0 } && _isEstablished && !_isQuiet)
        {
            // It hears nothing because it does not read.
            return;
        }

        TimeSpan silence = TimeSpan.FromTicks(_world.Queue.Now - _heardAt);
        if (silence > (_isEstablished ? _wantedTimeout * 2 / 3 : _wantedTimeout / 3))
        {
            Disconnect("nothing heard");
        }
        else if (_isEstablished && TimeSpan.FromTicks(_world.Queue.Now - _sentAt) >= _wantedTimeout / 3)
        {
            _sentAt = _world.Queue.Now;
            _link.Send([WireRequests.Ping().ToFrame(ReservedXid.Ping)]);
        }
    }

    private void Disconnect(string why)
    {
        _link?.Close();
        Disconnected(why);
    }

    private void Disconnected(string why)
    {
        _world.Trace.Add("lost its connection", Process.Name, _link?.ServerId ?? -1);
        _record?.Lost(why);
        _record = null;
        _link = null;
        _isEstablished = false;
        _outstanding.Clear();
        Later(TimeSpan.FromMilliseconds(_world.Queue.Random.Next(_wasConnected ? 50 : 400)), Connect);
    }
}

/// <summary>What clients need of the world they are in.</summary>
internal sealed record ClientSurroundings(
    EventQueue Queue, Trace Trace, Fabric Fabric, History History, IReadOnlyList<ISimulatedServer> Servers)
{
    /// <summary>What spoils a new connection, if anything does.</summary>
    public Func<ILinkTampering?> Tamper { get; init; } = () => null;
}
