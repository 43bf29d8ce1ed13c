using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using Orleans.Streams;
using OrleansZk.Grains;
using OrleansZk.Server.Configuration;
using OrleansZk.Silo.Clustering;
using OrleansZk.Silo.Tests.Clusters;

namespace OrleansZk.Silo.Tests.Clustering;

/// <summary>What is stored of the streams of sessions that are over does not stay.</summary>
[Collection(PostgresGroup.Name)]
public sealed class WatchStreamSweeperTests(PostgresFixture postgres)
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Streams_of_sessions_that_are_over_are_deleted_at_the_second_look_and_others_stay()
    {
        string ensemble = postgres.Server.ConnectionString(await postgres.Server.CreateDatabaseAsync());
        await using SiloCluster cluster = await SiloCluster.StartAsync(1, ensemble, storesStreams: true);
        var sweeper = cluster.Cluster.GetSiloServiceProvider((await cluster.LeaderAsync()).SiloAddress).GetRequiredService<WatchStreamSweeper>();
        await using GrainZooKeeper zk = await cluster.OpenAsync();

        // As a client leaves it whose silo went with it.
        const long Over = 0x0123456789;
        await cluster.Client.GetStreamProvider(WatchStreams.DefaultProvider).GetStream<StreamedEvent>(WatchStreams.Of(Over)).SubscribeAsync((_, _) => Task.CompletedTask);
        (await KeysAsync(ensemble)).Count.ShouldBe(2);

        (await sweeper.SweepAsync(Cancellation)).ShouldBe(0);
        (await sweeper.SweepAsync(Cancellation)).ShouldBe(1);

        (await KeysAsync(ensemble)).ShouldHaveSingleItem().ShouldEndWith($"/{zk.SessionId}");
        await zk.DisposeAsync();
        (await KeysAsync(ensemble)).ShouldBeEmpty("a subscription that was ended leaves no row");
    }

    private static async Task<List<string>> KeysAsync(string ensemble)
    {
        await using var source = NpgsqlDataSource.Create(OrleansConnectionString.Create(ensemble, OrleansSchema.NameFor(new ServerOptions().EnsembleSchema)));
        await using NpgsqlCommand select = source.CreateCommand("SELECT key_text FROM orleans_grain_state");
        await using NpgsqlDataReader rows = await select.ExecuteReaderAsync(Cancellation);
        var keys = new List<string>();
        while (await rows.ReadAsync(Cancellation))
        {
            keys.Add(rows.GetString(0));
        }

        return keys;
    }
}
