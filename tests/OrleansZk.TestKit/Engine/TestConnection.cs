using System.Buffers;
using OrleansZk.Core.Sessions;
using OrleansZk.Protocol;

namespace OrleansZk.TestKit.Engine;

/// <summary>One connection in memory: whole frames in, frames out in the order in which the engine wrote them.</summary>
public sealed class TestConnection : IConnectionTransport
{
    private readonly EngineHarness _harness;
    private readonly List<byte> _sent = [];
    private readonly List<byte> _input = [];
    private JuteWriter _taking = new();
    private bool _waitsUntilSent;

    internal TestConnection(EngineHarness harness, string ip)
    {
        _harness = harness;
        Connection = harness.Replica.Connect(this, $"{ip}:40000", ip);
    }

    public ClientConnection Connection { get; }

    /// <summary>Bodies of the frames that the engine sent, oldest first.</summary>
    public Queue<byte[]> Frames { get; } = new();

    /// <summary>True when the engine has ended the connection, or is about to when its output is sent.</summary>
    public bool IsEnding => IsClosed || Connection.IsEnding;

    /// <summary>True when the connection is no more.</summary>
    public bool IsClosed { get; private set; }

    /// <summary>False is a client that reads nothing, and whose socket takes nothing.</summary>
    public bool TakesOutput { get; set; } = true;

    /// <summary>How often the engine has said that output waits.</summary>
    public int Flushes { get; private set; }

    /// <summary>Hands bytes over as they come from a socket, then does what a socket's reader does.</summary>
    public void Send(ReadOnlySpan<byte> bytes)
    {
        if (IsClosed)
        {
            return;
        }

        _input.AddRange(bytes);
        _harness.Settle();
    }

    /// <summary>Hands over all frames at once, as one packet brings them.</summary>
    public void Send(params IReadOnlyList<byte[]> frames) => Send([.. frames.SelectMany(frame => frame)]);

    /// <summary>Ends the connection from the client's side; its session goes on.</summary>
    public void Disconnect()
    {
        if (!IsClosed)
        {
            IsClosed = true;
            _harness.Forget(this);
            Connection.Close();
        }
    }

    void IConnectionTransport.Flush(bool elsewhere)
    {
        Flushes++;
        TakeOutput();
    }

    // The harness looks at HasReady whenever it lets connections read on.
    void IConnectionTransport.Resume()
    {
    }

    void IConnectionTransport.Abort()
    {
        IsClosed = true;
        _harness.Forget(this);
    }

    /// <summary>Does what a socket's reader does: hands over what has come when there is room for it, and ends when the engine wants it.</summary>
    /// <returns>False when there was nothing to do.</returns>
    internal bool Pump()
    {
        if (IsClosed)
        {
            return false;
        }

        if (Connection.IsEnding)
        {
            Disconnect();
            return true;
        }

        if (_waitsUntilSent && Connection.Unsent > 0)
        {
            return false;
        }

        bool hadReady = Connection.HasReady;
        if ((_input.Count == 0 && !hadReady) || !Connection.WaitForRoomAsync().AsTask().IsCompleted)
        {
            return false;
        }

        var received = new ReadOnlySequence<byte>([.. _input]);
        try
        {
            _waitsUntilSent = Connection.Receive(ref received);
        }
        catch (Exception e) when (e is InvalidFrameException or JuteException)
        {
            Disconnect();
            return true;
        }

        bool took = hadReady || received.Length < _input.Count;
        _input.RemoveRange(0, _input.Count - (int)received.Length);
        return took;
    }

    /// <summary>Takes one part of what waits, as a socket does that has room again.</summary>
    /// <returns>False when nothing waited.</returns>
    public bool TakePart()
    {
        bool taken = Connection.TryTakeOutput(ref _taking);
        if (taken)
        {
            _sent.AddRange(_taking.Written);
            _taking.Clear(1 << 16);
            ReadFrames();
        }

        return taken;
    }

    private void TakeOutput()
    {
        while (TakesOutput && TakePart())
        {
        }
    }

    private void ReadFrames()
    {

        var buffer = new ReadOnlySequence<byte>([.. _sent]);
        while (Frame.TryRead(ref buffer, int.MaxValue, out ReadOnlySequence<byte> body))
        {
            Frames.Enqueue(body.ToArray());
        }

        _sent.Clear();
        _sent.AddRange(buffer.ToArray());
    }
}
