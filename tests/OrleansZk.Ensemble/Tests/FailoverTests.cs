using System.Diagnostics;
using OrleansZk.Ensemble.Load;

namespace OrleansZk.Ensemble.Tests;

/// <summary>The leader goes, in every way: clients of the other servers notice no more than a pause, and nothing is lost or done twice.</summary>
public sealed class FailoverTests(SharedCluster shared) : IClassFixture<SharedCluster>
{
    [Fact]
    public Task Killed() => FailOverAsync("kill -9", leader => leader.KillAsync());

    [Fact]
    public Task Told_to_stop() => FailOverAsync("SIGTERM", async leader => (await leader.TerminateAsync()).ShouldBe(0));

    [Fact]
    public async Task Suspended_and_continued()
    {
        Assert.SkipWhen(ServerBinary.IsSilo, "Orleans ends a silo that was declared dead, when it wakes");
        Cluster cluster = await shared.GetAsync();
        await using Counters load = await Counters.StartAsync(cluster);
        ClusterServer old = await cluster.LeaderAsync();
        long start = Stopwatch.GetTimestamp();
        old.Suspend();
        await cluster.LeaderAsync(otherThan: old);
        await load.GoOnAsync(old);

        // It wakes up with writes of its clients in hand, and believes that it leads.
        old.Continue();
        await cluster.WaitUntilAsync(async () => await old.IsAsync(ServerReport.Follower), $"{old} as a follower");
        await load.GoOnAsync();
        (await load.JudgeAsync(mayLose: old)).ShouldBeFaultless(cluster);
        Print("SIGSTOP", load, start, old);
    }

    [Fact]
    public async Task Killed_again_and_again_before_all_have_come_back()
    {
        Cluster cluster = await shared.GetAsync();
        await using Counters load = await Counters.StartAsync(cluster, perServer: 2);
        ClusterServer first = await cluster.LeaderAsync();
        await first.KillAsync();
        ClusterServer second = await cluster.LeaderAsync();
        await second.KillAsync();

        // One of three is left: the store makes it enough.
        ClusterServer last = await cluster.LeaderAsync();
        await load.GoOnAsync();
        await cluster.SettleAsync();
        (await last.IsAsync(ServerReport.Leader)).ShouldBeTrue();
        (await load.JudgeAsync(first, second)).ShouldBeFaultless(cluster);
    }

    [Fact]
    public async Task Transferred_by_hand()
    {
        Cluster cluster = await shared.GetAsync();
        ClusterServer old = await cluster.LeaderAsync();
        ClusterServer successor = (await cluster.FollowersAsync())[0];
        using var admin = new HttpClient();
        await using Counters load = await Counters.StartAsync(cluster);
        long start = Stopwatch.GetTimestamp();
        admin.DefaultRequestHeaders.Add("X-Requested-With", "orleanszk");
        await cluster.WaitUntilAsync(
            async () =>
            {
                // Too soon after the one before: the cluster is that of other tests too.
                using HttpResponseMessage response = await admin.PostAsync(
                    new Uri($"http://127.0.0.1:{old.AdminPort}/ensemble/transfer?to={successor.Id}"), null, TestContext.Current.CancellationToken);
                return response.StatusCode != System.Net.HttpStatusCode.TooManyRequests && response.EnsureSuccessStatusCode().IsSuccessStatusCode;
            },
            "a transfer that is not refused");
        await cluster.WaitUntilAsync(async () => await successor.IsAsync(ServerReport.Leader), $"{successor} as the leader");
        await cluster.WaitUntilAsync(async () => await old.IsAsync(ServerReport.Follower), $"{old} as a follower");
        await load.GoOnAsync();
        (await load.JudgeAsync()).ShouldBeFaultless(cluster);
        Print("transfer", load, start);
    }

    private async Task FailOverAsync(string how, Func<ClusterServer, Task> end)
    {
        Cluster cluster = await shared.GetAsync();
        await using Counters load = await Counters.StartAsync(cluster);
        ClusterServer old = await cluster.LeaderAsync();
        long start = Stopwatch.GetTimestamp();
        await end(old);
        ClusterServer successor = await cluster.LeaderAsync();
        await load.GoOnAsync();
        await old.StartAsync();
        await cluster.WaitUntilAsync(async () => await old.IsAsync(ServerReport.Follower), $"{old} as a follower");
        (await successor.IsAsync(ServerReport.Leader)).ShouldBeTrue();
        await load.GoOnAsync();
        (await load.JudgeAsync(mayLose: old)).ShouldBeFaultless(cluster);
        Print(how, load, start, old);
    }

    private static void Print(string how, Counters load, long start, params ClusterServer[] except) =>
        RunReport.Print($"{how}: longest pause {load.LongestPause(start, except).TotalMilliseconds:0} ms, {load.Acknowledged} writes");
}
