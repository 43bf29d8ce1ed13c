using OrleansZk.Core.Ensemble;
using OrleansZk.Protocol;
using OrleansZk.Simulation.World;

namespace OrleansZk.Simulation.Network;

/// <summary>One end of a connection between servers.</summary>
internal sealed class SimulatedPeerConnection(Fabric fabric, SimulatedProcess owner, string remoteAddress) : IPeerConnection
{
    private const int MaxUnderway = 1 << 20;

    private readonly int _generation = owner.Generation;
    private readonly Queue<byte[]> _early = new();
    private Pipe _out = null!;
    private SimulatedPeerConnection _other = null!;
    private IPeerHandler? _handler;
    private TaskCompletionSource? _room;
    private int _underway;
    private bool _isClosed;

    public string RemoteAddress => remoteAddress;

    /// <summary>What spoils this end, if anything does.</summary>
    public IPeerTampering? Tampering { get; init; }

    /// <summary>Null until somebody takes what arrives.</summary>
    public IPeerHandler? Handler
    {
        get => _handler;
        set
        {
            _handler = value;
            while (_handler is not null && _early.TryDequeue(out byte[]? message))
            {
                Take(message);
            }
        }
    }

    public void Join(SimulatedProcess target, SimulatedPeerConnection other)
    {
        _other = other;
        _out = fabric.Open(owner, target, other.OnBroken);
    }

    public void SendControl(Action arrive) => _out.Send(arrive);

    public void Send(ReadOnlySpan<byte> message)
    {
        if (_isClosed)
        {
            return;
        }

        byte[] copy = message.ToArray();
        foreach (byte[] sent in Tampering?.OnSent(copy) ?? [copy])
        {
            _underway += sent.Length;
            fabric.Trace.AddBytes(sent);
            _out.Send(() => _other.Arrive(sent));
        }
    }

    public ValueTask WaitForRoomAsync()
    {
        if (_isClosed || _underway < MaxUnderway)
        {
            return ValueTask.CompletedTask;
        }

        _room ??= new TaskCompletionSource();
        return new ValueTask(_room.Task);
    }

    public void Close()
    {
        if (!_isClosed)
        {
            _out.End();

            // Never from within the call: whoever closes may hold a lock.
            fabric.Queue.ScheduleAt(fabric.Queue.Now, owner, _generation, OnBroken);
            _isClosed = true;
            SignalRoom();
        }
    }

    private void Arrive(byte[] message)
    {
        _other.Free(message.Length);
        if (_isClosed)
        {
            return;
        }

        if (_handler is null)
        {
            _early.Enqueue(message);
        }
        else
        {
            Take(message);
        }
    }

    private void Take(byte[] message)
    {
        try
        {
            _handler!.OnMessage(Tampering?.OnArrived(message) ?? message);
        }
        catch (JuteException)
        {
            Close();
        }
    }

    private void Free(int length) => fabric.Queue.ScheduleAt(fabric.Queue.Now, owner, _generation, () =>
    {
        _underway -= length;
        if (_underway < MaxUnderway)
        {
            SignalRoom();
        }
    });

    private void OnBroken()
    {
        if (!_isClosed)
        {
            _isClosed = true;
            _out.End();
            SignalRoom();
        }

        IPeerHandler? handler = _handler;
        _handler = null;
        handler?.OnClosed();
    }

    private void SignalRoom()
    {
        TaskCompletionSource? room = _room;
        _room = null;
        room?.SetResult();
    }
}

/// <summary>Something that does to the messages of a connection between servers what no network does: for faults that the checker must find.</summary>
internal interface IPeerTampering
{
    /// <summary>What the other side gets instead of a message that this one sends.</summary>
    IReadOnlyList<byte[]> OnSent(byte[] message);

    /// <summary>What this side sees instead of a message that has arrived.</summary>
    byte[] OnArrived(byte[] message);
}
