using System.IO.Pipelines;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using OrleansZk.Core.Ensemble;
using OrleansZk.Protocol;
using OrleansZk.Server.Peers;

namespace OrleansZk.Server.Tests.Peers;

/// <summary>However a connection ends, both handlers hear of it once, after everything else.</summary>
public sealed class PeerClosingTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Both_hear_of_the_end_whoever_closes(bool listenerCloses)
    {
        await using PeerServer one = await PeerServer.StartAsync();
        await using PeerServer two = await PeerServer.StartAsync();
        (IPeerConnection dialer, RecordingHandler dialerHandler, IPeerConnection listener, RecordingHandler listenerHandler) =
            await PeerServer.JoinAsync(one, two);
        (listenerCloses ? listener : dialer).Close();
        await dialerHandler.WaitForEndAsync();
        await listenerHandler.WaitForEndAsync();

        // Nothing of this does anything any more.
        foreach (IPeerConnection connection in new[] { dialer, listener })
        {
            connection.Send([1]);
            connection.Close();
            await connection.WaitForRoomAsync();
        }

        one.Log.Complaints.ShouldBeEmpty();
        two.Log.Complaints.ShouldBeEmpty();
        dialerHandler.ClosedCalls.ShouldBe(1);
        listenerHandler.ClosedCalls.ShouldBe(1);
    }

    [Theory]
    [InlineData(false, false)]
    [InlineData(false, true)]
    [InlineData(true, false)]
    [InlineData(true, true)]
    public async Task A_connection_can_be_closed_from_within_a_message(bool listenerCloses, bool encrypted)
    {
        using TestCertificates certificates = new();
        await using PeerServer one = await PeerServer.StartAsync(encrypted ? certificates.Configure("one") : null);
        await using PeerServer two = await PeerServer.StartAsync(encrypted ? certificates.Configure("two") : null);
        (IPeerConnection dialer, RecordingHandler dialerHandler, IPeerConnection listener, RecordingHandler listenerHandler) =
            await PeerServer.JoinAsync(one, two);
        (IPeerConnection closing, RecordingHandler closingHandler, IPeerConnection sender) = listenerCloses
            ? (listener, listenerHandler, dialer)
            : (dialer, dialerHandler, listener);
        bool isInside = false;
        bool hasEndedInside = false;
        closingHandler.Arrived = _ =>
        {
            isInside = true;
            closing.Send(new byte[1 << 20]);
            closing.Close();
            isInside = false;
        };
        closingHandler.Ended = () => hasEndedInside = isInside;

        // The second may arrive together with the first, and is not for anybody any more.
        sender.Send([1]);
        sender.Send([2]);
        await dialerHandler.WaitForEndAsync();
        await listenerHandler.WaitForEndAsync();
        hasEndedInside.ShouldBeFalse();
        (await closingHandler.NextAsync()).ShouldBe([1]);
        closingHandler.IsEmpty.ShouldBeTrue();
    }

    [Fact]
    public async Task A_connection_can_be_closed_while_it_is_being_accepted()
    {
        await using PeerServer one = await PeerServer.StartAsync();
        await using PeerServer two = await PeerServer.StartAsync();
        two.Handlers = connection =>
        {
            connection.Close();
            return new RecordingHandler();
        };
        (_, RecordingHandler dialerHandler, _, RecordingHandler listenerHandler) = await PeerServer.JoinAsync(one, two);
        await dialerHandler.WaitForEndAsync();
        await listenerHandler.WaitForEndAsync();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task The_end_is_not_told_within_a_call_of_somebody_else(bool bySending)
    {
        // A transport that does everything on the thread that causes it, as sockets may: closing it ends the reading there and then.
        var inline = new PipeOptions(
            readerScheduler: PipeScheduler.Inline, writerScheduler: PipeScheduler.Inline, useSynchronizationContext: false);
        var input = new Pipe(inline);
        var output = new Pipe(inline);
        var connection = new PeerConnection(
            new Transport(input.Reader, output.Writer), "somewhere", () => input.Writer.Complete(), new PeerOptions(), NullLogger<PeerConnection>.Instance);
        var gate = new Lock();
        bool wasHeldHere = false;
        var handler = new RecordingHandler { Ended = () => wasHeldHere = gate.IsHeldByCurrentThread };
        Task running = connection.RunAsync(handler);
        lock (gate)
        {
            if (bySending)
            {
                output.Reader.Complete();
                connection.Send([1]);
            }
            else
            {
                connection.Close();
            }
        }

        await handler.WaitForEndAsync();
        await running;
        wasHeldHere.ShouldBeFalse();
    }

    [Fact]
    public async Task Many_who_close_at_once_while_others_send_end_it_once()
    {
        await using PeerServer one = await PeerServer.StartAsync();
        await using PeerServer two = await PeerServer.StartAsync();
        for (int round = 0; round < 50; round++)
        {
            (IPeerConnection dialer, RecordingHandler dialerHandler, IPeerConnection listener, RecordingHandler listenerHandler) =
                await PeerServer.JoinAsync(one, two);
            IPeerConnection[] ends = [dialer, listener];
            byte[] message = new byte[20_000];
            await Task.WhenAll(Enumerable.Range(0, 6).Select(i => Task.Run(() =>
            {
                for (int n = 0; n < 5; n++)
                {
                    ends[i % 2].Send(message);
                }

                if (i >= 2)
                {
                    ends[i % 2].Close();
                }
            })));
            await dialerHandler.WaitForEndAsync();
            await listenerHandler.WaitForEndAsync();
        }

        one.Log.Complaints.ShouldBeEmpty();
        two.Log.Complaints.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_reset_is_an_end()
    {
        await using PeerServer server = await PeerServer.StartAsync();
        using RawPeer peer = await RawPeer.ConnectAsync(server);
        await peer.ShakeHandsAsync();
        PeerServer.Accepted accepted = await server.AcceptedAsync();
        await peer.WriteMessageAsync(1);
        (await accepted.Handler.NextAsync()).ShouldBe([1]);
        peer.Reset();
        await accepted.Handler.WaitForEndAsync();
        accepted.Connection.Send([1]);
        server.Log.Complaints.ShouldBeEmpty();
    }

    [Fact]
    public async Task Half_a_message_before_the_end_is_nothing()
    {
        await using PeerServer server = await PeerServer.StartAsync();
        using RawPeer peer = await RawPeer.ConnectAsync(server);
        await peer.ShakeHandsAsync();
        PeerServer.Accepted accepted = await server.AcceptedAsync();
        await peer.WriteAsync([0, 0, 0, 2, 1]);
        peer.ShutDown();
        await accepted.Handler.WaitForEndAsync();
        accepted.Handler.IsEmpty.ShouldBeTrue();
    }

    [Theory]
    [InlineData(1025)]
    [InlineData(int.MaxValue)]
    [InlineData(-1)]
    [InlineData(int.MinValue)]
    public async Task A_length_out_of_bounds_ends_the_connection(int length)
    {
        await using PeerServer server = await PeerServer.StartAsync(options => options.PeerMaxMessageLength = 1024);
        using RawPeer peer = await RawPeer.ConnectAsync(server);
        await peer.ShakeHandsAsync();
        PeerServer.Accepted accepted = await server.AcceptedAsync();
        await peer.WriteMessageAsync(new byte[1024]);
        (await accepted.Handler.NextAsync()).Length.ShouldBe(1024);
        await peer.WriteAsync([(byte)(length >> 24), (byte)(length >> 16), (byte)(length >> 8), (byte)length]);
        await accepted.Handler.WaitForEndAsync();
        accepted.Handler.IsEmpty.ShouldBeTrue();
        await peer.ReadToEndAsync();
        server.Log.Complaints.ShouldHaveSingleItem().ShouldContain($"a message of {length} bytes is not between 0 and 1024 bytes");
    }

    [Theory]
    [InlineData(true, LogLevel.Warning, "a field is odd")]
    [InlineData(false, LogLevel.Error, "could not be handled")]
    public async Task A_message_that_cannot_be_handled_ends_the_connection(bool isMalformed, LogLevel level, string logged)
    {
        await using PeerServer one = await PeerServer.StartAsync();
        await using PeerServer two = await PeerServer.StartAsync();
        (IPeerConnection dialer, RecordingHandler dialerHandler, _, RecordingHandler listenerHandler) = await PeerServer.JoinAsync(one, two);
        listenerHandler.Arrived = _ => throw (isMalformed ? new JuteException("a field is odd") : new InvalidOperationException("a bug"));
        dialer.Send([1]);
        await dialerHandler.WaitForEndAsync();
        await listenerHandler.WaitForEndAsync();
        two.Log.Has(level, logged).ShouldBeTrue();
        two.Log.Complaints.ShouldHaveSingleItem();
        one.Log.Complaints.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_stopping_server_ends_what_it_has_accepted()
    {
        await using PeerServer one = await PeerServer.StartAsync();
        await using PeerServer two = await PeerServer.StartAsync();
        (_, RecordingHandler dialerHandler, _, RecordingHandler listenerHandler) = await PeerServer.JoinAsync(one, two);
        await two.StopAsync();
        await dialerHandler.WaitForEndAsync();
        await listenerHandler.WaitForEndAsync();
    }

    private sealed record Transport(PipeReader Input, PipeWriter Output) : IDuplexPipe;
}
