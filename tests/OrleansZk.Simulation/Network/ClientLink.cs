using System.Buffers;
using OrleansZk.Core.Replication;
using OrleansZk.Core.Sessions;
using OrleansZk.Protocol;
using OrleansZk.Simulation.Clients;
using OrleansZk.Simulation.Scenarios;
using OrleansZk.Simulation.Servers;
using OrleansZk.Simulation.World;

namespace OrleansZk.Simulation.Network;

/// <summary>What a client does with what comes over its connection.</summary>
internal interface ILinkClient
{
    SimulatedProcess Process { get; }

    void OnFrame(ClientLink link, byte[] body);

    /// <summary>Refused, ended or broken; the last call.</summary>
    void OnClosed(ClientLink link);
}

/// <summary>A connection of a client to a server: bytes, in packets of any size.</summary>
internal sealed class ClientLink : IConnectionTransport
{
    // As a power of two: milliseconds between two looks whether there is room again.
    private const int LongestPause = 4;

    private readonly Fabric _fabric;
    private readonly ILinkClient _client;
    private readonly ISimulatedServer _server;
    private readonly ILinkTampering? _tampering;
    private readonly List<byte> _atClient = [];
    private readonly List<byte> _atServer = [];
    private readonly ReadingHabit? _habit;
    private readonly List<byte> _unread = [];
    private Pipe? _toServer;
    private Pipe? _toClient;
    private Replica? _replica;
    private ClientConnection? _connection;
    private int _generation;
    private JuteWriter _taking = new();
    private int _sentOfTaking;
    private int _inFlight;
    private int _pauses;
    private bool _isClosedHere;
    private bool _isClosedThere;
    private bool _waitsForRoom;
    private bool _waitsForClient;
    private bool _readsByHabit;
    private bool _isStepping;

    private ClientLink(Fabric fabric, ILinkClient client, ISimulatedServer server, ILinkTampering? tampering, ReadingHabit? habit)
    {
        (_fabric, _client, _server, _tampering, _habit) = (fabric, client, server, tampering, habit);
    }

    public int ServerId => _server.Id;

    /// <summary>Begins to connect; what is sent before the server has answered goes along.</summary>
    /// <param name="habit">How the client takes what has come, once it says so; null takes all at once.</param>
    public static ClientLink Connect(
        Fabric fabric, ILinkClient client, ISimulatedServer server, ILinkTampering? tampering, ReadingHabit? habit = null)
    {
        var link = new ClientLink(fabric, client, server, tampering, habit);
        if (!server.Process.IsAlive)
        {
            fabric.Queue.Schedule(fabric.NextDelay(), client.Process, link.OnBrokenHere);
            return link;
        }

        link._generation = server.Process.Generation;
        link._toServer = fabric.Open(client.Process, server.Process, link.OnBrokenThere);
        link._toClient = fabric.Open(server.Process, client.Process, link.OnBrokenHere);
        link._toServer.Send(link.Accept);
        return link;
    }

    /// <summary>The client sends frames as one packet.</summary>
    public void Send(IReadOnlyList<byte[]> frames)
    {
        if (_isClosedHere || _toServer is null)
        {
            return;
        }

        byte[] packet = [.. (_tampering is null ? frames : _tampering.OnRequests(frames)).SelectMany(frame => frame)];
        _fabric.Trace.AddBytes(packet);
        SendPacket(_toServer, packet, _atServer, Pump);
    }

    /// <summary>From now on the client reads as its habit is.</summary>
    public void ReadByHabit() => _readsByHabit = _habit is not null;

    /// <summary>From now on the client reads what has come at once.</summary>
    public void ReadAtOnce()
    {
        _readsByHabit = false;
        TakeUnread(_unread.Count);
    }

    /// <summary>The client ends the connection.</summary>
    public void Close()
    {
        if (!_isClosedHere)
        {
            _isClosedHere = true;
            _toServer?.End();
            _toClient?.Drop();
        }
    }

    void IConnectionTransport.Flush(bool elsewhere)
    {
        if (elsewhere)
        {
            _fabric.Queue.ScheduleAt(_fabric.Queue.Now + _fabric.Queue.Random.Next(2_000), _server.Process, _generation, FlushNow);
        }
        else
        {
            FlushNow();
        }
    }

    void IConnectionTransport.Resume() => _fabric.Queue.ScheduleAt(_fabric.Queue.Now + _fabric.Queue.Random.Next(2_000), _server.Process, _generation, Pump);

    void IConnectionTransport.Abort() => EndThere();

    private void Accept()
    {
        if (!_server.IsServing)
        {
            EndThere();
            return;
        }

        _replica = _server.Replica!;
        _connection = _replica.Connect(this, $"10.0.0.{_client.Process.Host}:40000", $"10.0.0.{_client.Process.Host}");
    }

    private void SendPacket(Pipe pipe, byte[] packet, List<byte> buffer, Action arrived)
    {
        if (packet.Length > 1 && _fabric.Queue.Random.Next(20) == 0)
        {
            int cut = _fabric.Queue.Random.Next(1, packet.Length);
            SendWhole(pipe, packet[..cut], buffer, arrived);
            SendWhole(pipe, packet[cut..], buffer, arrived);
        }
        else
        {
            SendWhole(pipe, packet, buffer, arrived);
        }
    }

    private static void SendWhole(Pipe pipe, byte[] packet, List<byte> buffer, Action arrived) => pipe.Send(() =>
    {
        buffer.AddRange(packet);
        arrived();
    });

    /// <summary>Does what a socket's reader does: hands over what has come when there is room for it.</summary>
    private void Pump()
    {
        _waitsForRoom = false;
        if (_isClosedThere || _connection is null || !_server.IsServing)
        {
            // A server that is about to end takes nothing more.
            return;
        }

        bool isAgain = true;
        while (isAgain && !(_waitsForClient = IsFull) && !_connection.IsEnding && (_atServer.Count > 0 || _connection.HasReady))
        {
            if (!_replica!.WaitForRoomAsync().AsTask().IsCompleted || !_connection.WaitForRoomAsync().AsTask().IsCompleted)
            {
                WaitForRoom();
                return;
            }

            _pauses = 0;
            isAgain = Receive();
        }

        EndIfDone();
    }

    private void WaitForRoom()
    {
        if (!_waitsForRoom)
        {
            _waitsForRoom = true;
            _fabric.Trace.Add("waits for room", _server.Process.Name);
            long pause = TimeSpan.TicksPerMillisecond << Math.Min(_pauses++, LongestPause);
            _fabric.Queue.ScheduleAt(_fabric.Queue.Now + pause, _server.Process, _generation, Pump);
        }
    }

    private bool Receive()
    {
        var received = new ReadOnlySequence<byte>([.. _atServer]);
        try
        {
            bool isAgain = _connection!.Receive(ref received);
            _atServer.RemoveRange(0, _atServer.Count - (int)received.Length);
            return isAgain;
        }
        catch (Exception e) when (e is InvalidFrameException or JuteException or InjectedFaultException)
        {
            EndThere();
            return false;
        }
    }

    private void FlushNow()
    {
        if (_isClosedThere || _connection is null)
        {
            return;
        }

        SendOutput();
        EndIfDone();
    }

    private void EndIfDone()
    {
        if (_connection is { IsEnding: true } && !_isClosedThere && SendOutput())
        {
            EndThere();
        }
    }

    /// <summary>True while the client's host takes no more.</summary>
    private bool IsFull => _habit is not null && _inFlight >= _habit.Window;

    /// <returns>True when everything is sent.</returns>
    private bool SendOutput()
    {
        while (!IsFull)
        {
            if (_sentOfTaking == _taking.Length)
            {
                _taking.Clear(1 << 16);
                _sentOfTaking = 0;
                if (!_connection!.TryTakeOutput(ref _taking))
                {
                    return true;
                }
            }

            int length = Math.Min(_taking.Length - _sentOfTaking, _habit?.Window ?? int.MaxValue);
            byte[] output = _taking.Written.Slice(_sentOfTaking, length).ToArray();
            _sentOfTaking += length;
            if (_habit is null)
            {
                SendPacket(_toClient!, output, _atClient, ReadFrames);
            }
            else
            {
                _inFlight += length;
                SendPacket(_toClient!, output, _unread, OnUnread);
            }
        }

        return false;
    }

    private void OnUnread()
    {
        if (!_readsByHabit)
        {
            TakeUnread(_unread.Count);
        }
        else if (!_isStepping && _habit!.BytesPerStep > 0)
        {
            _isStepping = true;
            _fabric.Queue.Schedule(ReadingHabit.Step, _client.Process, () =>
            {
                _isStepping = false;
                TakeUnread(Math.Min(_unread.Count, _habit.BytesPerStep));
                if (_unread.Count > 0 && !_isClosedHere)
                {
                    OnUnread();
                }
            });
        }
    }

    /// <summary>The client reads, and the server's host hears that there is room again.</summary>
    private void TakeUnread(int length)
    {
        if (length == 0)
        {
            return;
        }

        _atClient.AddRange(_unread[..length]);
        _unread.RemoveRange(0, length);
        _toServer?.Send(() => OnTaken(length));
        ReadFrames();
    }

    private void OnTaken(int length)
    {
        _inFlight -= length;
        if (_connection is null || _isClosedThere || IsFull)
        {
            return;
        }

        _fabric.Trace.Add("client has taken some", _client.Process.Name, length);
        _connection.NoteProgress();
        FlushNow();
        if (_waitsForClient)
        {
            _waitsForClient = false;
            Pump();
        }
    }

    private void EndThere()
    {
        if (!_isClosedThere)
        {
            _isClosedThere = true;
            _connection?.Close();
            _toClient?.End();
            _toServer?.Drop();
        }
    }

    private void ReadFrames()
    {
        var received = new ReadOnlySequence<byte>([.. _atClient]);
        var bodies = new List<byte[]>();
        while (Frame.TryRead(ref received, int.MaxValue, out ReadOnlySequence<byte> body))
        {
            bodies.Add(body.ToArray());
        }

        _atClient.RemoveRange(0, _atClient.Count - (int)received.Length);
        foreach (byte[] body in _tampering is null ? bodies : _tampering.OnReplies(bodies))
        {
            if (!_isClosedHere)
            {
                _fabric.Trace.AddBytes(body);
                _client.OnFrame(this, body);
            }
        }
    }

    /// <summary>The client learns that the connection is over.</summary>
    private void OnBrokenHere()
    {
        if (!_isClosedHere)
        {
            _isClosedHere = true;
            _toServer?.End();
            _client.OnClosed(this);
        }
    }

    /// <summary>The server learns that the connection is over.</summary>
    private void OnBrokenThere() => EndThere();
}

/// <summary>Something that does to a connection what no network does: for faults that the checker must find.</summary>
internal interface ILinkTampering
{
    /// <summary>Whole frames of one packet to the server.</summary>
    IReadOnlyList<byte[]> OnRequests(IReadOnlyList<byte[]> frames);

    /// <summary>Bodies of frames that the client is about to see.</summary>
    IReadOnlyList<byte[]> OnReplies(IReadOnlyList<byte[]> bodies);
}
