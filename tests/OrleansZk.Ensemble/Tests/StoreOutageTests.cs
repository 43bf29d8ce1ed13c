using System.Diagnostics;
using OrleansZk.Ensemble.Load;

namespace OrleansZk.Ensemble.Tests;

/// <summary>The store goes and comes back: writes wait, reads and sessions do not notice.</summary>
public sealed class StoreOutageTests
{
    private const int ShortSession = 1000;

    private static readonly Dictionary<string, string> Settings = new() { ["TickTime"] = "500", ["MaxSessionTimeout"] = "60000" };

    /// <summary>Shorter than the outage by far: OUTAGE_SECONDS makes it longer still.</summary>
    private static readonly TimeSpan Outage = TimeSpan.FromSeconds(RunReport.Number("OUTAGE_SECONDS", 4));

    /// <summary>As <c>pg_ctl stop -m fast</c>: connections are told that they end.</summary>
    [Fact]
    public async Task Stopped_in_order() => await OutageAsync(postgres => postgres.StopAsync(), postgres => postgres.StartAsync());

    /// <summary>As <c>pg_ctl stop -m immediate</c>: the store recovers as after a crash when it starts again.</summary>
    [Fact]
    public async Task Stopped_at_once() => await OutageAsync(postgres => postgres.StopAsync(immediately: true), postgres => postgres.StartAsync());

    /// <summary>For long enough that commands time out and are cancelled.</summary>
    [Fact]
    public async Task Hanging() => await OutageAsync(
        postgres =>
        {
            postgres.Pause();
            return Task.CompletedTask;
        },
        postgres =>
        {
            postgres.Continue();
            return Task.CompletedTask;
        },
        2 * Outage);

    private static async Task OutageAsync(Func<PostgresServer, Task> stop, Func<PostgresServer, Task> start, TimeSpan? time = null)
    {
        SharedPostgres.Require();
        await using PostgresServer postgres = await PostgresServer.StartNewAsync();
        await using Cluster cluster = await Cluster.StartAsync(postgres, settings: Settings);
        await using Clients clients = await Clients.ConnectAsync(cluster, ShortSession, TimeSpan.FromMilliseconds(200));
        for (int i = 0; i < clients.All.Count; i++)
        {
            (await clients[i].CreateAsync($"/alive-{i}", "here", CreateMode.Ephemeral)).ThrowIfError();
        }

        await using Counters load = await Counters.StartAsync(cluster);
        long begin = Stopwatch.GetTimestamp();
        await stop(postgres);
        var outage = Deadline.In(time ?? Outage);
        int reads = 0;
        while (!outage.HasPassed)
        {
            for (int i = 0; i < clients.All.Count; i++)
            {
                try
                {
                    (await clients[i].GetDataAsync($"/alive-{i}").InTimeAsync()).ThrowIfError();
                    reads++;
                }
                catch (WireConnectionLostException e)
                {
                    Assert.Fail($"a client of server {i + 1} lost its connection after {Stopwatch.GetElapsedTime(begin)}: {e.Message}\n{cluster.Describe()}");
                }
            }

            await Task.Delay(5, TestContext.Current.CancellationToken);
        }

        await start(postgres);
        await load.GoOnAsync();
        for (int i = 0; i < clients.All.Count; i++)
        {
            // Still there, and still its owner's.
            (await clients[i].SetDataAsync($"/alive-{i}", "still").InTimeAsync()).ThrowIfError();
        }

        (await load.JudgeAsync()).ShouldBeFaultless(cluster);
        foreach (ClusterServer server in cluster.Servers)
        {
            // Some 100 attempts of the leader alone: said once, then at intervals, and without stacks.
            server.Log.SinceStart.Split("Store unavailable").Length.ShouldBeLessThan(10, server.Log.SinceStart);
            server.Log.SinceStart.ShouldNotContain("   at ", Case.Sensitive);
        }

        RunReport.Print($"{reads} reads without the store; longest pause of writes {load.LongestPause(begin).TotalMilliseconds:0} ms; {load.Acknowledged} writes");
    }
}
