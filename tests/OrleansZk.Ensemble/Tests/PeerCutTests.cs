using System.Globalization;
using System.Text;
using OrleansZk.Ensemble.Load;

namespace OrleansZk.Ensemble.Tests;

/// <summary>The network between servers fails, and their store does not.</summary>
public sealed class PeerCutTests(SharedPostgres postgres)
{
    [Fact]
    public async Task Cut_connections_cost_a_pause_at_most()
    {
        await using Cluster cluster = await StartAsync();
        int seed = RunReport.Seed("CUT_SEED");
        var random = new Random(seed);
        await using Counters load = await Counters.StartAsync(cluster);
        int cuts = 0;
        for (int round = 0; round < 25; round++)
        {
            int progress = load.Acknowledged + random.Next(100);
            await cluster.WaitUntilAsync(() => ValueTask.FromResult(load.Acknowledged >= progress), "more answers");
            cuts += cluster.Servers.Sum(server => server.Proxy!.Cut());
        }

        await load.GoOnAsync();
        (await load.JudgeAsync()).ShouldBeFaultless(cluster);
        cuts.ShouldBeGreaterThan(10);
        RunReport.Print($"{cuts} connections cut, {load.Acknowledged} writes");
    }

    [Fact]
    public async Task A_follower_that_is_cut_off_serves_reads_only_and_comes_back()
    {
        await using Cluster cluster = await StartAsync(readOnlyAfter: 1000);
        ClusterServer leader = await cluster.LeaderAsync();
        ClusterServer[] followers = await cluster.FollowersAsync();
        ClusterServer alone = followers[0];
        await using WireClient writer = await leader.ConnectAsync();
        (await writer.CreateAsync("/cut", "before")).ThrowIfError();
        await using WireClient client = await alone.ConnectAsync();
        (await client.SyncAsync()).ThrowIfError();
        await using Counters load = await Counters.StartAsync(cluster, perServer: 1);
        leader.Proxy!.Block(alone.Id);
        await cluster.WaitUntilAsync(async () => await alone.IsAsync(ServerReport.ReadOnly), $"{alone} as read-only");

        // Whoever needs writes is let go, and finds no way back in here.
        await client.Ended.InTimeAsync();
        await Should.ThrowAsync<WireConnectionLostException>(() => alone.ConnectAsync());
        await using WireClient reader = await alone.ConnectAsync(canBeReadOnly: true);
        reader.IsReadOnly.ShouldBeTrue();
        Encoding.UTF8.GetString((await reader.GetDataAsync("/cut")).ReadDataAndStat().Data!).ShouldBe("before");
        (await reader.SetDataAsync("/cut", "x")).Error.ShouldBe(ErrorCode.NotReadOnly);

        // The others go on, and the leader is still the same.
        await load.GoOnAsync(alone);
        (await leader.IsAsync(ServerReport.Leader)).ShouldBeTrue();
        (await writer.SetDataAsync("/cut", "after")).ThrowIfError();

        leader.Proxy.Heal();
        await cluster.WaitUntilAsync(async () => await alone.IsAsync(ServerReport.Follower), $"{alone} as a follower");
        await using WireClient back = await alone.ConnectAsync();
        back.IsReadOnly.ShouldBeFalse();
        (await back.SyncAsync()).ThrowIfError();
        Encoding.UTF8.GetString((await back.GetDataAsync("/cut")).ReadDataAndStat().Data!).ShouldBe("after");
        await load.GoOnAsync();
        (await load.JudgeAsync(mayLose: alone)).ShouldBeFaultless(cluster);
    }

    [Fact]
    public async Task A_client_is_not_served_a_state_older_than_it_has_seen()
    {
        await using Cluster cluster = await StartAsync();
        ClusterServer leader = await cluster.LeaderAsync();
        ClusterServer behind = (await cluster.FollowersAsync())[0];
        WireClient first = await leader.ConnectAsync();
        (await first.CreateAsync("/newest", "0")).ThrowIfError();
        await cluster.WaitUntilEqualAsync(first.LastZxid);
        for (int round = 1; round <= 3; round++)
        {
            string data = round.ToString(CultureInfo.InvariantCulture);
            leader.Proxy!.Freeze(behind.Id);
            (await first.SetDataAsync("/newest", data)).ThrowIfError();
            Task<WireClient> moving = behind.ConnectAsync(follows: first);
            ServerReport? report = await behind.ReportAsync();
            bool isServed = moving.IsCompleted;
            report.ShouldNotBeNull();
            (isServed && report.Zxid < first.LastZxid).ShouldBeFalse("it waits for what the client has seen");
            leader.Proxy.Heal();
            await using WireClient second = await moving;
            Encoding.UTF8.GetString((await second.GetDataAsync("/newest")).ReadDataAndStat().Data!).ShouldBe(data);
            await first.DisposeAsync();
            first = await leader.ConnectAsync(follows: second);
        }

        await first.DisposeAsync();
    }

    [Fact]
    public async Task A_leader_that_nobody_can_follow_is_replaced()
    {
        await using Cluster cluster = await StartAsync(readOnlyAfter: 60_000);
        ClusterServer old = await cluster.LeaderAsync();
        await using Counters load = await Counters.StartAsync(cluster);
        old.Proxy!.Block();
        ClusterServer successor = await cluster.LeaderAsync(otherThan: old);
        await cluster.WaitUntilAsync(async () => await old.IsAsync(ServerReport.Follower), $"{old} as a follower of {successor}");
        await load.GoOnAsync();
        (await load.JudgeAsync(mayLose: old)).ShouldBeFaultless(cluster);
    }

    private async Task<Cluster> StartAsync(int readOnlyAfter = 5000)
    {
        SharedPostgres.Require();
        Assert.SkipWhen(ServerBinary.IsSilo, "silos have no peer port to cut");
        var settings = new Dictionary<string, string> { ["ReadOnlyAfter"] = readOnlyAfter.ToString(CultureInfo.InvariantCulture) };
        return await Cluster.StartAsync(await postgres.StartAsync(), settings: settings, proxied: true);
    }
}
