using System.Globalization;
using System.Text;

namespace OrleansZk.Ensemble.Tests;

/// <summary>A client goes from server to server and finds everything as it left it: session, ephemerals, watches, and time never going back.</summary>
public sealed class SessionMoveTests(SharedCluster shared) : IClassFixture<SharedCluster>
{
    [Fact]
    public async Task A_client_that_moves_reads_its_own_writes()
    {
        Cluster cluster = await shared.GetAsync();
        WireClient client = await cluster.Servers[0].ConnectAsync();
        (await client.CreateAsync("/moving", "0")).ThrowIfError();
        for (int i = 1; i <= 60; i++)
        {
            string data = i.ToString(CultureInfo.InvariantCulture);
            (await client.SetDataAsync("/moving", data)).ThrowIfError();
            WireClient next = await MoveAsync(client, cluster.Servers[i % 3]);
            await client.DisposeAsync();
            client = next;
            Encoding.UTF8.GetString((await client.GetDataAsync("/moving")).ReadDataAndStat().Data!).ShouldBe(data);
        }

        await client.CloseSessionAsync();
    }

    [Fact]
    public async Task The_connection_that_loses_the_session_is_dropped()
    {
        Cluster cluster = await shared.GetAsync();
        for (int i = 0; i < 3; i++)
        {
            string path = $"/moved-{i}";
            await using WireClient first = await cluster.Servers[i].ConnectAsync();
            (await first.CreateAsync(path, mode: CreateMode.Ephemeral)).ThrowIfError();
            await using WireClient second = await MoveAsync(first, cluster.Servers[(i + 1) % 3]);
            second.Session.Id.ShouldBe(first.Session.Id);
            (await second.GetDataAsync(path)).ReadDataAndStat().Stat.EphemeralOwner.ShouldBe(second.Session.Id);
            await first.Ended.InTimeAsync();
            (await second.SetDataAsync(path, "still mine")).ThrowIfError();
            await second.CloseSessionAsync();
            await using WireClient other = await cluster.Servers[i].ConnectAsync();
            (await other.SyncAsync()).ThrowIfError();
            (await other.ExistsAsync(path)).Error.ShouldBe(ErrorCode.NoNode);
        }
    }

    [Fact]
    public async Task Requests_of_the_connection_that_lost_the_session_are_refused()
    {
        Cluster cluster = await shared.GetAsync();
        await using WireClient first = await cluster.Servers[0].ConnectAsync();
        (await first.CreateAsync("/stale", "0")).ThrowIfError();
        Task<WireClient> moving = MoveAsync(first, cluster.Servers[1]);
        int acknowledged = 0;
        try
        {
            while (true)
            {
                WireReply reply = await first.SetDataAsync("/stale", "x").InTimeAsync();
                if (!reply.IsOk)
                {
                    reply.Error.ShouldBe(ErrorCode.SessionMoved);
                    break;
                }

                acknowledged = reply.ReadStat().Version;
            }
        }
        catch (WireConnectionLostException)
        {
            // Dropped, as it should be.
        }

        await using WireClient second = await moving;
        int version = (await second.GetDataAsync("/stale")).ReadDataAndStat().Stat.Version;
        version.ShouldBeInRange(acknowledged, acknowledged + 1);
        (await second.SyncAsync()).ThrowIfError();
        (await second.GetDataAsync("/stale")).ReadDataAndStat().Stat.Version.ShouldBe(version);
    }

    [Fact]
    public async Task Missed_events_are_told_on_the_next_server()
    {
        Cluster cluster = await shared.GetAsync();
        await using WireClient writer = await cluster.Servers[2].ConnectAsync();
        string[] paths = ["/missed/changed", "/missed/deleted", "/missed/created", "/missed/parent", "/missed/same"];
        (await writer.CreateAsync("/missed")).ThrowIfError();
        foreach (string path in paths.Where(path => path != "/missed/created"))
        {
            (await writer.CreateAsync(path)).ThrowIfError();
        }

        WireClient first = await cluster.Servers[0].ConnectAsync();
        (await first.SyncAsync()).ThrowIfError();
        long seen = (await first.GetDataAsync(paths[0], watch: true)).Zxid;
        await first.DisposeAsync();

        (await writer.SetDataAsync("/missed/changed", "x")).ThrowIfError();
        (await writer.DeleteAsync("/missed/deleted")).ThrowIfError();
        (await writer.CreateAsync("/missed/created")).ThrowIfError();
        long last = (await writer.CreateAsync("/missed/parent/child")).ThrowIfError().Zxid;

        await using WireClient second = await WireClient.ConnectAsync(
            cluster.Servers[1].Port, resume: first.Session, lastZxidSeen: last, cancellationToken: TestContext.Current.CancellationToken);
        Task<WireReply> set = second.SendAsync(WireRequests.SetWatches(
            seen, data: ["/missed/changed", "/missed/deleted", "/missed/same"], exist: ["/missed/created"], child: ["/missed/parent"]));
        (await set.InTimeAsync()).ThrowIfError();
        var told = new List<(EventType, string)>();
        while (second.Events.TryRead(out WatchedEvent happened))
        {
            told.Add((happened.Type, happened.Path));
        }

        told.ShouldBe(
            [
                (EventType.NodeDataChanged, "/missed/changed"),
                (EventType.NodeDeleted, "/missed/deleted"),
                (EventType.NodeCreated, "/missed/created"),
                (EventType.NodeChildrenChanged, "/missed/parent"),
            ],
            ignoreOrder: true);
        (await writer.SetDataAsync("/missed/same", "x")).ThrowIfError();
        (await second.NextEventAsync()).Path.ShouldBe("/missed/same");
    }

    [Fact]
    public async Task A_session_of_a_killed_server_goes_on_elsewhere()
    {
        Cluster cluster = await shared.GetAsync();
        ClusterServer home = (await cluster.FollowersAsync())[0];
        ClusterServer next = await cluster.LeaderAsync();
        WireClient first = await home.ConnectAsync();
        (await first.CreateAsync("/orphan", mode: CreateMode.Ephemeral)).ThrowIfError();
        await home.KillAsync();
        await first.Ended.InTimeAsync();
        await using WireClient second = await MoveAsync(first, next);
        (await second.GetDataAsync("/orphan")).ReadDataAndStat().Stat.EphemeralOwner.ShouldBe(first.Session.Id);
        await first.DisposeAsync();
    }

    [Fact]
    public async Task A_wrong_password_does_not_take_a_session_over()
    {
        Cluster cluster = await shared.GetAsync();
        await using WireClient owner = await cluster.Servers[0].ConnectAsync();
        WireSession forged = owner.Session with { Password = new byte[16] };
        await Should.ThrowAsync<KeeperException>(() => WireClient.ConnectAsync(
            cluster.Servers[1].Port, resume: forged, cancellationToken: TestContext.Current.CancellationToken));
        (await owner.CreateAsync("/mine")).ThrowIfError();
    }

    private static Task<WireClient> MoveAsync(WireClient client, ClusterServer server) =>
        server.ConnectAsync(follows: client);
}
