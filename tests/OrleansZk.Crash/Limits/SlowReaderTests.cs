using OrleansZk.Crash.Fuzz;
using OrleansZk.Crash.Tools;
using OrleansZk.Protocol;
using OrleansZk.Protocol.Records;

namespace OrleansZk.Crash.Limits;

/// <summary>Clients that ask for much and read it: they get all of it, however much is ready for them at once.</summary>
public sealed class SlowReaderTests
{
    private const int Timeout = 100_000;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private static Dictionary<string, string> Settings => new()
    {
        ["TickTime"] = "5000",
        ["DOTNET_GCHeapHardLimit"] = "0x20000000", // 512 MiB
    };

    /// <param name="firstSmall">Small answers before, from which the server cannot tell what comes.</param>
    [Theory]
    [InlineData(0)]
    [InlineData(200)]
    public async Task Reads_of_large_nodes_behind_a_write_are_all_answered(int firstSmall)
    {
        const int Nodes = 20;
        const int Reads = 1000;
        const int Size = 100_000;
        TestRun.RequireServer();
        await using ServerProcess server = await ServerProcess.StartNewAsync(Settings);
        GoodCitizen citizen = await GoodCitizen.StartAsync(server.Port);
        for (int i = 0; i < Nodes; i++)
        {
            (await citizen.Client.CreateAsync($"/large{i}", new byte[Size])).IsOk.ShouldBeTrue();
        }

        using FuzzSocket connection = await ConnectAsync(server.Port);
        var requests = new JuteWriter();
        int xid = 0;
        for (int i = 0; i < firstSmall; i++)
        {
            requests.WriteRaw(Frames.Request(++xid, OpCode.Exists, new PathWatchRequest("/", false).Write));
        }

        requests.WriteRaw(Frames.Request(++xid, OpCode.SetData, new SetDataRequest("/large0", new byte[Size], -1).Write));
        for (int i = 0; i < Reads; i++)
        {
            requests.WriteRaw(Frames.Request(++xid, OpCode.GetData, new PathWatchRequest($"/large{i % Nodes}", false).Write));
        }

        Task sending = connection.SendAsync(requests.WrittenMemory, Cancellation);
        for (int expected = 1; expected <= xid; expected++)
        {
            byte[] answer = (await connection.ReadFrameAsync(Cancellation)).ShouldNotBeNull();
            var reader = new JuteReader(answer);
            (ReplyHeader.Read(ref reader) is { Error: ErrorCode.Ok } header ? header.Xid : -1).ShouldBe(expected);
            (answer.Length > Size).ShouldBe(expected > firstSmall + 1);
        }

        await sending;
        await citizen.CheckProgressAsync();
        await citizen.StopAsync();
        server.Log.Alarms().ShouldBeEmpty();
    }

    [Fact]
    public async Task A_burst_of_events_reaches_a_client_that_reads()
    {
        const int Changes = 20_000;
        TestRun.RequireServer();
        await using ServerProcess server = await ServerProcess.StartNewAsync(Settings);
        GoodCitizen citizen = await GoodCitizen.StartAsync(server.Port);
        string parent = "/" + new string('e', 1000);
        (await citizen.Client.CreateAsync(parent)).IsOk.ShouldBeTrue();
        await using (WireClient owner = await WireClient.ConnectAsync(server.Port, timeout: Timeout, cancellationToken: Cancellation))
        {
            await Task.WhenAll(Enumerable.Range(0, Changes).Select(i => owner.CreateAsync($"{parent}/{i}", mode: CreateMode.Ephemeral)));
            using FuzzSocket watcher = await ConnectAsync(server.Port);
            await watcher.SendAsync(
                Frames.Request(1, OpCode.AddWatch, new AddWatchRequest(parent, (int)AddWatchMode.PersistentRecursive).Write), Cancellation);
            (await watcher.ReadFrameAsync(Cancellation)).ShouldNotBeNull();

            // Twenty megabytes of events, all at once.
            await owner.CloseSessionAsync();
            for (int i = 0; i < Changes; i++)
            {
                (await watcher.ReadFrameAsync(Cancellation)).ShouldNotBeNull($"event {i}");
            }

            await watcher.SendAsync(Frames.Request(2, OpCode.Exists, new PathWatchRequest("/", false).Write), Cancellation);
            (await watcher.ReadFrameAsync(Cancellation)).ShouldNotBeNull();
        }

        await citizen.CheckProgressAsync();
        await citizen.StopAsync();
        server.Log.Alarms().ShouldBeEmpty();
    }

    /// <param name="behindWrite">What waits behind a write must not hold up whoever applies it.</param>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_multiRead_that_asks_for_gigabytes_is_refused_and_harms_nobody(bool behindWrite)
    {
        const int Size = 1_000_000;
        const int Parts = 2400;
        TestRun.RequireServer();
        await using ServerProcess server = await ServerProcess.StartNewAsync(Settings);
        GoodCitizen citizen = await GoodCitizen.StartAsync(server.Port);
        (await citizen.Client.CreateAsync("/big", new byte[Size])).IsOk.ShouldBeTrue();
        using FuzzSocket connection = await ConnectAsync(server.Port);
        var requests = new JuteWriter();
        if (behindWrite)
        {
            requests.WriteRaw(Frames.Request(1, OpCode.SetData, new SetDataRequest("/big", new byte[Size], -1).Write));
        }

        requests.WriteRaw(Frames.Request(2, OpCode.MultiRead, WriteParts));
        await connection.SendAsync(requests.WrittenMemory, Cancellation);
        if (behindWrite)
        {
            (await connection.ReadFrameAsync(Cancellation)).ShouldNotBeNull();
        }

        byte[] answer = (await connection.ReadFrameAsync(Cancellation)).ShouldNotBeNull();
        var reader = new JuteReader(answer);
        ReplyHeader.Read(ref reader).Error.ShouldBe(ErrorCode.BadArguments);
        await citizen.CheckProgressAsync();
        await citizen.StopAsync();
        server.Log.Alarms().ShouldBeEmpty();

        static void WriteParts(JuteWriter writer)
        {
            for (int i = 0; i < Parts; i++)
            {
                new MultiHeader(OpCode.GetData, false, -1).Write(writer);
                new PathWatchRequest("/big", false).Write(writer);
            }

            MultiHeader.End.Write(writer);
        }
    }

    private static async Task<FuzzSocket> ConnectAsync(int port)
    {
        FuzzSocket connection = await FuzzSocket.ConnectAsync(port, Cancellation);
        await connection.SendAsync(Frames.Handshake(0, new byte[16], Timeout), Cancellation);
        (await connection.ReadFrameAsync(Cancellation)).ShouldNotBeNull();
        return connection;
    }
}
