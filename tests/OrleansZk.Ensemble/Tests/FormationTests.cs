using System.Globalization;
using System.Text;

namespace OrleansZk.Ensemble.Tests;

/// <summary>Servers find each other through the store, by ids that differ.</summary>
public sealed class FormationTests(SharedPostgres postgres)
{
    private const string Config = "/zookeeper/config";

    [Fact]
    public async Task A_newcomer_with_a_higher_id_follows()
    {
        await using Cluster cluster = await StartAsync();
        ClusterServer leader = await cluster.LeaderAsync();
        ClusterServer newcomer = cluster.Add(200);
        await newcomer.StartAsync();
        await cluster.WaitUntilAsync(async () => await newcomer.IsAsync(ServerReport.Follower), "the newcomer as a follower");
        (await leader.IsAsync(ServerReport.Leader)).ShouldBeTrue();

        foreach (ClusterServer server in cluster.Servers)
        {
            await using WireClient client = await server.ConnectAsync();
            await cluster.WaitUntilAsync(
                async () =>
                {
                    string config = Encoding.UTF8.GetString((await client.GetDataAsync(Config)).ReadDataAndStat().Data!);
                    return cluster.Servers.All(other => config.Contains(
                        $"server.{other.Id}=127.0.0.1:{other.PeerPort}:{other.PeerPort}:participant;127.0.0.1:{other.Port}\n", StringComparison.Ordinal));
                },
                $"all members in the config of {server}");
        }
    }

    [Fact]
    public async Task A_second_server_with_an_id_is_refused()
    {
        await using Cluster cluster = await StartAsync(servers: 2);
        await using var second = new ClusterServer(cluster.ConnectionString, cluster.Servers[1].Id);
        second.Launch();
        await second.WaitForEndAsync();
        second.ExitCode.ShouldNotBe(0);
        second.Log.SinceStart.ShouldContain(string.Create(CultureInfo.InvariantCulture, $"a live server has id {second.Id} already"));
        second.Log.SinceStart.ShouldNotContain("Exception", Case.Sensitive, "it is for the user to mend");
        await cluster.SettleAsync();
    }

    [Fact]
    public async Task A_killed_server_comes_back_under_its_id()
    {
        await using Cluster cluster = await StartAsync(servers: 2);
        foreach (ClusterServer server in cluster.Servers)
        {
            for (int i = 0; i < 2; i++)
            {
                await server.KillAsync();
                await server.StartAsync();
            }
        }

        await cluster.SettleAsync();
    }

    [Fact]
    public async Task An_id_is_drawn_and_kept()
    {
        await using Cluster cluster = await StartAsync(servers: 1);
        ClusterServer nameless = cluster.Add(null);
        await nameless.StartAsync();
        string file = Path.Combine(nameless.DataFolder, "data", "server-id");
        string id = await File.ReadAllTextAsync(file, TestContext.Current.CancellationToken);
        int.Parse(id, CultureInfo.InvariantCulture).ShouldBeInRange(0, 255);
        (await nameless.TerminateAsync()).ShouldBe(0);
        await nameless.StartAsync();
        (await File.ReadAllTextAsync(file, TestContext.Current.CancellationToken)).ShouldBe(id);
        nameless.Log.Lines.Count(line => line.Contains($"Member {id} joined", StringComparison.Ordinal)).ShouldBe(2);
    }

    private async Task<Cluster> StartAsync(int servers = 3)
    {
        SharedPostgres.Require();
        return await Cluster.StartAsync(await postgres.StartAsync(), servers);
    }
}
