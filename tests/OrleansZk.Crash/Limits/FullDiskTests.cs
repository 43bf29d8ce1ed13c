using System.Diagnostics;
using OrleansZk.Crash.Tools;

namespace OrleansZk.Crash.Limits;

/// <summary>A disk that has no room: nothing that was acknowledged is lost, the server says so and ends, and goes on when there is room again.</summary>
public sealed class FullDiskTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Acknowledged_writes_survive_a_full_disk()
    {
        TestRun.RequireServer();
        string folder = Directory.CreateTempSubdirectory("orleanszk-disk-").FullName;
        Assert.SkipUnless(
            OperatingSystem.IsLinux() && await RunAsync("mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", folder) == 0,
            "needs the right to mount a small file system");
        try
        {
            await FillAsync(folder);
        }
        finally
        {
            await RunAsync("umount", "-l", folder);
            Directory.Delete(folder);
        }
    }

    private static async Task FillAsync(string folder)
    {
        await using var server = new ServerProcess(new Dictionary<string, string> { ["LogSegmentBytes"] = "1048576" }, folder);
        await server.StartAsync();
        await using WireClient client = await WireClient.ConnectAsync(server.Port, cancellationToken: Cancellation);
        (await client.CreateAsync("/n")).Error.ShouldBe(ErrorCode.Ok);
        int acknowledged = 0;
        int sent = 0;
        try
        {
            for (; sent < 1000; acknowledged++)
            {
                sent++;
                (await client.SetDataAsync("/n", new byte[100_000])).Error.ShouldBe(ErrorCode.Ok);
            }
        }
        catch (WireConnectionLostException)
        {
            // There is no more room.
        }

        acknowledged.ShouldBeInRange(10, 100);
        await Deadline.WaitUntilAsync(() => !server.IsRunning, "the end of a server that cannot write");
        server.ExitCode.ShouldBe(1);
        server.Log.SinceStart.ShouldContain("No space left on device");

        (await RunAsync("mount", "-o", "remount,size=64m", folder)).ShouldBe(0);
        await server.StartAsync();
        await using WireClient again = await WireClient.ConnectAsync(server.Port, resume: client.Session, cancellationToken: Cancellation);
        (await again.ExistsAsync("/n")).ReadStat().Version.ShouldBeInRange(acknowledged, sent);
        (await again.SetDataAsync("/n", "room again")).Error.ShouldBe(ErrorCode.Ok);
    }

    private static async Task<int> RunAsync(string program, params string[] arguments)
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true })!;
            await process.WaitForExitAsync();
            return process.ExitCode;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return -1;
        }
    }
}
