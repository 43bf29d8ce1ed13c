using OrleansZk.Core.Replication;
using OrleansZk.Storage.Postgres;
using OrleansZk.Storage.Tests.Support;
using static OrleansZk.Storage.Tests.Postgres.PostgresDatabase;
using static OrleansZk.Storage.Tests.Support.LogHarness;

namespace OrleansZk.Storage.Tests.Postgres;

[Collection(PostgresGroup.Name)]
public sealed class PostgresFencingTests(PostgresFixture fixture) : IAsyncLifetime
{
    private PostgresDatabase _database = null!;

    private static CancellationToken Cancellation => PostgresDatabase.Cancellation;

    public async ValueTask InitializeAsync() => _database = await CreateAsync(fixture.Server);

    public ValueTask DisposeAsync() => _database?.DisposeAsync() ?? ValueTask.CompletedTask;

    [Fact]
    public async Task Only_the_owner_of_the_newest_epoch_appends()
    {
        PostgresTransactionLog first = _database.Log(1);
        PostgresTransactionLog second = _database.Log(2);
        long one = await first.LeadAsync();
        await first.AppendAsync(Group(one + 1, 10), Cancellation);
        await first.ConfirmEpochAsync(Cancellation);
        long two = await second.LeadAsync();

        (await Should.ThrowAsync<LeaderFencedException>(async () => await first.AppendAsync(Group(one + 2, 10), Cancellation)))
            .Message.ShouldContain("epoch 2");
        await Should.ThrowAsync<LeaderFencedException>(async () => await first.ConfirmEpochAsync(Cancellation));
        await second.AppendAsync(Group(two + 1, 10), Cancellation);
        await second.ConfirmEpochAsync(Cancellation);
        await Should.ThrowAsync<LeaderFencedException>(async () => await first.AppendAsync(Group(one + 2, 10), Cancellation));
        (await first.ReadAllAsync()).ShouldBeGroups([Group(one + 1, 10), Group(two + 1, 10)]);
    }

    [Fact]
    public async Task A_claim_names_its_owner_and_one_from_an_old_epoch_changes_nothing()
    {
        PostgresTransactionLog log = _database.Log(7, 70);
        await log.LeadAsync();
        await log.ClaimEpochAsync(1, Cancellation);

        (await Should.ThrowAsync<LeaderFencedException>(async () => await _database.Log(8).ClaimEpochAsync(1, Cancellation)))
            .Message.ShouldContain("epoch 2");
        await Should.ThrowAsync<LeaderFencedException>(async () => await log.ClaimEpochAsync(1, Cancellation));
        (await _database.ExecuteAsync("SELECT concat_ws(' ', epoch, leader_id, leader_incarnation) FROM zk_ensemble")).ShouldBe("2 7 70");
        (await _database.CountAsync("SELECT count(*) FROM zk_epoch")).ShouldBe(2);
        await log.AppendAsync(Group((2L << 32) + 1, 10), Cancellation);
    }

    [Fact]
    public async Task Of_claims_at_once_exactly_one_wins()
    {
        PostgresTransactionLog[] logs = [.. Enumerable.Range(0, 6).Select(id => _database.Log(id))];
        foreach (PostgresTransactionLog log in logs)
        {
            await log.OpenAsync(Cancellation);
        }

        for (int epoch = 0; epoch < 20; epoch++)
        {
            bool[] won = await Task.WhenAll(logs.Select(log => Task.Run(async () =>
            {
                try
                {
                    return await log.ClaimEpochAsync(epoch, Cancellation) == epoch + 1;
                }
                catch (LeaderFencedException)
                {
                    return false;
                }
            }, Cancellation)));
            won.Count(true.Equals).ShouldBe(1);
            PostgresTransactionLog winner = logs[Array.IndexOf(won, true)];
            await winner.AppendAsync(Group(((epoch + 1L) << 32) + 1, 10), Cancellation);
        }

        (await logs[0].ReadAllAsync()).Count.ShouldBe(20);
    }

    [Fact]
    public async Task A_claim_during_appends_finds_all_that_were_acknowledged_and_no_more_follow()
    {
        PostgresTransactionLog[] logs = [.. Enumerable.Range(0, 3).Select(id => _database.Log(id))];
        var acknowledged = new List<LogGroup>();
        for (int round = 0; round < 15; round++)
        {
            PostgresTransactionLog leader = logs[round % 3];
            long zxid = await leader.LeadAsync();
            Task appending = Task.Run(async () =>
            {
                while (true)
                {
                    LogGroup group = Group(++zxid, 20);
                    await leader.AppendAsync(group, Cancellation);
                    acknowledged.Add(group);
                }
            }, Cancellation);
            await Task.Delay(Random.Shared.Next(20), Cancellation);
            PostgresTransactionLog next = logs[(round + 1) % 3];
            await next.LeadAsync();
            List<LogGroup> found = await next.ReadAllAsync();
            await Should.ThrowAsync<LeaderFencedException>(() => appending);
            found.ShouldBeGroups(acknowledged);
        }
    }

    [Fact]
    public async Task Appending_the_same_group_again_changes_nothing_even_after_a_newer_claim()
    {
        PostgresTransactionLog log = _database.Log(1);
        long zxid = await log.LeadAsync();
        LogGroup group = Group(zxid + 1, 10);
        await log.AppendAsync(group, Cancellation);
        await log.AppendAsync(group, Cancellation);
        await log.AppendAsync(Group(zxid + 2, 10), Cancellation);
        await log.AppendAsync(group, Cancellation);
        PostgresTransactionLog next = _database.Log(2);
        long after = await next.LeadAsync();
        await log.AppendAsync(Group(zxid + 2, 10), Cancellation);
        await next.AppendAsync(Group(after + 1, 10), Cancellation);
        await next.TruncateAsync(after + 1, Cancellation);
        await log.AppendAsync(Group(zxid + 2, 10), Cancellation);
        await log.AppendAsync(group, Cancellation);

        await Should.ThrowAsync<LeaderFencedException>(async () => await log.AppendAsync(Group(zxid + 3, 10), Cancellation));
        (await next.ReadAllAsync(after + 1)).ShouldBeEmpty();
    }

    [Fact]
    public async Task Another_group_in_the_place_of_one_is_refused()
    {
        PostgresTransactionLog log = _database.Log(1);
        long zxid = await log.LeadAsync();
        await log.AppendAsync(Group(zxid + 1, 10), Cancellation);

        await Should.ThrowAsync<LogCorruptException>(async () => await log.AppendAsync(Group(zxid + 1, 11), Cancellation));
        await Should.ThrowAsync<InvalidOperationException>(async () => await _database.Log(2).AppendAsync(Group(zxid + 2, 1), Cancellation));
        (await log.ReadAllAsync()).ShouldBeGroups([Group(zxid + 1, 10)]);
    }

    [Fact]
    public async Task An_append_waits_for_the_disk_even_where_the_servers_default_is_not_to()
    {
        await _database.ExecuteAsync("ALTER ROLE postgres IN DATABASE " + await _database.ExecuteAsync("SELECT current_database()") + " SET synchronous_commit = off");
        PostgresTransactionLog log = _database.Log();
        long zxid = await log.LeadAsync();
        await _database.ExecuteAsync(
            """
            CREATE TABLE seen (setting text);
            CREATE FUNCTION see() RETURNS trigger LANGUAGE plpgsql AS
                'BEGIN INSERT INTO orleanszk.seen VALUES (current_setting(''synchronous_commit'')); RETURN NEW; END';
            CREATE TRIGGER see BEFORE INSERT ON zk_log FOR EACH ROW EXECUTE FUNCTION see();
            """);
        await log.AppendAsync(Group(zxid + 1, 10), Cancellation);

        (await _database.ExecuteAsync("SELECT setting FROM seen")).ShouldBe("on");
    }
}
