using OrleansZk.Crash.Tools;

namespace OrleansZk.Crash.Limits;

/// <summary>Files that are taken away, from under a running server or between two starts: nothing is acknowledged into the void, and nothing begins anew without a word.</summary>
public sealed class LostFilesTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("log file")]
    [InlineData("log folder")]
    [InlineData("data folder")]
    public async Task The_write_behind_the_loss_is_not_acknowledged_and_the_server_ends(string what)
    {
        await using ServerProcess server = await StartAsync();
        await using WireClient client = await WireClient.ConnectAsync(server.Port, cancellationToken: Cancellation);
        (await client.CreateAsync("/n")).ThrowIfError();
        string data = Path.Combine(server.DataFolder, "data");
        string taken = what switch
        {
            "log file" => Directory.GetFiles(Path.Combine(data, "log"), "*.log").Order(StringComparer.Ordinal).Last(),
            "log folder" => Path.Combine(data, "log"),
            _ => data,
        };
        Directory.Move(taken, taken + "-taken");

        await Should.ThrowAsync<WireConnectionLostException>(async () => (await client.SetDataAsync("/n", "into the void")).ThrowIfError());
        await ShouldEndAsync(server);

        // With what was taken back in its place, everything that was acknowledged is there.
        if (Path.Exists(taken))
        {
            Directory.Delete(taken, recursive: true);
        }

        Directory.Move(taken + "-taken", taken);
        await server.StartAsync();
        await using WireClient again = await WireClient.ConnectAsync(server.Port, cancellationToken: Cancellation);
        (await again.ExistsAsync("/n")).ThrowIfError();
    }

    [Theory]
    [InlineData("checkpoint.db")]
    [InlineData("checkpoint.db-wal")]
    [InlineData("lock")]
    public async Task A_file_that_is_deleted_is_noticed_without_a_write(string name)
    {
        await using ServerProcess server = await StartAsync();
        File.Delete(Path.Combine(server.DataFolder, "data", name));
        await ShouldEndAsync(server);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task An_emptied_data_folder_is_refused_until_the_loss_is_accepted(bool killed)
    {
        await using ServerProcess server = await StartAsync();
        long seen = await CreateAsync(server, "/n");
        await EndAsync(server, killed);
        foreach (string file in Directory.GetFiles(Path.Combine(server.DataFolder, "data"), "checkpoint.db*"))
        {
            File.Delete(file);
        }

        Directory.Delete(Path.Combine(server.DataFolder, "data", "log"), recursive: true);
        await ShouldRefuseAsync(server, "was in use before", "--OrleansZk:AcceptLossAfter 0x0");
        File.Exists(Path.Combine(server.DataFolder, "data", "checkpoint.db")).ShouldBeFalse();

        await server.StartAsync(new Dictionary<string, string> { ["AcceptLossAfter"] = "0x0" });
        (await CreateAsync(server, "/n")).ShouldBeGreaterThan(seen, "zxids go on rising for clients that have seen others");
        (await server.TerminateAsync()).ShouldBe(0);
        await server.StartAsync();
    }

    [Fact]
    public async Task A_log_that_has_lost_its_newest_file_is_refused()
    {
        await using var server = new ServerProcess(new Dictionary<string, string> { ["LogSegmentBytes"] = "1048576" });
        await server.StartAsync();
        await using (WireClient client = await WireClient.ConnectAsync(server.Port, cancellationToken: Cancellation))
        {
            (await client.CreateAsync("/n")).ThrowIfError();
            for (int i = 0; i < 25; i++)
            {
                (await client.SetDataAsync("/n", new byte[100_000])).ThrowIfError();
            }
        }

        (await server.TerminateAsync()).ShouldBe(0);
        string[] files = [.. Directory.GetFiles(Path.Combine(server.DataFolder, "data", "log"), "*.log").Order(StringComparer.Ordinal)];
        files.Length.ShouldBeGreaterThan(1);
        File.Delete(files[^1]);
        await ShouldRefuseAsync(server, "its newest part is missing", "--OrleansZk:AcceptLossAfter 0x");
    }

    [Fact]
    public async Task A_truly_empty_folder_is_refused_where_that_is_asked_for_unless_it_has_a_file_that_allows_it()
    {
        TestRun.RequireServer();
        await using var server = new ServerProcess(new Dictionary<string, string> { ["CreateTree"] = "false" });
        await ShouldRefuseAsync(server, "there is no tree yet", "initialize");
        string permission = Path.Combine(server.DataFolder, "data", "initialize");
        await File.WriteAllTextAsync(permission, "", Cancellation);
        await server.StartAsync();
        File.Exists(permission).ShouldBeFalse();
        await CreateAsync(server, "/n");
        await server.KillAsync();
        await server.StartAsync();
    }

    [Fact]
    public async Task A_node_that_is_written_over_and_over_keeps_the_disk_bounded()
    {
        TestRun.RequireServer();
        await using var server = new ServerProcess(new Dictionary<string, string>
        {
            ["LogSegmentBytes"] = "1048576", ["CheckpointBytes"] = "4194304", ["ForceSync"] = "false",
        });
        await server.StartAsync();
        await using WireClient client = await WireClient.ConnectAsync(server.Port, cancellationToken: Cancellation);
        (await client.CreateAsync("/n")).ThrowIfError();
        byte[] data = new byte[500_000];
        for (int i = 0; i < 200; i++)
        {
            (await client.SetDataAsync("/n", data)).ThrowIfError();
        }

        // 100 MB were written.
        string log = Path.Combine(server.DataFolder, "data", "log");
        await Deadline.WaitUntilAsync(() => Directory.GetFiles(log).Sum(file => new FileInfo(file).Length) < 16_000_000, "a log that its checkpoints have cut");
    }

    private static async Task<ServerProcess> StartAsync()
    {
        TestRun.RequireServer();
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Linux only: elsewhere a file in use cannot be taken away");
        return await ServerProcess.StartNewAsync();
    }

    private static async Task<long> CreateAsync(ServerProcess server, string path)
    {
        await using WireClient client = await WireClient.ConnectAsync(server.Port, cancellationToken: Cancellation);
        WireReply reply = await client.CreateAsync(path);
        reply.ThrowIfError();
        return reply.Zxid;
    }

    private static async Task EndAsync(ServerProcess server, bool killed)
    {
        if (killed)
        {
            await server.KillAsync();
        }
        else
        {
            (await server.TerminateAsync()).ShouldBe(0);
        }
    }

    private static async Task ShouldEndAsync(ServerProcess server)
    {
        await Deadline.WaitUntilAsync(() => !server.IsRunning, "the end of a server whose files have gone");
        server.ExitCode.ShouldBe(1);
        server.Log.SinceStart.ShouldContain("was deleted, renamed, replaced or unmounted");
    }

    private static async Task ShouldRefuseAsync(ServerProcess server, params string[] said)
    {
        server.Launch();
        await Deadline.WaitUntilAsync(() => !server.IsRunning, "the end of a server that does not start");
        await Deadline.WaitUntilAsync(() => said.All(text => server.Log.SinceStart.Contains(text, StringComparison.Ordinal)), $"'{string.Join("', '", said)}' in\n{server.Log.Tail()}");
        server.ExitCode.ShouldBe(3);
    }
}
