using System.Buffers;
using OrleansZk.Core.Replication;
using OrleansZk.Core.Sessions;
using OrleansZk.Protocol;
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
    private readonly Fabric _fabric;
    private readonly ILinkClient _client;
    private readonly ISimulatedServer _server;
    private readonly ILinkTampering? _tampering;
    private readonly List<byte> _atClient = [];
    private readonly List<byte> _atServer = [];
    private Pipe? _toServer;
    private Pipe? _toClient;
    private Replica? _replica;
    private ClientConnection? _connection;
    private int _generation;
    private JuteWriter _taking = new();
    private bool _isClosedHere;
    private bool _isClosedThere;
    private bool _waitsForRoom;

    private ClientLink(Fabric fabric, ILinkClient client, ISimulatedServer server, ILinkTampering? tampering)
    {
        (_fabric, _client, _server, _tampering) = (fabric, client, server, tampering);
    }

    public int ServerId => _server.Id;

    /// <summary>Begins to connect; what is sent before the server has answered goes along.</summary>
    public static ClientLink Connect(Fabric fabric, ILinkClient client, ISimulatedServer server, ILinkTampering? tampering)
    {
        var link = new ClientLink(fabric, client, server, tampering);
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
        while (isAgain && !_connection.IsEnding && (_atServer.Count > 0 || _connection.HasReady))
        {
            if (!_replica!.WaitForRoomAsync().AsTask().IsCompleted || !_connection.WaitForRoomAsync().AsTask().IsCompleted)
            {
                WaitForRoom();
                return;
            }

            isAgain = Receive();
        }

        EndIfDone();
    }

    private void WaitForRoom()
    {
        if (!_waitsForRoom)
        {
            _waitsForRoom = true;
            _fabric.Queue.ScheduleAt(_fabric.Queue.Now + TimeSpan.TicksPerMillisecond, _server.Process, _generation, Pump);
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
        catch (Exception e) when (e is InvalidFrameException or JuteException)
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

        while (_connection.TryTakeOutput(ref _taking))
        {
            byte[] output = _taking.Written.ToArray();
            _taking.Clear(1 << 16);
            SendPacket(_toClient!, output, _atClient, ReadFrames);
        }

        EndIfDone();
    }

    private void EndIfDone()
    {
        if (_connection is { IsEnding: true } && !_isClosedThere)
        {
            while (_connection.TryTakeOutput(ref _taking))
            {
                byte[] output = _taking.Written.ToArray();
                _taking.Clear(1 << 16);
                SendPacket(_toClient!, output, _atClient, ReadFrames);
            }

            EndThere();
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
