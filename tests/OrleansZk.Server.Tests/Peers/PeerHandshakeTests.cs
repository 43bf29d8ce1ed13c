using System.Net.Sockets;
using System.Text;
using Microsoft.Extensions.Logging;
using OrleansZk.Core.Ensemble;
using OrleansZk.Server.Peers;

namespace OrleansZk.Server.Tests.Peers;

/// <summary>Nobody who does not know the secret gets to the engine, on either side.</summary>
public sealed class PeerHandshakeTests
{
    [Fact]
    public async Task The_handshake_is_as_described()
    {
        await using PeerServer server = await PeerServer.StartAsync();
        using RawPeer peer = await RawPeer.ConnectAsync(server);
        await peer.ShakeHandsAsync();
        PeerServer.Accepted accepted = await server.AcceptedAsync();
        await peer.WriteMessageAsync(1, 2, 3);
        (await accepted.Handler.NextAsync()).ShouldBe([1, 2, 3]);
        accepted.Connection.Send([4, 5]);
        (await peer.ReadAsync(6)).ShouldBe([0, 0, 0, 2, 4, 5]);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Another_secret_is_refused(bool dialersIsWrong)
    {
        byte[] wrong = [.. PeerServer.Secret];
        wrong[^1] ^= 1;
        await using PeerServer one = await PeerServer.StartAsync(secret: dialersIsWrong ? wrong : null);
        await using PeerServer two = await PeerServer.StartAsync(secret: dialersIsWrong ? null : wrong);
        PeerUnreachableException refusal = await Should.ThrowAsync<PeerUnreachableException>(one.ConnectAsync(two, new RecordingHandler()).AsTask());
        refusal.IsRefused.ShouldBeFalse();
        refusal.Message.ShouldContain("different secrets");
        one.Log.Complaints.ShouldHaveSingleItem().ShouldContain(two.Address);
        await two.StopAsync();
        two.Log.Complaints.ShouldHaveSingleItem().ShouldContain("from 127.0.0.1:");
        two.AcceptedCount.ShouldBe(0);
    }

    [Fact]
    public async Task A_listener_that_does_not_know_the_secret_is_refused()
    {
        await using PeerServer server = await PeerServer.StartAsync();
        using Socket listener = RawPeer.Listen(out string address);
        var handler = new RecordingHandler();
        Task connecting = server.ConnectAsync(address, handler).AsTask();
        using RawPeer peer = await RawPeer.AcceptAsync(listener);
        byte[] theirs = await peer.ReadAsync(RawPeer.HelloLength);
        byte[] mine = RawPeer.Hello();
        await peer.WriteAsync(mine);
        await peer.ReadAnswerAsync();
        await peer.WriteAsync(RawPeer.Proof, RawPeer.Prove("listener", theirs, mine, new byte[32]));
        await ShouldBeRefusedAsync(server, connecting, handler, "does not know the ensemble's secret");
        (await peer.ReadToEndAsync()).ShouldBe(0);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_listener_that_reflects_what_it_hears_is_refused(bool withHelloOfItsOwn)
    {
        await using PeerServer server = await PeerServer.StartAsync();
        using Socket listener = RawPeer.Listen(out string address);
        var handler = new RecordingHandler();
        Task connecting = server.ConnectAsync(address, handler).AsTask();
        using RawPeer peer = await RawPeer.AcceptAsync(listener);
        byte[] hello = await peer.ReadAsync(RawPeer.HelloLength);
        await peer.WriteAsync(withHelloOfItsOwn ? RawPeer.Hello() : hello);
        (byte kind, byte[] proof) = await peer.ReadAnswerAsync();
        await peer.WriteAsync(kind, proof);
        await ShouldBeRefusedAsync(server, connecting, handler, "does not know the ensemble's secret");
    }

    [Fact]
    public async Task A_dialer_hears_no_proof_that_it_could_reflect()
    {
        await using PeerServer server = await PeerServer.StartAsync();
        using RawPeer peer = await RawPeer.ConnectAsync(server);
        await peer.WriteAsync(RawPeer.Hello());
        byte[] hello = await peer.ReadAsync(RawPeer.HelloLength);
        await peer.WriteAsync(RawPeer.Proof, RawPeer.Prove("listener", hello, hello));
        (byte kind, _) = await peer.ReadAnswerAsync();
        kind.ShouldBe(RawPeer.Refusal);
        (await peer.ReadToEndAsync()).ShouldBe(0);
        server.AcceptedCount.ShouldBe(0);
    }

    [Fact]
    public async Task A_proof_of_an_earlier_connection_is_refused()
    {
        await using PeerServer server = await PeerServer.StartAsync();
        byte[] hello = RawPeer.Hello();
        using RawPeer first = await RawPeer.ConnectAsync(server);
        await first.WriteAsync(hello);
        byte[] proof = RawPeer.Prove("dialer", hello, await first.ReadAsync(RawPeer.HelloLength));
        using RawPeer second = await RawPeer.ConnectAsync(server);
        await second.WriteAsync(hello);
        await second.ReadAsync(RawPeer.HelloLength);
        await second.WriteAsync(RawPeer.Proof, proof);
        (await second.ReadAnswerAsync()).Kind.ShouldBe(RawPeer.Refusal);
        await first.WriteAsync(RawPeer.Proof, proof);
        (await first.ReadAnswerAsync()).Kind.ShouldBe(RawPeer.Proof);
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(9, 2)]
    public async Task A_dialer_without_a_common_version_is_told_so(int highest, int lowest)
    {
        await using PeerServer server = await PeerServer.StartAsync();
        using RawPeer peer = await RawPeer.ConnectAsync(server);
        await peer.WriteAsync(RawPeer.Hello(highest, lowest));
        await peer.ReadAsync(RawPeer.HelloLength);
        (byte kind, byte[] reason) = await peer.ReadAnswerAsync();
        kind.ShouldBe(RawPeer.Refusal);
        Encoding.UTF8.GetString(reason).ShouldContain($"one side speaks 1 to 1, the other {lowest} to {highest}");
        (await peer.ReadToEndAsync()).ShouldBe(0);
        await server.StopAsync();
        server.Log.Complaints.ShouldHaveSingleItem().ShouldContain($"{lowest} to {highest}");
        server.AcceptedCount.ShouldBe(0);
    }

    [Fact]
    public async Task A_listener_without_a_common_version_is_told_so()
    {
        await using PeerServer server = await PeerServer.StartAsync();
        using Socket listener = RawPeer.Listen(out string address);
        var handler = new RecordingHandler();
        Task connecting = server.ConnectAsync(address, handler).AsTask();
        using RawPeer peer = await RawPeer.AcceptAsync(listener);
        await peer.ReadAsync(RawPeer.HelloLength);
        await peer.WriteAsync(RawPeer.Hello(3, 2));
        (byte kind, byte[] reason) = await peer.ReadAnswerAsync();
        kind.ShouldBe(RawPeer.Refusal);
        Encoding.UTF8.GetString(reason).ShouldContain("2 to 3");
        await ShouldBeRefusedAsync(server, connecting, handler, "2 to 3");
    }

    [Fact]
    public async Task A_later_server_that_still_speaks_this_version_is_welcome()
    {
        await using PeerServer server = await PeerServer.StartAsync();
        using RawPeer peer = await RawPeer.ConnectAsync(server);
        byte[] mine = RawPeer.Hello(highest: 300, lowest: 1);
        await peer.WriteAsync(mine);
        byte[] theirs = await peer.ReadAsync(RawPeer.HelloLength);
        await peer.WriteAsync(RawPeer.Proof, RawPeer.Prove("dialer", mine, theirs));
        (await peer.ReadAnswerAsync()).Kind.ShouldBe(RawPeer.Proof);
        await server.AcceptedAsync();
        server.Log.Has(LogLevel.Debug, "protocol version 1").ShouldBeTrue();
    }

    [Theory]
    [InlineData(1, 1, 1, 1, 1)]
    [InlineData(3, 1, 2, 1, 2)]
    [InlineData(3, 2, 5, 1, 3)]
    [InlineData(3, 3, 2, 1, null)]
    [InlineData(1, 1, 2, 2, null)]
    public void The_highest_common_version_is_agreed_on(int highest, int lowest, int othersHighest, int othersLowest, int? agreed)
    {
        var one = PeerHello.Create(highest, lowest);
        var other = PeerHello.Create(othersHighest, othersLowest);
        one.Agree(other).ShouldBe(agreed);
        other.Agree(one).ShouldBe(agreed);
    }

    [Theory]
    [InlineData("GET / HTTP/1.1\r\nHost: server-of-somebody\r\n\r\n")]
    [InlineData("\0\0\0\u002d\0\0\0\0\0\0\0\0\0\0\0\0\u0075\u0030\0\0\0\0\0\0\0\0\0\0\0\u0010\0\0\0\0\0\0\0\0\0\0\0\0")]
    public async Task Garbage_is_refused_without_a_word(string garbage)
    {
        await using PeerServer server = await PeerServer.StartAsync();
        using RawPeer peer = await RawPeer.ConnectAsync(server);
        await peer.WriteAsync(Encoding.ASCII.GetBytes(garbage));
        (await peer.ReadToEndAsync()).ShouldBe(0);
        await server.StopAsync();
        server.Log.Complaints.ShouldHaveSingleItem().ShouldContain("does not speak the protocol of servers");
        server.AcceptedCount.ShouldBe(0);
    }

    [Theory]
    [InlineData((byte)1, 31)]
    [InlineData((byte)1, 33)]
    [InlineData((byte)2, 5000)]
    [InlineData((byte)3, 32)]
    public async Task Garbage_in_place_of_a_proof_is_refused(byte kind, int length)
    {
        await using PeerServer server = await PeerServer.StartAsync();
        using RawPeer peer = await RawPeer.ConnectAsync(server);
        await peer.WriteAsync(RawPeer.Hello());
        await peer.ReadAsync(RawPeer.HelloLength);
        await peer.WriteAsync(kind, new byte[length]);
        (await peer.ReadToEndAsync()).ShouldBe(0);
        await server.StopAsync();
        server.Log.Complaints.ShouldHaveSingleItem().ShouldContain("does not keep to the protocol");
        server.AcceptedCount.ShouldBe(0);
    }

    [Fact]
    public async Task What_a_stranger_gives_as_its_reason_cannot_forge_the_log()
    {
        await using PeerServer server = await PeerServer.StartAsync();
        using RawPeer peer = await RawPeer.ConnectAsync(server);
        await peer.WriteAsync(RawPeer.Hello());
        await peer.ReadAsync(RawPeer.HelloLength);
        await peer.WriteAsync(RawPeer.Refusal, Encoding.UTF8.GetBytes("no\nError: all is lost\u001b[2J"));
        await peer.ReadToEndAsync();
        await server.StopAsync();
        server.Log.Complaints.ShouldHaveSingleItem().ShouldEndWith("it refused: no?Error: all is lost?[2J");
    }

    [Theory]
    [InlineData(0)]
    [InlineData(10)]
    [InlineData(RawPeer.HelloLength)]
    public async Task Half_a_handshake_is_not_waited_for(int length)
    {
        await using PeerServer server = await PeerServer.StartAsync(options => options.PeerHandshakeTimeout = 200);
        using RawPeer peer = await RawPeer.ConnectAsync(server);
        await peer.WriteAsync(RawPeer.Hello()[..length]);
        await peer.ReadToEndAsync();
        await server.StopAsync();
        server.Log.Complaints.ShouldHaveSingleItem().ShouldContain("no handshake within 200 ms");
        server.AcceptedCount.ShouldBe(0);
    }

    [Fact]
    public async Task A_listener_that_says_nothing_is_not_waited_for()
    {
        await using PeerServer server = await PeerServer.StartAsync(options => options.PeerHandshakeTimeout = 200);
        using Socket listener = RawPeer.Listen(out string address);
        var handler = new RecordingHandler();
        await ShouldBeRefusedAsync(server, server.ConnectAsync(address, handler).AsTask(), handler, "no handshake within 200 ms");
    }

    [Theory]
    [InlineData(10)]
    [InlineData(RawPeer.HelloLength)]
    public async Task A_dialer_that_goes_in_the_middle_is_logged(int length)
    {
        await using PeerServer server = await PeerServer.StartAsync();
        using RawPeer peer = await RawPeer.ConnectAsync(server);
        await peer.WriteAsync(RawPeer.Hello()[..length]);
        peer.ShutDown();
        await peer.ReadToEndAsync();
        await server.StopAsync();
        server.Log.Complaints.ShouldHaveSingleItem().ShouldContain("closed the connection during the handshake");
    }

    [Fact]
    public async Task Who_only_looks_whether_the_port_is_open_is_no_reason_to_complain()
    {
        await using PeerServer server = await PeerServer.StartAsync();
        using RawPeer closing = await RawPeer.ConnectAsync(server);
        closing.ShutDown();
        await closing.ReadToEndAsync();
        using RawPeer resetting = await RawPeer.ConnectAsync(server);
        resetting.Reset();
        await server.StopAsync();
        server.Log.Complaints.ShouldBeEmpty();
        server.Log.Has(LogLevel.Debug, "said nothing").ShouldBeTrue();
    }

    [Fact]
    public async Task Nobody_gets_through_before_the_secret_is_known()
    {
        await using PeerServer one = await PeerServer.StartAsync();
        await using PeerServer two = await PeerServer.StartAsync(secret: []);
        two.OwnSecret.IsSet.ShouldBeFalse();
        PeerUnreachableException refusal = await Should.ThrowAsync<PeerUnreachableException>(one.ConnectAsync(two, new RecordingHandler()).AsTask());
        refusal.IsRefused.ShouldBeFalse();
        two.AcceptedCount.ShouldBe(0);
        await Should.ThrowAsync<PeerUnreachableException>(two.ConnectAsync(one, new RecordingHandler()).AsTask());
        one.AcceptedCount.ShouldBe(0);

        two.OwnSecret.Set(PeerServer.Secret);
        (IPeerConnection connection, _, _, _) = await PeerServer.JoinAsync(one, two);
        connection.Close();
        Should.Throw<ArgumentException>(() => two.OwnSecret.Set(new byte[31]));
    }

    private static async Task ShouldBeRefusedAsync(PeerServer dialer, Task connecting, RecordingHandler handler, string reason)
    {
        PeerUnreachableException refusal = await Should.ThrowAsync<PeerUnreachableException>(connecting);
        refusal.IsRefused.ShouldBeFalse();
        refusal.Message.ShouldContain(reason);
        dialer.Log.Complaints.ShouldHaveSingleItem().ShouldContain(reason);
        handler.ClosedCalls.ShouldBe(0);
        handler.IsEmpty.ShouldBeTrue();
    }
}
