using OrleansZk.Crash.Fuzz;
using OrleansZk.Crash.Tools;
using OrleansZk.Protocol.Records;

namespace OrleansZk.Crash.Limits;

/// <summary>How many connections there may be, and how long one may say nothing.</summary>
public sealed class ConnectionLimitTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Connections_over_maxClientCnxns_are_refused_and_have_room_again_later()
    {
        TestRun.RequireServer();
        const int Most = 5;
        await using ServerProcess server = await ServerProcess.StartNewAsync(new Dictionary<string, string> { ["MaxClientConnections"] = "5" });
        var clients = new List<WireClient>();
        for (int i = 0; i < Most; i++)
        {
            // The readiness probe's own connection may still be counted.
            clients.Add(await ConnectEventuallyAsync(server.Port));
        }

        for (int i = 0; i < 3; i++)
        {
            await Should.ThrowAsync<WireConnectionLostException>(() => WireClient.ConnectAsync(server.Port, cancellationToken: Cancellation));
        }

        foreach (WireClient client in clients)
        {
            (await client.ExistsAsync("/")).IsOk.ShouldBeTrue("those who are in are not disturbed");
        }

        await clients[0].DisposeAsync();
        clients[0] = await ConnectEventuallyAsync(server.Port);
        (await clients[0].CreateAsync("/again")).IsOk.ShouldBeTrue();
        await Should.ThrowAsync<WireConnectionLostException>(() => WireClient.ConnectAsync(server.Port, cancellationToken: Cancellation));
        foreach (WireClient client in clients)
        {
            await client.DisposeAsync();
        }
    }

    [Fact]
    public async Task Connections_over_maxCnxns_are_refused()
    {
        TestRun.RequireServer();
        await using ServerProcess server = await ServerProcess.StartNewAsync(
            new Dictionary<string, string> { ["MaxClientConnections"] = "0", ["MaxConnections"] = "2" });
        await using WireClient first = await ConnectEventuallyAsync(server.Port);
        WireClient second = await ConnectEventuallyAsync(server.Port);
        await Should.ThrowAsync<WireConnectionLostException>(() => WireClient.ConnectAsync(server.Port, cancellationToken: Cancellation));
        await second.CloseSessionAsync();
        await using WireClient third = await ConnectEventuallyAsync(server.Port);
        (await third.ExistsAsync("/")).IsOk.ShouldBeTrue();
    }

    [Theory]
    [InlineData(0)]
    [InlineData(3)]
    [InlineData(20)]
    public async Task A_connection_without_a_handshake_is_dropped(int bytesOfHandshake)
    {
        TestRun.RequireServer();
        await using ServerProcess server = await ServerProcess.StartNewAsync(
            new Dictionary<string, string> { ["HandshakeTimeout"] = "500", ["TickTime"] = "200" });
        await using WireClient established = await WireClient.ConnectAsync(server.Port, timeout: 4000, cancellationToken: Cancellation);
        established.KeepAlive(TimeSpan.FromMilliseconds(500));
        using FuzzSocket silent = await FuzzSocket.ConnectAsync(server.Port, Cancellation);
        await silent.SendAsync(Frames.Handshake(0, new byte[16], 4000).AsMemory(0, bytesOfHandshake), Cancellation);

        await silent.ReadToEndAsync(Cancellation).WaitAsync(TimeSpan.FromSeconds(60), Cancellation);

        (await established.ExistsAsync("/")).IsOk.ShouldBeTrue("one that has shaken hands stays");
    }

    [Fact]
    public async Task A_silent_session_expires_and_its_connection_is_ended()
    {
        TestRun.RequireServer();
        await using ServerProcess server = await ServerProcess.StartNewAsync(new Dictionary<string, string> { ["TickTime"] = "200" });
        await using WireClient other = await WireClient.ConnectAsync(server.Port, cancellationToken: Cancellation);
        other.KeepAlive(TimeSpan.FromMilliseconds(300));
        await using WireClient silent = await WireClient.ConnectAsync(server.Port, timeout: 1, cancellationToken: Cancellation);
        silent.Session.Timeout.ShouldBe(400, "two ticks is the least");
        (await silent.CreateAsync("/ephemeral", mode: CreateMode.Ephemeral)).IsOk.ShouldBeTrue();

        await silent.Ended.WaitAsync(TimeSpan.FromSeconds(60), Cancellation);

        (await other.ExistsAsync("/ephemeral")).Error.ShouldBe(ErrorCode.NoNode);
        await Should.ThrowAsync<KeeperException>(() => WireClient.ConnectAsync(server.Port, resume: silent.Session, cancellationToken: Cancellation));
    }

    [Theory]
    [InlineData(true, 45, 37)]
    [InlineData(false, 44, 36)]
    public async Task A_handshake_without_the_readOnly_flag_is_answered_without_it(bool withFlag, int requestLength, int answerLength)
    {
        TestRun.RequireServer();
        await using ServerProcess server = await ServerProcess.StartNewAsync();
        using FuzzSocket connection = await FuzzSocket.ConnectAsync(server.Port, Cancellation);
        byte[] handshake = Frames.Build(writer => new ConnectRequest(0, 0, 10_000, 0, new byte[16], withFlag ? false : null).Write(writer));
        (handshake.Length - 4).ShouldBe(requestLength);
        await connection.SendAsync(handshake, Cancellation);
        (await connection.ReadFrameAsync(Cancellation)).ShouldNotBeNull().Length.ShouldBe(answerLength);
    }

    private static async Task<WireClient> ConnectEventuallyAsync(int port)
    {
        WireClient? client = null;
        await Deadline.WaitUntilAsync(
            async () =>
            {
                try
                {
                    client = await WireClient.ConnectAsync(port, timeout: 30_000, cancellationToken: Cancellation);
                    return true;
                }
                catch (WireConnectionLostException)
                {
                    return false;
                }
            },
            "room for a connection");
        return client!;
    }
}
