using OrleansZk.Core.Ensemble;
using OrleansZk.Core.Replication;
using OrleansZk.Storage.Postgres;
using OrleansZk.Storage.Tests.Support;
using static OrleansZk.Storage.Tests.Postgres.PostgresDatabase;
using static OrleansZk.Storage.Tests.Support.LogHarness;

namespace OrleansZk.Storage.Tests.Postgres;

/// <summary>A store that has lost its newest commits: nothing is appended on top of the hole, and what is put back is what was there.</summary>
[Collection(PostgresGroup.Name)]
public sealed class PostgresLossTests(PostgresFixture fixture) : IAsyncLifetime
{
    private PostgresDatabase _database = null!;

    private static CancellationToken Cancellation => PostgresDatabase.Cancellation;

    public async ValueTask InitializeAsync() => _database = await CreateAsync(fixture.Server);

    public ValueTask DisposeAsync() => _database?.DisposeAsync() ?? ValueTask.CompletedTask;

    [Theory]
    [InlineData("DELETE FROM zk_log WHERE first_zxid > {0} + 7")]
    [InlineData("DELETE FROM zk_log WHERE first_zxid > {0} + 9")]
    [InlineData("DELETE FROM zk_log")]
    [InlineData("UPDATE zk_ensemble SET epoch = epoch - 1; DELETE FROM zk_epoch WHERE epoch = 1")]
    [InlineData("UPDATE zk_ensemble SET epoch = epoch - 1; DELETE FROM zk_epoch; DELETE FROM zk_log WHERE first_zxid > {0} + 3")]
    [InlineData("UPDATE zk_ensemble SET leader_id = 9, leader_incarnation = 9")]
    [InlineData("UPDATE zk_ensemble SET seen_zxid = {0} + 11")]
    public async Task Nothing_is_appended_on_top_of_a_hole(string loss)
    {
        (PostgresTransactionLog log, long zxid) = await AppendedAsync(10);
        await _database.ExecuteAsync(string.Format(null, loss, zxid));
        long left = await _database.CountAsync("SELECT count(*) FROM zk_log");

        await Should.ThrowAsync<LogRolledBackException>(async () => await log.ConfirmEpochAsync(Cancellation));
        for (int i = 0; i < 2; i++)
        {
            await Should.ThrowAsync<LogRolledBackException>(async () => await log.AppendAsync(Group(zxid + 11, 10), Cancellation));
        }

        (await _database.CountAsync("SELECT count(*) FROM zk_log")).ShouldBe(left);
    }

    [Fact]
    public async Task The_group_itself_may_be_repeated_when_it_alone_was_lost_before_its_answer()
    {
        (PostgresTransactionLog log, long zxid) = await AppendedAsync(10);
        await _database.EndSessionsAsync();
        await Should.ThrowAsync<StoreUnavailableException>(async () => await log.AppendAsync(Group(zxid + 11, 10), Cancellation));
        await _database.ExecuteAsync($"DELETE FROM zk_log WHERE first_zxid > {zxid} + 10");
        await log.AppendUntilKnownAsync(Group(zxid + 11, 10));

        (await log.ReadAllAsync()).Count.ShouldBe(11);
    }

    [Fact]
    public async Task An_epoch_is_not_claimed_on_a_log_that_ends_before_what_the_caller_knows()
    {
        (_, long zxid) = await AppendedAsync(10);
        PostgresTransactionLog next = _database.Log(2);
        await Should.ThrowAsync<LogRolledBackException>(async () => await next.ClaimEpochAsync(1, zxid + 11, Cancellation));
        await next.ReportLossAsync(Mark(1, zxid + 11), Cancellation);
        await Should.ThrowAsync<LogRolledBackException>(async () => await next.ClaimEpochAsync(1, 0, Cancellation));

        (await _database.CountAsync("SELECT epoch FROM zk_ensemble")).ShouldBe(1);
        (await _database.CountAsync("SELECT count(*) FROM zk_epoch")).ShouldBe(1);
    }

    [Fact]
    public async Task A_heartbeat_tells_where_the_log_ends()
    {
        (PostgresTransactionLog log, long zxid) = await AppendedAsync(10);
        PostgresMembership membership = _database.Membership();
        await membership.JoinAsync(new MemberInfo(1, 1000, "a:1", "a:2"), Cancellation);
        (await membership.BeatAsync(default, Cancellation)).LogEnd.ShouldBe(zxid + 10);
        await log.TruncateAsync(zxid + 10, Cancellation);
        (await membership.BeatAsync(default, Cancellation)).LogEnd.ShouldBe(zxid + 10);
    }

    [Theory]
    [InlineData("DELETE FROM zk_log WHERE first_zxid > {0} + 4", 4)]
    [InlineData("DELETE FROM zk_log WHERE first_zxid > {0} + 9", 9)]
    [InlineData("DELETE FROM zk_log", 0)]
    [InlineData("UPDATE zk_ensemble SET epoch = 0, leader_id = NULL; DELETE FROM zk_epoch; DELETE FROM zk_log", 0)]
    [InlineData("UPDATE zk_ensemble SET epoch = 0; DELETE FROM zk_epoch", 10)]
    public async Task What_was_lost_is_put_back_and_the_next_epoch_goes_on_behind_it(string loss, int left)
    {
        (PostgresTransactionLog log, long zxid) = await AppendedAsync(10);
        List<LogGroup> all = await log.ReadAllAsync();
        await _database.ExecuteAsync(string.Format(null, loss, zxid));
        LogLoss? found = await log.FindLossAsync(Mark(1, zxid + 10), Cancellation);
        found!.Value.HasGoneOn.ShouldBeFalse();
        found.Value.Found.LastZxid.ShouldBe(left == 0 ? 0 : zxid + left);

        var restoration = new LogRestoration(found.Value.Found, Mark(1, zxid + 10), left == 0 ? null : all[left - 1], all[left..]);
        await log.RestoreAsync(restoration, Cancellation);

        (await log.FindLossAsync(Mark(1, zxid + 10), Cancellation)).ShouldBeNull();
        (await log.ReadAllAsync()).ShouldBeGroups(all);
        (await _database.Log(2).OpenAsync(Cancellation)).ShouldBe(new LogPosition(1, zxid + 10));
        long epoch = await log.ClaimEpochAsync(1, zxid + 10, Cancellation);
        await log.AppendAsync(Group((epoch << 32) + 1, 10), Cancellation);
        (await log.ReadAllAsync()).Count.ShouldBe(11);
        if (left < 10)
        {
            // Once only: the log is where it was.
            await Should.ThrowAsync<LogRolledBackException>(async () => await log.RestoreAsync(restoration, Cancellation));
        }
    }

    [Fact]
    public async Task Nothing_is_put_back_behind_what_another_server_has_appended()
    {
        (PostgresTransactionLog log, long zxid) = await AppendedAsync(10);
        List<LogGroup> all = await log.ReadAllAsync();
        await _database.ExecuteAsync($"UPDATE zk_ensemble SET epoch = 0; DELETE FROM zk_epoch; DELETE FROM zk_log WHERE first_zxid > {zxid} + 4");

        // A server that has seen nothing of it claims the same epoch again, and appends under the same zxids.
        PostgresTransactionLog other = _database.Log(2);
        await other.LeadAsync();
        await other.AppendAsync(new LogGroup(zxid + 5, zxid + 5, new byte[] { 1 }), Cancellation);

        LogLoss loss = (await log.FindLossAsync(Mark(1, zxid + 5), Cancellation))!.Value;
        loss.ShouldBe(new LogLoss(new LogPosition(1, zxid + 4), HasGoneOn: true));
        await Should.ThrowAsync<LogRolledBackException>(async () => await log.RestoreAsync(
            new LogRestoration(loss.Found, Mark(1, zxid + 10), all[3], all[4..]), Cancellation));
        await Should.ThrowAsync<LogCorruptException>(async () => await log.RestoreAsync(
            new LogRestoration(new LogPosition(1, zxid + 5), Mark(1, zxid + 10), all[4], all[5..]), Cancellation));
        (await log.ReadAllAsync()).Count.ShouldBe(5);

        // Accepted, it is none for any server, and what was appended meanwhile stays.
        await log.AcceptLossAsync(Mark(1, zxid + 5), Cancellation);
        (await log.FindLossAsync(Mark(1, zxid + 5), Cancellation)).ShouldBeNull();
        (await log.ReadAllAsync()).Count.ShouldBe(5);
    }

    [Fact]
    public async Task Less_than_another_server_has_seen_is_not_put_back()
    {
        (PostgresTransactionLog log, long zxid) = await AppendedAsync(10);
        List<LogGroup> all = await log.ReadAllAsync();
        await _database.ExecuteAsync($"DELETE FROM zk_log WHERE first_zxid > {zxid} + 4");
        await log.ReportLossAsync(Mark(1, zxid + 11), Cancellation);

        await Should.ThrowAsync<LogRolledBackException>(async () => await log.RestoreAsync(
            new LogRestoration(new LogPosition(1, zxid + 4), Mark(1, zxid + 10), all[3], all[4..]), Cancellation));
    }

    [Fact]
    public async Task A_loss_that_is_accepted_is_no_loss_any_more_for_anybody_and_no_zxid_is_given_out_again()
    {
        (PostgresTransactionLog log, long zxid) = await AppendedAsync(10);
        await _database.ExecuteAsync($"DELETE FROM zk_log WHERE first_zxid > {zxid} + 4");
        await log.ReportLossAsync(Mark(1, zxid + 9), Cancellation);
        await log.AcceptLossAsync(Mark(1, zxid + 10), Cancellation);

        (await log.FindLossAsync(Mark(1, zxid + 10), Cancellation)).ShouldBeNull();
        (await log.FindLossAsync(Mark(1, zxid + 2), Cancellation)).ShouldBeNull();
        LogPosition end = await log.OpenAsync(Cancellation);
        end.ShouldBe(new LogPosition(2, zxid + 4));
        long epoch = await log.ClaimEpochAsync(end.Epoch, 0, Cancellation);
        await log.AppendAsync(Group((epoch << 32) + 1, 10), Cancellation);

        // The option may stay where it is.
        await _database.Log(2).AcceptLossAsync(Mark(1, zxid + 10), Cancellation);
        await log.AppendAsync(Group((epoch << 32) + 2, 10), Cancellation);
        (await log.ReadAllAsync()).Count.ShouldBe(6);
    }

    [Fact]
    public async Task A_log_that_goes_on_over_epochs_and_checkpoints_has_lost_nothing()
    {
        long zxid = 0;
        for (int epoch = 1; epoch <= 3; epoch++)
        {
            (PostgresTransactionLog log, zxid) = await AppendedAsync(10, epoch);
            foreach (int seen in new[] { 0, 1, 10 })
            {
                (await log.FindLossAsync(new LogMark(epoch, epoch, 1000, zxid + seen), Cancellation)).ShouldBeNull();
            }

            await log.TruncateAsync(zxid + 5, Cancellation);
        }

        (await _database.Log().FindLossAsync(new LogMark(1, 1, 1000, (1L << 32) + 10), Cancellation)).ShouldBeNull();
        (await _database.Log().FindLossAsync(LogMark.None, Cancellation)).ShouldBeNull();
    }

    private static LogMark Mark(long epoch, long zxid) => new(epoch, 1, 1000, zxid);

    private async Task<(PostgresTransactionLog Log, long Zxid)> AppendedAsync(int groups, int serverId = 1)
    {
        PostgresTransactionLog log = _database.Log(serverId);
        long zxid = await log.LeadAsync();
        for (int i = 1; i <= groups; i++)
        {
            await log.AppendAsync(Group(zxid + i, 10), Cancellation);
        }

        return (log, zxid);
    }
}
