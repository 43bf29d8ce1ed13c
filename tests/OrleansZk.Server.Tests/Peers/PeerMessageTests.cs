using System.Buffers.Binary;
using OrleansZk.Core.Ensemble;

namespace OrleansZk.Server.Tests.Peers;

/// <summary>Messages arrive whole, once and in order, whoever has opened the connection.</summary>
public sealed class PeerMessageTests
{
    [Fact]
    public async Task Both_sides_are_answered()
    {
        await using PeerServer one = await PeerServer.StartAsync();
        await using PeerServer two = await PeerServer.StartAsync();
        two.Handlers = connection => new RecordingHandler { Arrived = message => connection.Send([.. message, 2]) };
        (IPeerConnection dialer, RecordingHandler dialerHandler, IPeerConnection listener, _) = await PeerServer.JoinAsync(one, two);
        dialer.RemoteAddress.ShouldBe(two.Address);
        listener.RemoteAddress.ShouldStartWith("127.0.0.1:");

        for (byte i = 0; i < 100; i++)
        {
            dialer.Send([i]);
            (await dialerHandler.NextAsync()).ShouldBe([i, 2]);
        }

        dialerHandler.Arrived = message => dialer.Send([.. message, 1]);
        listener.Send([7]);
        (await dialerHandler.NextAsync()).ShouldBe([7]);
        (await dialerHandler.NextAsync()).ShouldBe([7, 1, 2]);
        dialer.Close();
    }

    [Fact]
    public async Task A_message_can_be_empty_and_as_long_as_the_maximum()
    {
        const int Max = 8 << 20;
        await using PeerServer one = await PeerServer.StartAsync(options => options.PeerMaxMessageLength = Max);
        await using PeerServer two = await PeerServer.StartAsync(options => options.PeerMaxMessageLength = Max);
        (IPeerConnection dialer, RecordingHandler dialerHandler, IPeerConnection listener, RecordingHandler listenerHandler) =
            await PeerServer.JoinAsync(one, two);
        byte[] longest = new byte[Max];
        new Random(1).NextBytes(longest);
        foreach ((IPeerConnection from, RecordingHandler to) in new[] { (dialer, listenerHandler), (listener, dialerHandler) })
        {
            from.Send([]);
            from.Send(longest);
            from.Send([1]);
            (await to.NextAsync()).ShouldBeEmpty();
            (await to.NextAsync()).AsSpan().SequenceEqual(longest).ShouldBeTrue();
            (await to.NextAsync()).ShouldBe([1]);
            Should.Throw<PeerMessageTooLongException>(() => from.Send(new byte[Max + 1]));
        }

        dialer.Close();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Many_threads_send_in_both_directions_at_once(bool encrypted)
    {
        const int Threads = 6;
        const int Each = 40;
        using TestCertificates certificates = new();
        await using PeerServer one = await PeerServer.StartAsync(encrypted ? certificates.Configure("one") : null);
        await using PeerServer two = await PeerServer.StartAsync(encrypted ? certificates.Configure("two") : null);
        (IPeerConnection dialer, RecordingHandler dialerHandler, IPeerConnection listener, RecordingHandler listenerHandler) =
            await PeerServer.JoinAsync(one, two);

        await Task.WhenAll(
            [
                .. Enumerable.Range(0, Threads).Select(thread => Task.Run(() => SendAsync(dialer, thread), TestContext.Current.CancellationToken)),
                .. Enumerable.Range(0, Threads).Select(thread => Task.Run(() => SendAsync(listener, thread), TestContext.Current.CancellationToken)),
                CheckAsync(listenerHandler),
                CheckAsync(dialerHandler),
            ]);
        dialer.Close();
        await dialerHandler.WaitForEndAsync();
        await listenerHandler.WaitForEndAsync();

        static async Task SendAsync(IPeerConnection connection, int thread)
        {
            for (int number = 0; number < Each; number++)
            {
                connection.Send(Message(thread, number));
                await connection.WaitForRoomAsync();
            }
        }

        static async Task CheckAsync(RecordingHandler handler)
        {
            int[] next = new int[Threads];
            for (int i = 0; i < Threads * Each; i++)
            {
                byte[] message = await handler.NextAsync();
                int thread = BinaryPrimitives.ReadInt32BigEndian(message);
                message.AsSpan().SequenceEqual(Message(thread, next[thread])).ShouldBeTrue();
                next[thread]++;
            }
        }
    }

    /// <summary>From 8 bytes to 1 MiB, and mostly few.</summary>
    private static byte[] Message(int thread, int number)
    {
        var random = new Random((thread * 1000) + number);
        byte[] message = new byte[8 + random.Next(random.Next(3) == 0 ? 1 << 20 : 300)];
        random.NextBytes(message);
        BinaryPrimitives.WriteInt32BigEndian(message, thread);
        BinaryPrimitives.WriteInt32BigEndian(message.AsSpan(4), number);
        return message;
    }

    [Fact]
    public async Task Messages_that_come_in_pieces_are_put_together()
    {
        await using PeerServer server = await PeerServer.StartAsync();
        using RawPeer peer = await RawPeer.ConnectAsync(server);
        await peer.ShakeHandsAsync();
        PeerServer.Accepted accepted = await server.AcceptedAsync();
        foreach (byte piece in new byte[] { 0, 0, 0, 3, 1, 2, 3, 0, 0, 0, 0, 0, 0, 0, 1, 4 })
        {
            await peer.WriteAsync([piece]);
        }

        (await accepted.Handler.NextAsync()).ShouldBe([1, 2, 3]);
        (await accepted.Handler.NextAsync()).ShouldBeEmpty();
        (await accepted.Handler.NextAsync()).ShouldBe([4]);
    }

    [Fact]
    public async Task Messages_right_behind_the_handshake_are_not_lost()
    {
        await using PeerServer one = await PeerServer.StartAsync();
        await using PeerServer two = await PeerServer.StartAsync();
        two.Handlers = connection =>
        {
            connection.Send([1]);
            connection.Send([2]);
            return new RecordingHandler();
        };
        var handler = new RecordingHandler();
        IPeerConnection connection = await one.ConnectAsync(two, handler);
        (await handler.NextAsync()).ShouldBe([1]);
        (await handler.NextAsync()).ShouldBe([2]);
        connection.Close();
    }
}
