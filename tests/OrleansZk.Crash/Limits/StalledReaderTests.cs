using OrleansZk.Crash.Fuzz;
using OrleansZk.Crash.Tools;
using OrleansZk.Protocol;
using OrleansZk.Protocol.Records;

namespace OrleansZk.Crash.Limits;

/// <summary>Clients that ask and never read: they may hurt themselves, and nobody else.</summary>
public sealed class StalledReaderTests
{
    // Above what the settings below allow a client, below what it asks for.
    private const long MostGrowth = 250L << 20;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private static Dictionary<string, string> Settings => new()
    {
        ["TickTime"] = "5000",
        ["DOTNET_GCHeapHardLimit"] = "0x20000000", // 512 MiB
    };

    [Fact]
    public async Task A_watcher_that_never_reads_is_dropped_and_the_others_go_on()
    {
        TestRun.RequireServer();
        TestRun.RequireLinux("looks at the process through /proc");
        await using ServerProcess server = await ServerProcess.StartNewAsync(new Dictionary<string, string>(Settings) { ["MaxUnsentBytes"] = "2000000" });
        GoodCitizen citizen = await GoodCitizen.StartAsync(server.Port);
        string path = "/" + new string('w', 5000);
        (await citizen.Client.CreateAsync(path)).IsOk.ShouldBeTrue();
        using FuzzSocket watcher = await FuzzSocket.ConnectWithSessionAsync(server.Port, Cancellation);
        await watcher.SendAsync(Frames.Request(1, OpCode.AddWatch, new AddWatchRequest("/", (int)AddWatchMode.PersistentRecursive).Write), Cancellation);
        (await watcher.ReadFrameAsync(Cancellation)).ShouldNotBeNull();
        await using WireClient writer = await WireClient.ConnectAsync(server.Port, timeout: 100_000, cancellationToken: Cancellation);
        long before = server.Figures().ResidentBytes;

        // Each change makes an event of 5 kB: the socket's buffers take the first ones, the connection's own limit the rest.
        int held = TcpTable.CountHeld(server.Port);
        var limit = Deadline.In(TimeSpan.FromSeconds(120));
        int changes = 0;
        while (TcpTable.CountHeld(server.Port) >= held)
        {
            limit.HasPassed.ShouldBeFalse("the watcher is dropped some day");
            await Task.WhenAll(Enumerable.Range(0, 200).Select(_ => writer.SetDataAsync(path, "")));
            changes += 200;
        }

        TestRun.Print($"dropped after {changes} events; memory {before >> 20} MiB before, {server.Figures().ResidentBytes >> 20} MiB after");
        (server.Figures().ResidentBytes - before).ShouldBeLessThan(MostGrowth);
        (await writer.ExistsAsync(path)).IsOk.ShouldBeTrue();
        await citizen.CheckProgressAsync();
        await citizen.StopAsync();
        server.Log.Alarms().ShouldBeEmpty();
    }

    /// <summary>The answers come to ten times the memory that the server may use.</summary>
    /// <param name="behindWrite">Reads that wait behind a write are answered by whoever applies it.</param>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Reads_whose_answers_are_not_taken_wait_and_are_answered_later(bool behindWrite)
    {
        TestRun.RequireServer();
        TestRun.RequireLinux("looks at the process through /proc");
        const int Reads = 5000;
        const int Size = 1_000_000;
        await using ServerProcess server = await ServerProcess.StartNewAsync(Settings);
        GoodCitizen citizen = await GoodCitizen.StartAsync(server.Port);
        (await citizen.Client.CreateAsync("/big", new byte[Size])).IsOk.ShouldBeTrue();
        using FuzzSocket connection = await FuzzSocket.ConnectAsync(server.Port, Cancellation);
        await connection.SendAsync(Frames.Handshake(0, new byte[16], 100_000), Cancellation);
        (await connection.ReadFrameAsync(Cancellation)).ShouldNotBeNull();
        long before = server.Figures().ResidentBytes;
        var writer = new JuteWriter();
        for (int xid = 1; xid <= Reads; xid++)
        {
            writer.WriteRaw(behindWrite && xid % 250 == 1
                ? Frames.Request(xid, OpCode.SetData, new SetDataRequest("/big", new byte[Size], -1).Write)
                : Frames.Request(xid, OpCode.GetData, new PathWatchRequest("/big", false).Write));
        }

        Task sending = connection.SendAsync(writer.WrittenMemory, Cancellation);
        long most = before;
        for (int i = 0; i < 50; i++)
        {
            await citizen.CheckProgressAsync();
            most = Math.Max(most, server.Figures().ResidentBytes);
        }

        TestRun.Print($"memory {before >> 20} MiB before, at most {most >> 20} MiB while nothing is read");
        (most - before).ShouldBeLessThan(MostGrowth);

        // Slow is not wrong: when the client reads at last, nothing is missing.
        for (int xid = 1; xid <= 500; xid++)
        {
            byte[] answer = (await connection.ReadFrameAsync(Cancellation)).ShouldNotBeNull();
            var reader = new JuteReader(answer);
            ReplyHeader.Read(ref reader).Xid.ShouldBe(xid);
        }

        connection.Reset();
        await citizen.CheckProgressAsync();
        await citizen.StopAsync();
        server.Log.Alarms().ShouldBeEmpty();
    }

    [Fact]
    public async Task Many_stalled_readers_do_not_stop_the_others()
    {
        TestRun.RequireServer();
        await using ServerProcess server = await ServerProcess.StartNewAsync(Settings);
        GoodCitizen citizen = await GoodCitizen.StartAsync(server.Port);
        (await citizen.Client.CreateAsync("/big", new byte[500_000])).IsOk.ShouldBeTrue();
        var stalled = new List<FuzzSocket>();
        for (int i = 0; i < 30; i++)
        {
            FuzzSocket connection = await FuzzSocket.ConnectWithSessionAsync(server.Port, Cancellation);
            stalled.Add(connection);
            var requests = new JuteWriter();
            for (int xid = 1; xid <= 100; xid++)
            {
                requests.WriteRaw(Frames.Request(xid, OpCode.GetData, new PathWatchRequest("/big", false).Write));
            }

            await connection.SendAsync(requests.WrittenMemory, Cancellation);
        }

        await citizen.CheckProgressAsync();
        await using WireClient newcomer = await WireClient.ConnectAsync(server.Port, cancellationToken: Cancellation);
        (await newcomer.GetDataAsync("/big")).IsOk.ShouldBeTrue();
        stalled.ForEach(connection => connection.Reset());
        await citizen.CheckProgressAsync();
        await citizen.StopAsync();
        server.Log.Alarms().ShouldBeEmpty();
    }
}
