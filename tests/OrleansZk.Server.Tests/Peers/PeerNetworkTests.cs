using System.Net;
using System.Net.Sockets;
using OrleansZk.Core.Ensemble;
using OrleansZk.Server.Peers;

namespace OrleansZk.Server.Tests.Peers;

/// <summary>Why another server cannot be reached, told apart.</summary>
public sealed class PeerNetworkTests
{
    [Fact]
    public async Task Nobody_listens()
    {
        await using PeerServer server = await PeerServer.StartAsync();

        // Bound, so that nobody else gets the port, and not listening.
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        PeerUnreachableException failure = await FailAsync(server, socket.LocalEndPoint!.ToString()!);
        failure.IsRefused.ShouldBeTrue();
        server.Log.Complaints.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("no-such-host.invalid:2888")]
    [InlineData("")]
    [InlineData("somewhere")]
    [InlineData("somewhere:")]
    [InlineData(":2888")]
    [InlineData("somewhere:0")]
    [InlineData("somewhere:65536")]
    [InlineData("::1:2888")]
    [InlineData("0177.0.0.1:2888")]
    [InlineData("127.1:2888")]
    [InlineData("[fe80::1%1]:2888")]
    public async Task There_is_no_such_machine(string address)
    {
        await using PeerServer server = await PeerServer.StartAsync();
        PeerUnreachableException failure = await FailAsync(server, address);
        failure.IsRefused.ShouldBeFalse();
        failure.Message.ShouldContain(address);
    }

    [Theory]
    [InlineData("host.example:2888", "host.example", 2888)]
    [InlineData("10.0.0.1:1", "10.0.0.1", 1)]
    [InlineData("[fe80::1]:65535", "fe80::1", 65535)]
    public void An_address_is_a_host_and_a_port(string address, string host, int port)
    {
        PeerAddress.TryParse(address, out string parsedHost, out int parsedPort).ShouldBeTrue();
        (parsedHost, parsedPort).ShouldBe((host, port));
    }

    [Fact]
    public async Task A_name_is_looked_up()
    {
        await using PeerServer server = await PeerServer.StartAsync();
        IPeerConnection connection = await server.ConnectAsync($"localhost:{server.Port}", new RecordingHandler());
        connection.RemoteAddress.ShouldBe($"localhost:{server.Port}");
        connection.Close();
    }

    [Fact]
    public async Task A_machine_that_does_not_answer_is_not_waited_for()
    {
        await using PeerServer server = await PeerServer.StartAsync(options => options.PeerConnectTimeout = 200);
        (string address, List<Socket> waiting) = await FillBacklogAsync();
        try
        {
            PeerUnreachableException failure = await FailAsync(server, address);
            failure.IsRefused.ShouldBeFalse();
            failure.Message.ShouldContain("no connection within 200 ms");
        }
        finally
        {
            waiting.ForEach(socket => socket.Dispose());
        }
    }

    [Fact]
    public async Task Who_wants_to_connect_may_change_their_mind()
    {
        await using PeerServer server = await PeerServer.StartAsync();
        using Socket listener = RawPeer.Listen(out string address);
        using var cancelled = new CancellationTokenSource();
        var handler = new RecordingHandler();
        Task connecting = server.Network.ConnectAsync(address, handler, cancelled.Token).AsTask();
        using RawPeer peer = await RawPeer.AcceptAsync(listener);
        await peer.ReadAsync(RawPeer.HelloLength);
        await cancelled.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(connecting);
        (await peer.ReadToEndAsync()).ShouldBe(0);
        server.Log.Complaints.ShouldBeEmpty();
        handler.ClosedCalls.ShouldBe(0);
    }

    private static Task<PeerUnreachableException> FailAsync(PeerServer server, string address) =>
        Should.ThrowAsync<PeerUnreachableException>(server.ConnectAsync(address, new RecordingHandler()).AsTask());

    /// <summary>Makes a listener whose system answers nobody any more, since nobody accepts.</summary>
    private static async Task<(string Address, List<Socket> Sockets)> FillBacklogAsync()
    {
        var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen(0);
        var sockets = new List<Socket> { listener };
        while (true)
        {
            var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            sockets.Add(socket);
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
            limit.CancelAfter(TimeSpan.FromMilliseconds(500));
            try
            {
                await socket.ConnectAsync(listener.LocalEndPoint!, limit.Token);
            }
            catch (OperationCanceledException)
            {
                return (listener.LocalEndPoint!.ToString()!, sockets);
            }
        }
    }
}
