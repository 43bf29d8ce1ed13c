using System.Collections.Concurrent;
using OrleansZk.Crash.Tools;

namespace OrleansZk.Crash.Fuzz;

/// <summary>Thousands of ill-behaved connections, and one client that must not notice.</summary>
public sealed class FuzzTests
{
    private const int AtOnce = 12;

    // A leak of a connection's buffers over the whole run comes to far more; a heap that has not been collected yet stays below.
    private const long MostGrowth = 160L << 20;

    private static readonly Dictionary<string, string> Settings = new()
    {
        ["MaxClientConnections"] = "0",
        ["TickTime"] = "500",
        ["MaxSessionTimeout"] = "60000",
        ["DOTNET_GCHeapHardLimit"] = "0x18000000", // 384 MiB: what is held for good ends the process.
    };

    [Fact]
    public async Task Garbage_of_every_kind_harms_nobody_else()
    {
        TestRun.RequireServer();
        TestRun.RequireLinux("looks at the process through /proc");
        int seed = TestRun.Seed("FUZZ_SEED");
        int attacks = TestRun.Number("FUZZ_ATTACKS", 3000);
        await using ServerProcess server = await ServerProcess.StartNewAsync(Settings);
        int processId = server.ProcessId;
        GoodCitizen citizen = await GoodCitizen.StartAsync(server.Port);
        (await citizen.Client.CreateAsync("/fuzz")).Error.ShouldBe(ErrorCode.Ok);

        // The first third warms everything up; what grows after that does not stop growing.
        var attackers = new Attacks(server.Port, citizen.Client.Session.Id);
        await AttackAsync(server, attackers, citizen, seed, 0, attacks / 3);
        await CleanUpAsync(server, attackers);
        ProcessFigures before = server.Figures();
        await AttackAsync(server, attackers, citizen, seed, attacks / 3, attacks);
        await CleanUpAsync(server, attackers);

        await citizen.CheckProgressAsync();
        await Deadline.WaitUntilAsync(() => server.Figures().FileDescriptors <= before.FileDescriptors + 8, "file descriptors given back");
        ProcessFigures after = server.Figures();
        TestRun.Print($"before {before}, after {after}, verified {citizen.Verified} answers of the well-behaved client");
        (after.ResidentBytes - before.ResidentBytes).ShouldBeLessThan(MostGrowth);
        server.IsRunning.ShouldBeTrue(server.Log.Tail());
        server.ProcessId.ShouldBe(processId);
        await citizen.StopAsync();
        server.Log.Alarms().ShouldBeEmpty();
        (await server.TerminateAsync()).ShouldBe(0);
    }

    private static async Task AttackAsync(ServerProcess server, Attacks attackers, GoodCitizen citizen, int seed, int from, int to)
    {
        var counts = new ConcurrentDictionary<string, int>();
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(20));
        try
        {
            await Parallel.ForEachAsync(
                Enumerable.Range(from, to - from),
                new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = limit.Token },
                async (i, cancellationToken) =>
                {
                    await citizen.CheckAsync();
                    string name = await attackers.RunAsync(unchecked((seed * 397) ^ i) & int.MaxValue, cancellationToken);
                    counts.AddOrUpdate(name, 1, (_, count) => count + 1);
                });
        }
        catch
        {
            TestRun.Print($"the server {(server.IsRunning ? "runs" : $"has ended with exit code {server.ExitCode}")}");
            TestRun.Print(server.Log.Tail());
            throw;
        }

        TestRun.Print(string.Join(", ", counts.OrderBy(pair => pair.Key, StringComparer.Ordinal).Select(pair => $"{pair.Key}: {pair.Value}")));
    }

    private static async Task CleanUpAsync(ServerProcess server, Attacks attackers)
    {
        attackers.CloseLeftOpen();
        await Deadline.WaitUntilAsync(() => TcpTable.CountHeld(server.Port) == 1, "the server holds the well-behaved client's connection only");
    }
}
