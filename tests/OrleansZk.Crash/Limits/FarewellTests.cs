using OrleansZk.Crash.Fuzz;
using OrleansZk.Crash.Tools;
using OrleansZk.Protocol.Records;

namespace OrleansZk.Crash.Limits;

/// <summary>How connections end: what was asked before is answered, what comes after is not, and nobody holds a socket for ever.</summary>
public sealed class FarewellTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private static Dictionary<string, string> Settings => new() { ["TickTime"] = "1000", ["MaxClientConnections"] = "0" };

    [Fact]
    public async Task Requests_behind_closeSession_are_not_answered_and_harm_nobody()
    {
        TestRun.RequireServer();
        await using ServerProcess server = await ServerProcess.StartNewAsync(Settings);
        GoodCitizen citizen = await GoodCitizen.StartAsync(server.Port);
        for (int round = 0; round < 20; round++)
        {
            await using WireClient client = await WireClient.ConnectAsync(server.Port, cancellationToken: Cancellation);
            Task<WireReply> before = client.CreateAsync("/before", mode: CreateMode.Ephemeral);
            Task<WireReply> close = client.SendAsync(OpCode.CloseSession);
            Task<WireReply>[] behind =
                [client.GetDataAsync("/"), client.CreateAsync($"/behind{round}"), client.GetDataAsync("/"), client.SetDataAsync("/", "x"), client.PingAsync()];
            (await before).Error.ShouldBe(ErrorCode.Ok);
            (await close).Error.ShouldBe(ErrorCode.Ok);
            foreach (Task<WireReply> reply in behind)
            {
                await Should.ThrowAsync<WireConnectionLostException>(() => reply);
            }

            (await citizen.Client.ExistsAsync($"/behind{round}")).Error.ShouldBe(ErrorCode.NoNode);
        }

        await citizen.CheckProgressAsync();
        await citizen.StopAsync();
        server.Log.Alarms().ShouldBeEmpty();
    }

    /// <summary>All say their last, and then leave the answers to it unread, with their sockets open.</summary>
    [Theory]
    [InlineData("closes its session")]
    [InlineData("closes its side of the connection")]
    [InlineData("sends garbage")]
    public async Task Nobody_holds_a_connection_by_not_reading_its_last_answers(string ending)
    {
        TestRun.RequireServer();
        TestRun.RequireLinux("looks at the system's list of connections");
        await using ServerProcess server = await ServerProcess.StartNewAsync(Settings);
        await using WireClient other = await WireClient.ConnectAsync(server.Port, timeout: 20_000, cancellationToken: Cancellation);
        other.KeepAlive(TimeSpan.FromSeconds(2));
        (await other.CreateAsync("/big", new byte[900_000])).IsOk.ShouldBeTrue();
        var stalled = new List<FuzzSocket>();
        for (int reads = 1; reads <= 12; reads++)
        {
            FuzzSocket connection = await FuzzSocket.ConnectAsync(server.Port, Cancellation);
            stalled.Add(connection);
            await connection.SendAsync(Frames.Handshake(0, new byte[16], 2000), Cancellation);
            (await connection.ReadFrameAsync(Cancellation)).ShouldNotBeNull();

            // Some leave their answers in the system's buffers, some in the server's, and some are stuck before their last word:
            // these go with their sessions.
            for (int xid = 1; xid <= reads; xid++)
            {
                await connection.SendAsync(Frames.Request(xid, OpCode.GetData, new PathWatchRequest("/big", false).Write), Cancellation);
            }

            switch (ending)
            {
                case "closes its session":
                    await connection.SendAsync(Frames.Request(100, OpCode.CloseSession), Cancellation);
                    break;
                case "sends garbage":
                    await connection.SendAsync(new byte[] { 0xff, 0xff, 0xff, 0xff }, Cancellation);
                    break;
                default:
                    connection.EndSending();
                    break;
            }
        }

        await Deadline.WaitUntilAsync(() => TcpTable.CountHeld(server.Port) == 1, "the end of those who do not read");
        stalled.ForEach(connection => connection.Dispose());
        (await other.ExistsAsync("/")).IsOk.ShouldBeTrue();
        server.Log.Alarms().ShouldBeEmpty();
    }
}
