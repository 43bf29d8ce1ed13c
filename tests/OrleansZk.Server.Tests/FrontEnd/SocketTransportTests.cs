using System.Buffers;
using System.IO.Pipelines;
using OrleansZk.Core.Sessions;
using OrleansZk.Protocol;
using OrleansZk.Protocol.Records;
using OrleansZk.Server.FrontEnd;
using OrleansZk.TestKit.Engine;
using OrleansZk.TestKit.Wire;

namespace OrleansZk.Server.Tests.FrontEnd;

/// <summary>The last answer of a connection reaches the socket, whoever is first to see that it ends.</summary>
public sealed class SocketTransportTests : IDisposable
{
    private readonly EngineHarness _engine = new();

    public void Dispose() => _engine.Dispose();

    [Fact]
    public async Task An_answer_that_nobody_has_flushed_yet_is_sent_before_the_end()
    {
        var pipe = new Pipe();
        var transport = new SocketTransport(pipe.Writer, () => { });
        ClientConnection connection = _engine.Replica.Connect(new Unflushed(), "10.0.0.9:1", "10.0.0.9");
        transport.Connection = connection;
        Receive(connection, WireRequests.ConnectFrame(new ConnectRequest(0, 0, 30_000, 0, new byte[ConnectResponse.PasswordLength], false)));
        Receive(connection, WireRequests.CloseSession().ToFrame(7));
        connection.IsEnding.ShouldBeTrue();

        await transport.SendRestAsync();
        connection.Close();
        await transport.CloseAsync();

        await pipe.Writer.CompleteAsync();
        ReadOnlySequence<byte> sent = (await pipe.Reader.ReadAsync(TestContext.Current.CancellationToken)).Buffer;
        Frame.TryRead(ref sent, int.MaxValue, out _).ShouldBeTrue();
        Frame.TryRead(ref sent, int.MaxValue, out ReadOnlySequence<byte> last).ShouldBeTrue();
        var reader = new JuteReader(last.ToArray());
        ReplyHeader.Read(ref reader).Xid.ShouldBe(7);
        sent.IsEmpty.ShouldBeTrue();
    }

    private void Receive(ClientConnection connection, byte[] frame)
    {
        var frames = new ReadOnlySequence<byte>(frame);
        connection.Receive(ref frames);
        _engine.Settle();
    }

    /// <summary>Whoever was to flush has not come to it.</summary>
    private sealed class Unflushed : IConnectionTransport
    {
        public void Flush(bool elsewhere)
        {
        }

        public void Resume()
        {
        }

        public void Abort()
        {
        }
    }
}
