using System.Globalization;
using System.Text;

namespace OrleansZk.Ensemble.Tests;

/// <summary>What is written on one server is seen on the others, in order, and events tell of it.</summary>
public sealed class ReplicationTests(SharedCluster shared) : IClassFixture<SharedCluster>
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task A_write_is_seen_everywhere_after_a_sync()
    {
        Cluster cluster = await shared.GetAsync();
        await using Clients clients = await Clients.ConnectAsync(cluster);
        (await clients[0].CreateAsync("/seen")).ThrowIfError();
        for (int round = 0; round < 60; round++)
        {
            string data = round.ToString(CultureInfo.InvariantCulture);
            (await clients[round % 3].SetDataAsync("/seen", data)).ThrowIfError();
            foreach (WireClient client in clients.All)
            {
                Task<WireReply> sync = client.SyncAsync();
                Task<WireReply> read = client.GetDataAsync("/seen");
                (await sync).ThrowIfError();
                Encoding.UTF8.GetString((await read).ReadDataAndStat().Data!).ShouldBe(data);
            }
        }
    }

    [Fact]
    public async Task An_event_comes_before_the_state_that_it_tells_of()
    {
        Cluster cluster = await shared.GetAsync();
        await using Clients clients = await Clients.ConnectAsync(cluster);
        (await clients[0].CreateAsync("/told")).ThrowIfError();
        for (int round = 0; round < 30; round++)
        {
            WireClient writer = clients[round % 3];
            foreach (WireClient client in clients.All)
            {
                (await client.SyncAsync()).ThrowIfError();
                (await client.GetDataAsync("/told", watch: true)).ThrowIfError();
            }

            int version = (await writer.SetDataAsync("/told", "x")).ReadStat().Version;
            foreach (WireClient client in clients.All)
            {
                await Deadline.WaitUntilAsync(
                    async () => (await client.GetDataAsync("/told")).ReadDataAndStat().Stat.Version == version, "the new version", Patience);
                client.Events.TryRead(out WatchedEvent happened).ShouldBeTrue("the event comes first");
                (happened.Type, happened.Path).ShouldBe((EventType.NodeDataChanged, "/told"));
            }
        }
    }

    [Fact]
    public async Task Ephemerals_end_with_their_session_on_every_server()
    {
        Cluster cluster = await shared.GetAsync();
        await using Clients clients = await Clients.ConnectAsync(cluster);
        foreach (ClusterServer home in cluster.Servers)
        {
            string path = $"/ephemeral-{home.Id}";
            bool isClosed = home.Id == 1;
            WireClient owner = await home.ConnectAsync(timeout: 1000);
            (await owner.CreateAsync(path, mode: CreateMode.Ephemeral)).ThrowIfError();
            foreach (WireClient client in clients.All)
            {
                (await client.SyncAsync()).ThrowIfError();
                (await client.ExistsAsync(path, watch: true)).ThrowIfError();
            }

            if (isClosed)
            {
                await owner.CloseSessionAsync();
            }
            else
            {
                // Nobody says goodbye: the session expires.
                await owner.DisposeAsync();
            }

            foreach (WireClient client in clients.All)
            {
                WatchedEvent happened = await client.NextEventAsync();
                (happened.Type, happened.Path).ShouldBe((EventType.NodeDeleted, path));
            }
        }
    }

    [Fact]
    public async Task A_session_that_is_heard_of_on_any_server_stays()
    {
        Cluster cluster = await shared.GetAsync();
        await using Clients watching = await Clients.ConnectAsync(cluster);
        await using Clients clients = await Clients.ConnectAsync(cluster, timeout: 1500, keepAlive: TimeSpan.FromMilliseconds(300));
        for (int i = 0; i < 3; i++)
        {
            (await clients[i].CreateAsync($"/alive-{i}", mode: CreateMode.Ephemeral)).ThrowIfError();
        }

        // A session as short that nobody hears of is the clock.
        WireClient clock = await cluster.Servers[0].ConnectAsync(timeout: 1500);
        (await clock.CreateAsync("/clock", mode: CreateMode.Ephemeral)).ThrowIfError();
        (await watching[1].SyncAsync()).ThrowIfError();
        (await watching[1].ExistsAsync("/clock", watch: true)).ThrowIfError();
        await clock.DisposeAsync();
        (await watching[1].NextEventAsync()).Type.ShouldBe(EventType.NodeDeleted);
        for (int i = 0; i < 3; i++)
        {
            (await watching[1].ExistsAsync($"/alive-{i}")).ThrowIfError();
            (await clients[i].DeleteAsync($"/alive-{i}")).ThrowIfError();
        }
    }
}
