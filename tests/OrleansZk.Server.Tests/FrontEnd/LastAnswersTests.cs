using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.DependencyInjection;
using OrleansZk.Core.Replication;
using OrleansZk.Protocol.Records;
using OrleansZk.Server.Configuration;
using OrleansZk.Server.Hosting;
using OrleansZk.Server.Tests.Support;
using OrleansZk.TestKit.Processes;
using OrleansZk.TestKit.Wire;

namespace OrleansZk.Server.Tests.FrontEnd;

/// <summary>A client that closes its session and does not read what it is sent last.</summary>
public sealed class LastAnswersTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task They_are_not_kept_for_a_client_that_does_not_read_them(bool shutsDown)
    {
        await using RunningServer server = await RunningServer.StartAsync(
            (nameof(ServerOptions.HandshakeTimeout), "1000"), (nameof(ServerOptions.DrainTimeout), "1000"));
        await using (WireClient client = await server.ConnectAsync())
        {
            (await client.CreateAsync("/big", new byte[900_000])).Error.ShouldBe(ErrorCode.Ok);
        }

        using var deaf = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { ReceiveBufferSize = 4096 };
        await deaf.ConnectAsync(new IPEndPoint(IPAddress.Loopback, server.ClientPort), TestContext.Current.CancellationToken);

        // More than a socket and its pipe hold: the last of them wait for the client.
        WireRequest[] requests =
            [WireRequests.SetData("/", ""), .. Enumerable.Repeat(WireRequests.GetData("/big"), 20), WireRequests.CloseSession()];
        byte[] frames =
        [
            .. WireRequests.ConnectFrame(new ConnectRequest(0, 0, 30_000, 0, new byte[ConnectResponse.PasswordLength], false)),
            .. requests.SelectMany((request, i) => request.ToFrame(i + 1)),
        ];
        await deaf.SendAsync(frames, TestContext.Current.CancellationToken);
        Replica replica = server.Services.GetRequiredService<Engine>().Replica;
        await Deadline.WaitUntilAsync(() => replica.Connections.Snapshot().Any(connection => connection.Unsent > 0), "the client to fall behind");
        if (shutsDown)
        {
            deaf.Shutdown(SocketShutdown.Send);
        }

        await Deadline.WaitUntilAsync(() => replica.Connections.Count == 0, "the end of the connection");
    }
}
