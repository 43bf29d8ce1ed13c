using OrleansZk.Core.Replication;
using OrleansZk.Storage.Postgres;
using OrleansZk.Storage.Tests.Support;
using static OrleansZk.Storage.Tests.Postgres.PostgresDatabase;
using static OrleansZk.Storage.Tests.Support.LogHarness;

namespace OrleansZk.Storage.Tests.Postgres;

[Collection(PostgresGroup.Name)]
public sealed class PostgresLogTests(PostgresFixture fixture) : IAsyncLifetime
{
    private PostgresDatabase _database = null!;

    private static CancellationToken Cancellation => PostgresDatabase.Cancellation;

    public async ValueTask InitializeAsync() => _database = await CreateAsync(fixture.Server);

    public ValueTask DisposeAsync() => _database?.DisposeAsync() ?? ValueTask.CompletedTask;

    [Fact]
    public async Task What_was_appended_is_read_back_by_anybody()
    {
        int[] lengths = [0, 1, 7, 4096, 32 * 1024, (256 * 1024) + 1, 3_000_001, 5];
        var expected = new List<LogGroup>();
        PostgresTransactionLog log = _database.Log();
        long zxid = await log.LeadAsync();
        foreach (int length in lengths)
        {
            var group = new LogGroup(zxid + 1, zxid + 3, Bytes(zxid + 1, length));
            await log.AppendAsync(group, Cancellation);
            expected.Add(group);
            zxid += 3;
        }

        PostgresTransactionLog other = _database.Log(2);
        (await other.OpenAsync(Cancellation)).ShouldBe(new LogPosition(1, zxid));
        (await other.ReadAllAsync()).ShouldBeGroups(expected);
        (await other.ReadAllAsync(expected[3].LastZxid)).ShouldBeGroups(expected[4..]);
        (await other.ReadAllAsync(expected[3].LastZxid - 1)).ShouldBeGroups(expected[3..]);
        (await other.ReadAllAsync(expected[3].LastZxid - 2)).ShouldBeGroups(expected[3..]);
        (await other.ReadAllAsync(zxid)).ShouldBeEmpty();
        (await other.ReadAllAsync(7L << 32)).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_long_log_is_read_in_its_order_over_epochs()
    {
        var expected = new List<LogGroup>();
        for (int epoch = 0; epoch < 3; epoch++)
        {
            PostgresTransactionLog log = _database.Log(epoch);
            long zxid = await log.LeadAsync();
            for (int i = 0; i < 128; i++)
            {
                expected.Add(Group(++zxid, 10));
                await log.AppendAsync(expected[^1], Cancellation);
            }
        }

        (await _database.Log().ReadAllAsync()).ShouldBeGroups(expected);
        (await _database.Log().ReadAllAsync(expected[130].LastZxid)).ShouldBeGroups(expected[131..]);
        (await _database.Log().ReadAllAsync(2L << 32)).ShouldBeGroups(expected[128..]);
    }

    [Fact]
    public async Task An_empty_log_has_no_position_and_no_groups()
    {
        PostgresTransactionLog log = _database.Log();

        (await log.OpenAsync(Cancellation)).ShouldBe(new LogPosition(0, 0));
        (await log.ReadAllAsync()).ShouldBeEmpty();
        await log.TruncateAsync(100, Cancellation);
        (await log.ReadAllAsync()).ShouldBeEmpty();
    }

    [Fact]
    public async Task What_a_checkpoint_covers_goes_and_is_said_to_be_gone()
    {
        PostgresTransactionLog log = _database.Log();
        long start = await log.LeadAsync();
        for (int i = 0; i < 2500; i++)
        {
            await log.AppendAsync(new LogGroup(start + (i * 2) + 1, start + (i * 2) + 2, new byte[10]), Cancellation);
        }

        await log.TruncateAsync(start + 4001, Cancellation); // Within a group, which stays.

        (await _database.CountAsync("SELECT count(*) FROM zk_log")).ShouldBe(500);
        (await log.ReadAllAsync(start + 4000)).Count.ShouldBe(500);
        (await log.ReadAllAsync(start + 4001)).Count.ShouldBe(500);
        await Should.ThrowAsync<LogTruncatedException>(() => log.ReadAllAsync(start + 3999));
        await Should.ThrowAsync<LogTruncatedException>(() => log.ReadAllAsync());
        await log.AppendAsync(Group(start + 5001, 10), Cancellation);

        await log.TruncateAsync(long.MaxValue, Cancellation);
        (await _database.Log().OpenAsync(Cancellation)).ShouldBe(new LogPosition(1, start + 5001));
        (await log.ReadAllAsync(start + 5001)).ShouldBeEmpty();
        await Should.ThrowAsync<LogTruncatedException>(() => log.ReadAllAsync(start + 5000));
        await log.AppendAsync(Group(start + 5002, 10), Cancellation);
        (await log.ReadAllAsync(start + 5001)).ShouldBeGroups([Group(start + 5002, 10)]);
    }

    [Fact]
    public async Task A_log_that_is_truncated_while_it_is_read_says_so()
    {
        PostgresTransactionLog log = _database.Log();
        long zxid = await log.LeadAsync();
        for (int i = 0; i < 300; i++)
        {
            await log.AppendAsync(Group(++zxid, 10), Cancellation);
        }

        foreach (long truncatedTo in new[] { zxid - 100, zxid })
        {
            IAsyncEnumerator<LogGroup> groups = log.ReadAsync(zxid - 300, Cancellation).GetAsyncEnumerator(Cancellation);
            await using (groups)
            {
                if (truncatedTo == zxid)
                {
                    await Should.ThrowAsync<LogTruncatedException>(async () => await groups.MoveNextAsync());
                    continue;
                }

                (await groups.MoveNextAsync()).ShouldBeTrue();
                await log.TruncateAsync(truncatedTo, Cancellation);
                await Should.ThrowAsync<LogTruncatedException>(async () =>
                {
                    while (await groups.MoveNextAsync())
                    {
                    }
                });
            }
        }
    }

    [Theory]
    [InlineData("UPDATE zk_log SET bytes = set_byte(bytes, 3, 255 - get_byte(bytes, 3)) WHERE first_zxid = {0}", "group 0x10000000a is damaged")]
    [InlineData("UPDATE zk_log SET bytes = '' WHERE first_zxid = {0}", "group 0x10000000a is damaged")]
    [InlineData("UPDATE zk_log SET checksum = checksum + 1 WHERE first_zxid = {0}", "group 0x10000000a is damaged")]
    [InlineData("UPDATE zk_log SET bytes = (SELECT bytes FROM zk_log WHERE first_zxid = {0} + 1), checksum = (SELECT checksum FROM zk_log WHERE first_zxid = {0} + 1) WHERE first_zxid = {0}", "group 0x10000000a is damaged")]
    [InlineData("DELETE FROM zk_log WHERE first_zxid = {0}", "between 0x100000009 and 0x10000000b are missing")]
    [InlineData("DELETE FROM zk_log WHERE first_zxid BETWEEN {0} AND {0} + 5", "between 0x100000009 and 0x100000010 are missing")]
    [InlineData("DELETE FROM zk_log WHERE first_zxid <= {0}", "between 0x0 and 0x10000000b are missing")]
    public async Task Damage_is_found_and_the_group_named(string damage, string said)
    {
        PostgresTransactionLog log = _database.Log();
        long zxid = await log.LeadAsync();
        for (int i = 1; i <= 20; i++)
        {
            await log.AppendAsync(Group(zxid + i, 100), Cancellation);
        }

        await _database.ExecuteAsync(string.Format(null, damage, zxid + 10));

        (await Should.ThrowAsync<LogCorruptException>(() => log.ReadAllAsync())).Message.ShouldContain(said);
        (await log.ReadAllAsync(zxid + 16)).Count.ShouldBe(4);
    }

    [Fact]
    public async Task A_log_that_has_lost_its_end_is_not_opened()
    {
        PostgresTransactionLog log = _database.Log();
        long zxid = await log.LeadAsync();
        await log.AppendAsync(Group(zxid + 1, 100), Cancellation);
        await log.AppendAsync(Group(zxid + 2, 100), Cancellation);
        await log.ClaimEpochAsync(1, Cancellation);
        await _database.ExecuteAsync($"DELETE FROM zk_log WHERE first_zxid = {zxid + 2}");

        (await Should.ThrowAsync<LogCorruptException>(async () => await _database.Log().OpenAsync(Cancellation)))
            .Message.ShouldContain("ends at zxid 0x100000001, but it reached 0x100000002");
    }

    [Fact]
    public async Task A_closed_log_says_so()
    {
        PostgresTransactionLog log = _database.Log();
        await log.LeadAsync();
        await log.DisposeAsync();

        await Should.ThrowAsync<ObjectDisposedException>(async () => await log.AppendAsync(Group(1L << 32, 1), Cancellation));
        await Should.ThrowAsync<ObjectDisposedException>(async () => await log.ConfirmEpochAsync(Cancellation));
    }
}
