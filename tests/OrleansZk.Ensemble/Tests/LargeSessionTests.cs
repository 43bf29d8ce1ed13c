using System.Globalization;

namespace OrleansZk.Ensemble.Tests;

/// <summary>A session whose ephemerals' paths are longer than any message between servers.</summary>
public sealed class LargeSessionTests(SharedPostgres postgres)
{
    private const int Nodes = 3000;
    private const int PathLength = 8000;

    private static readonly Dictionary<string, string> Settings = new()
    {
        ["TickTime"] = "500",

        // The least that is allowed beside a request of a megabyte: the paths come to more than twice as much.
        ["PeerMaxMessageLength"] = "9437184",
    };

    [Theory]
    [InlineData(true, true)]
    [InlineData(true, false)]
    [InlineData(false, false)]
    public async Task Its_end_reaches_every_server_in_parts(bool isClosed, bool isOnLeader)
    {
        SharedPostgres.Require();
        await using Cluster cluster = await Cluster.StartAsync(await postgres.StartAsync(), settings: Settings);
        ClusterServer leader = await cluster.LeaderAsync();
        ClusterServer home = isOnLeader ? leader : (await cluster.FollowersAsync())[0];
        await using Clients others = await Clients.ConnectAsync(cluster);
        (await others[0].CreateAsync("/p")).ThrowIfError();
        WireClient owner = await home.ConnectAsync(timeout: 10_000);
        Task<WireReply>[] creations =
        [
            .. Enumerable.Range(0, Nodes).Select(i => owner.CreateAsync(
                string.Create(CultureInfo.InvariantCulture, $"/p/{new string('x', PathLength)}{i}"), mode: CreateMode.Ephemeral)),
        ];
        foreach (WireReply reply in await Task.WhenAll(creations))
        {
            reply.ThrowIfError();
        }

        if (isClosed)
        {
            await owner.CloseSessionAsync();
            await CheckGoneAsync(others);
        }
        else
        {
            await owner.DisposeAsync();
            await cluster.WaitUntilAsync(async () => (await others[1].ExistsAsync("/p")).ReadStat().NumChildren == 0, "the end of the session");
            await CheckGoneAsync(others);
        }

        (await others[2].CreateAsync("/after")).ThrowIfError();
        (await cluster.LeaderAsync()).Id.ShouldBe(leader.Id);
        foreach (ClusterServer server in cluster.Servers)
        {
            server.Log.Alarms().ShouldBeEmpty(server.Name);
        }
    }

    private static async Task CheckGoneAsync(Clients clients)
    {
        foreach (WireClient client in clients.All)
        {
            (await client.SyncAsync()).ThrowIfError();
            (await client.ExistsAsync("/p")).ReadStat().NumChildren.ShouldBe(0);
        }
    }
}
