using OrleansZk.Ensemble.Load;

namespace OrleansZk.Ensemble.Tests;

/// <summary>A follower that was away gets what it has missed, and nobody else notices.</summary>
public sealed class CatchUpTests(SharedCluster shared) : IClassFixture<SharedCluster>
{
    // More than the leader keeps in memory.
    private const int Payload = 100_000;
    private const int Payloads = 40;

    [Fact]
    public Task Killed() => AwayAsync(follower => follower.KillAsync(), follower => follower.StartAsync(), writeMuch: false);

    [Fact]
    public Task Stopped() => AwayAsync(async follower => (await follower.TerminateAsync()).ShouldBe(0), follower => follower.StartAsync(), writeMuch: false);

    [Fact]
    public Task Killed_for_longer_than_memory_goes_back() => AwayAsync(follower => follower.KillAsync(), follower => follower.StartAsync(), writeMuch: true);

    [Fact]
    public Task Suspended() => AwayAsync(Suspend, Continue, writeMuch: false);

    [Fact]
    public Task Suspended_for_longer_than_memory_goes_back() => AwayAsync(Suspend, Continue, writeMuch: true);

    private static Task Suspend(ClusterServer server)
    {
        server.Suspend();
        return Task.CompletedTask;
    }

    private static Task Continue(ClusterServer server)
    {
        server.Continue();
        return Task.CompletedTask;
    }

    private async Task AwayAsync(Func<ClusterServer, Task> leave, Func<ClusterServer, Task> comeBack, bool writeMuch)
    {
        Cluster cluster = await shared.GetAsync();
        ClusterServer leader = await cluster.LeaderAsync();
        ClusterServer away = (await cluster.FollowersAsync())[0];
        await using Counters load = await Counters.StartAsync(cluster, perServer: 2);
        await leave(away);
        await load.GoOnAsync(away);
        if (writeMuch)
        {
            await using WireClient writer = await leader.ConnectAsync();
            string path = $"/much-{Guid.NewGuid():n}";
            (await writer.CreateAsync(path)).ThrowIfError();
            for (int i = 0; i < Payloads; i++)
            {
                (await writer.SetDataAsync(path, new byte[Payload])).ThrowIfError();
            }
        }

        await comeBack(away);
        await cluster.WaitUntilAsync(async () => await away.IsAsync(ServerReport.Follower), $"{away} as a follower");
        await load.GoOnAsync();
        (await leader.IsAsync(ServerReport.Leader)).ShouldBeTrue();
        (await load.JudgeAsync(mayLose: away)).ShouldBeFaultless(cluster);
        await cluster.WaitUntilEqualAsync();
    }
}
