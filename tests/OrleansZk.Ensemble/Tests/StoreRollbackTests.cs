using OrleansZk.Ensemble.Load;

namespace OrleansZk.Ensemble.Tests;

/// <summary>A PostgreSQL that has less than it had: the leader puts it back, or every server says what is missing and serves no more.</summary>
public sealed class StoreRollbackTests
{
    // With the table to itself: an append that is under way must have come to the log before, or begin after. Of the newest epoch only: its leader has no more in memory.
    private const string NewestRows =
        "LOCK TABLE orleanszk.zk_log IN ACCESS EXCLUSIVE MODE; "
        + "DELETE FROM orleanszk.zk_log WHERE first_zxid > greatest("
        + "(SELECT first_zxid FROM orleanszk.zk_log ORDER BY first_zxid DESC OFFSET 20 LIMIT 1), (SELECT start_zxid FROM orleanszk.zk_epoch ORDER BY epoch DESC LIMIT 1))";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(NewestRows)]
    [InlineData(NewestRows + "; UPDATE orleanszk.zk_ensemble SET epoch = epoch - 1, leader_id = NULL; DELETE FROM orleanszk.zk_epoch")]
    public async Task Rows_that_are_deleted_under_load_are_put_back(string loss)
    {
        SharedPostgres.Require();
        await using PostgresServer postgres = await PostgresServer.StartNewAsync();
        await using Cluster cluster = await Cluster.StartAsync(postgres);
        await using Counters load = await Counters.StartAsync(cluster);
        for (int i = 1; i <= 3; i++)
        {
            await ExecuteAsync(cluster, loss);
            int healed = i;
            await cluster.WaitUntilAsync(() => ValueTask.FromResult(Restorations(cluster) >= healed), "a leader that has put the rows back");
            await load.GoOnAsync();
        }

        (await load.JudgeAsync()).ShouldBeFaultless(cluster);
        await cluster.WaitUntilEqualAsync();
    }

    [Fact]
    public async Task What_an_older_copy_of_the_database_lacks_is_put_back()
    {
        SharedPostgres.Require();
        await using PostgresServer postgres = await PostgresServer.StartNewAsync();
        await using Cluster cluster = await Cluster.StartAsync(postgres);
        await using Counters load = await Counters.StartAsync(cluster);
        await postgres.StopAsync();
        await postgres.BackUpAsync();
        await postgres.StartAsync();
        await load.GoOnAsync();
        await postgres.StopAsync();
        await postgres.PutBackAsync();
        await postgres.StartAsync();
        await load.GoOnAsync();

        (await load.JudgeAsync()).ShouldBeFaultless(cluster);
        Restorations(cluster).ShouldBeGreaterThan(0);
    }

    [Fact]
    public async Task Where_memory_does_not_reach_back_every_server_ends_and_says_what_is_missing_until_the_loss_is_accepted()
    {
        SharedPostgres.Require();
        await using PostgresServer postgres = await PostgresServer.StartNewAsync();
        await using Cluster cluster = await Cluster.StartAsync(postgres, settings: new Dictionary<string, string> { ["LeaderHistoryBytes"] = "1048576" });
        await using (WireClient client = await cluster.Servers[0].ConnectAsync())
        {
            (await client.CreateAsync("/before", "kept")).ThrowIfError();
            await BackUpAsync(postgres);
            (await client.CreateAsync("/after", "acknowledged")).ThrowIfError();
            for (int i = 0; i < 4; i++)
            {
                (await client.SetDataAsync("/after", new string('x', 500_000))).ThrowIfError();
            }
        }

        await postgres.StopAsync();
        await postgres.PutBackAsync();
        await postgres.StartAsync();
        foreach (ClusterServer server in cluster.Servers)
        {
            await server.WaitForEndAsync();
            server.ExitCode.ShouldBe(1);
            server.Log.SinceStart.ShouldContain("has lost committed transactions");
        }

        await ShouldRefuseUntilAcceptedAsync(cluster);
    }

    [Fact]
    public async Task Servers_that_start_on_an_older_copy_refuse_until_the_loss_is_accepted()
    {
        SharedPostgres.Require();
        await using PostgresServer postgres = await PostgresServer.StartNewAsync();
        await using Cluster cluster = await Cluster.StartAsync(postgres);
        await using (WireClient client = await cluster.Servers[0].ConnectAsync())
        {
            (await client.CreateAsync("/before", "kept")).ThrowIfError();
            await BackUpAsync(postgres);
            (await client.CreateAsync("/after", "acknowledged")).ThrowIfError();
        }

        await cluster.WaitUntilEqualAsync();
        foreach (ClusterServer server in cluster.Servers)
        {
            (await server.TerminateAsync()).ShouldBe(0);
        }

        await postgres.StopAsync();
        await postgres.PutBackAsync();
        await postgres.StartAsync();
        await ShouldRefuseUntilAcceptedAsync(cluster);
    }

    private static async Task BackUpAsync(PostgresServer postgres)
    {
        await postgres.StopAsync();
        await postgres.BackUpAsync();
        await postgres.StartAsync();
    }

    /// <summary>All servers are down. They refuse to start, name what an operator has to set, and start with it; from then on without it too.</summary>
    private static async Task ShouldRefuseUntilAcceptedAsync(Cluster cluster)
    {
        string option = "";
        foreach (ClusterServer server in cluster.Servers)
        {
            server.Launch();
            await server.WaitForEndAsync();
            server.ExitCode.ShouldBe(3);
            string said = server.Log.SinceStart;
            said.ShouldContain("has lost committed transactions");
            int at = said.LastIndexOf("--OrleansZk:AcceptLossAfter 0x", StringComparison.Ordinal);
            at.ShouldBeGreaterThan(0);
            option = said[at..].Split(' ', '\n')[1].Trim();
        }

        // One server is told; the others find in the store that it was accepted.
        cluster.Servers[0].Launch(new Dictionary<string, string> { ["AcceptLossAfter"] = option });
        await cluster.Servers[0].WaitUntilReadyAsync();
        cluster.Servers[0].Log.SinceStart.ShouldContain("which are given up as OrleansZk:AcceptLossAfter says");
        await cluster.SettleAsync();
        foreach (ClusterServer server in cluster.Servers)
        {
            await using WireClient client = await server.ConnectAsync();
            (await client.SyncAsync()).ThrowIfError();
            (await client.ExistsAsync("/before")).Error.ShouldBe(ErrorCode.Ok);
            (await client.ExistsAsync("/after")).Error.ShouldBe(ErrorCode.NoNode);
        }

        foreach (ClusterServer server in cluster.Servers)
        {
            (await server.TerminateAsync()).ShouldBe(0);
        }

        await cluster.SettleAsync();
    }

    private static int Restorations(Cluster cluster) =>
        cluster.Servers.Sum(server => server.Log.SinceStart.Split("groups of transactions back into").Length - 1);

    private static async Task ExecuteAsync(Cluster cluster, string sql)
    {
        await using var connection = new Npgsql.NpgsqlConnection(cluster.ConnectionString + ";Pooling=false");
        await connection.OpenAsync(Cancellation);
        await using var command = new Npgsql.NpgsqlCommand($"BEGIN; {sql}; COMMIT", connection);
        await command.ExecuteNonQueryAsync(Cancellation);
    }
}
