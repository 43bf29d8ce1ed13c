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
        Receive();
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

    void IConnectionTransport.Abort()
    {
        IsClosed = true;
        _harness.Forget(this);
    }

    /// <summary>Goes on with bytes that the engine had left for a later turn.</summary>
    public void Receive()
    {
        var received = new ReadOnlySequence<byte>([.. _input]);
        try
        {
            while (Connection.Receive(ref received))
            {
                _harness.Settle();
                if (Connection.Outstanding >= _harness.Settings.Limits.MaxPending)
                {
                    break;
                }
            }
        }
        catch (Exception e) when (e is InvalidFrameException or JuteException)
        {
            Disconnect();
            return;
        }
        finally
        {
            _input.Clear();
            _input.AddRange(received.ToArray());
        }

        _harness.Settle();
        if (Connection.IsEnding)
        {
            Disconnect();
        }
    }

    private void TakeOutput()
    {
        while (Connection.TryTakeOutput(ref _taking))
        {
            _sent.AddRange(_taking.Written);
            _taking.Clear(1 << 16);
        }

        var buffer = new ReadOnlySequence<byte>([.. _sent]);
        while (Frame.TryRead(ref buffer, int.MaxValue, out ReadOnlySequence<byte> body))
        {
            Frames.Enqueue(body.ToArray());
        }

        _sent.Clear();
        _sent.AddRange(buffer.ToArray());
    }
}
