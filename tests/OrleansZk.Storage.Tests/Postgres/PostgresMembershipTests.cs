using OrleansZk.Core.Ensemble;
using OrleansZk.Core.Replication;
using OrleansZk.Storage.Postgres;
using OrleansZk.TestKit.Processes;
using static OrleansZk.Storage.Tests.Postgres.PostgresDatabase;

namespace OrleansZk.Storage.Tests.Postgres;

[Collection(PostgresGroup.Name)]
public sealed class PostgresMembershipTests(PostgresFixture fixture) : IAsyncLifetime
{
    private PostgresDatabase _database = null!;

    private static CancellationToken Cancellation => PostgresDatabase.Cancellation;

    public async ValueTask InitializeAsync() => _database = await CreateAsync(fixture.Server);

    public ValueTask DisposeAsync() => _database?.DisposeAsync() ?? ValueTask.CompletedTask;

    [Fact]
    public async Task Members_see_each_other_and_what_they_report()
    {
        PostgresMembership three = _database.Membership();
        PostgresMembership two = _database.Membership();
        await three.JoinAsync(Member(3), Cancellation);
        await two.JoinAsync(Member(2), Cancellation);
        await two.BeatAsync(new MemberReport(1, 20), Cancellation);

        EnsembleView view = await three.BeatAsync(new MemberReport(4, 30), Cancellation);

        view.ShouldSatisfyAllConditions(
            seen => seen.Epoch.ShouldBe(0), seen => seen.Leader.ShouldBeNull(), seen => seen.Successor.ShouldBeNull());
        view.Members.Select(member => (member.Info, member.Report, member.IsConnected)).ShouldBe(
            [(Member(2), new MemberReport(1, 20), true), (Member(3), new MemberReport(4, 30), true)]);
        view.Members.ShouldAllBe(member => member.SilentFor < TimeSpan.FromSeconds(5));
    }

    [Fact]
    public async Task The_view_names_the_leader_until_it_hands_over()
    {
        PostgresMembership membership = _database.Membership();
        await membership.JoinAsync(Member(3), Cancellation);
        await _database.Log(5, 55).LeadAsync();
        EnsembleView led = await membership.BeatAsync(default, Cancellation);
        (led.Epoch, led.Leader, led.Successor).ShouldBe((1, (5, 55L), null));

        await membership.HandOverAsync(0, 3, Cancellation);
        (await membership.BeatAsync(default, Cancellation)).Leader.ShouldBe((5, 55L));

        await membership.HandOverAsync(1, 3, Cancellation);
        EnsembleView handed = await membership.BeatAsync(default, Cancellation);
        (handed.Epoch, handed.Leader, handed.Successor).ShouldBe((1, null, 3));

        await _database.Log(3, 33).LeadAsync();
        EnsembleView next = await membership.BeatAsync(default, Cancellation);
        (next.Epoch, next.Leader, next.Successor).ShouldBe((2, (3, 33L), null));

        await membership.HandOverAsync(2, null, Cancellation);
        EnsembleView without = await membership.BeatAsync(default, Cancellation);
        (without.Epoch, without.Leader, without.Successor).ShouldBe((2, null, null));
    }

    [Fact]
    public async Task A_second_server_with_the_id_of_a_live_one_is_refused_and_told_where_that_is()
    {
        PostgresMembership first = _database.Membership();
        await first.JoinAsync(Member(3) with { PeerAddress = "first.example:2888" }, Cancellation);

        PostgresMembership second = _database.Membership();
        string message = (await Should.ThrowAsync<MemberConflictException>(async () => await second.JoinAsync(Member(3, 2), Cancellation))).Message;

        message.ShouldContain("id 3");
        message.ShouldContain("first.example:2888");
        message.ShouldContain("127.0.0.1");
        await Should.ThrowAsync<InvalidOperationException>(async () => await second.BeatAsync(default, Cancellation));
        (await first.BeatAsync(default, Cancellation)).Members.ShouldHaveSingleItem().Info.Incarnation.ShouldBe(1);
    }

    [Fact]
    public async Task A_server_that_restarts_waits_for_its_dead_process_to_be_noticed()
    {
        PostgresMembership first = _database.Membership();
        await first.JoinAsync(Member(3), Cancellation);
        PostgresMembership second = _database.Membership(options => options.JoinPatienceMilliseconds = 20_000);
        Task joining = second.JoinAsync(Member(3, 2), Cancellation).AsTask();

        // It has asked who has the id: so it was refused, and waits.
        await Deadline.WaitUntilAsync(
            async () => await _database.CountAsync(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() AND query LIKE '%FROM pg_locks l%JOIN pg_stat_activity%'") == 1,
            "a member that waits");
        joining.IsCompleted.ShouldBeFalse();
        await first.DisposeAsync();

        await joining;
        (await second.BeatAsync(default, Cancellation)).Members.ShouldHaveSingleItem().Info.ShouldBe(Member(3, 2));
    }

    [Fact]
    public async Task A_dead_process_is_seen_at_once_and_its_silence_grows_by_the_stores_clock()
    {
        PostgresMembership observer = _database.Membership();
        PostgresMembership dying = _database.Membership();
        await observer.JoinAsync(Member(1), Cancellation);
        await dying.JoinAsync(Member(2), Cancellation);
        await dying.BeatAsync(default, Cancellation);
        (await observer.BeatAsync(default, Cancellation)).Members[1].IsConnected.ShouldBeTrue();

        await dying.DisposeAsync();

        await Deadline.WaitUntilAsync(
            async () => !(await observer.BeatAsync(default, Cancellation)).Members[1].IsConnected, "the end of the connection");
        TimeSpan silence = (await observer.BeatAsync(default, Cancellation)).Members[1].SilentFor;
        EnsembleView later = await observer.BeatAsync(default, Cancellation);
        later.Members[1].SilentFor.ShouldBeGreaterThan(silence);
        later.Members[0].SilentFor.ShouldBeLessThan(TimeSpan.FromSeconds(5));

        await _database.ExecuteAsync("UPDATE zk_member SET heartbeat = heartbeat - interval '1 hour' WHERE id = 2");
        (await observer.BeatAsync(default, Cancellation)).Members[1].SilentFor.ShouldBeGreaterThan(TimeSpan.FromMinutes(59));
    }

    [Fact]
    public async Task A_lost_session_is_replaced_with_the_next_heartbeat()
    {
        PostgresMembership membership = _database.Membership();
        await membership.JoinAsync(Member(3), Cancellation);
        await _database.EndSessionsAsync();

        await Should.ThrowAsync<StoreUnavailableException>(async () => await membership.BeatAsync(default, Cancellation));

        MemberView own = (await membership.BeatAsync(new MemberReport(1, 2), Cancellation)).Members.ShouldHaveSingleItem();
        own.ShouldSatisfyAllConditions(
            member => member.IsConnected.ShouldBeTrue(), member => member.Info.ShouldBe(Member(3)),
            member => member.Report.ShouldBe(new MemberReport(1, 2)));
    }

    [Fact]
    public async Task A_session_that_only_the_store_believes_alive_is_ended_by_its_own_member()
    {
        PostgresMembership lost = _database.Membership();
        await lost.JoinAsync(Member(3), Cancellation);
        PostgresMembership again = _database.Membership(); // The same process, whose side of the connection is gone.

        await again.JoinAsync(Member(3), Cancellation);

        (await again.BeatAsync(default, Cancellation)).Members.ShouldHaveSingleItem().IsConnected.ShouldBeTrue();
        await Should.ThrowAsync<StoreUnavailableException>(async () => await lost.BeatAsync(default, Cancellation));
    }

    [Fact]
    public async Task A_member_whose_id_was_taken_meanwhile_learns_it()
    {
        PostgresMembership first = _database.Membership();
        await first.JoinAsync(Member(3), Cancellation);
        await _database.EndSessionsAsync();
        PostgresMembership second = _database.Membership();
        await second.JoinAsync(Member(3, 2), Cancellation);

        await Should.ThrowAsync<StoreUnavailableException>(async () => await first.BeatAsync(default, Cancellation));
        await Should.ThrowAsync<MemberConflictException>(async () => await first.BeatAsync(default, Cancellation));

        // Even when the other is gone again: it has been a member in between.
        await second.DisposeAsync();
        await Deadline.WaitUntilAsync(async () => await _database.CountAsync("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'") == 0, "the end");
        (await Should.ThrowAsync<MemberConflictException>(async () => await first.BeatAsync(default, Cancellation))).Message.ShouldContain("id 3");
    }

    [Fact]
    public async Task Who_leaves_is_gone_at_once_and_another_may_have_the_id()
    {
        PostgresMembership observer = _database.Membership();
        PostgresMembership leaving = _database.Membership();
        await observer.JoinAsync(Member(1), Cancellation);
        await leaving.JoinAsync(Member(2), Cancellation);

        await leaving.LeaveAsync(Cancellation);
        await leaving.LeaveAsync(Cancellation);

        (await observer.BeatAsync(default, Cancellation)).Members.ShouldHaveSingleItem().Info.Id.ShouldBe(1);
        await Should.ThrowAsync<InvalidOperationException>(async () => await leaving.BeatAsync(default, Cancellation));
        PostgresMembership other = _database.Membership(options => options.JoinPatienceMilliseconds = 0);
        await other.JoinAsync(Member(2, 2), Cancellation);
        (await observer.BeatAsync(default, Cancellation)).Members.Count.ShouldBe(2);
    }

    [Fact]
    public async Task Leaving_works_without_the_session_and_spares_the_successor()
    {
        PostgresMembership first = _database.Membership();
        await first.JoinAsync(Member(3), Cancellation);
        await _database.EndSessionsAsync();
        await Should.ThrowAsync<StoreUnavailableException>(async () => await first.BeatAsync(default, Cancellation));
        PostgresMembership second = _database.Membership();
        await second.JoinAsync(Member(3, 2), Cancellation);
        await first.LeaveAsync(Cancellation);

        (await second.BeatAsync(default, Cancellation)).Members.ShouldHaveSingleItem().Info.Incarnation.ShouldBe(2);
    }

    [Fact]
    public async Task A_row_that_somebody_deleted_comes_back_with_the_next_heartbeat()
    {
        PostgresMembership membership = _database.Membership();
        await membership.JoinAsync(Member(3), Cancellation);
        await _database.ExecuteAsync("DELETE FROM zk_member");

        (await membership.BeatAsync(default, Cancellation)).Members.ShouldHaveSingleItem().Info.ShouldBe(Member(3));
    }

    [Fact]
    public async Task Ensembles_in_one_database_do_not_see_each_other()
    {
        PostgresMembership one = _database.Membership();
        PostgresMembership other = _database.Membership(options => options.Schema = "Another \"one\"");
        await one.JoinAsync(Member(3), Cancellation);
        await other.JoinAsync(Member(3, 2), Cancellation);

        (await one.BeatAsync(default, Cancellation)).Members.ShouldHaveSingleItem().Info.ShouldBe(Member(3));
        (await other.BeatAsync(default, Cancellation)).Members.ShouldHaveSingleItem().Info.ShouldBe(Member(3, 2));
    }

    private static MemberInfo Member(int id, long incarnation = 1) => new(id, incarnation, $"host{id}:2888", $"host{id}:2181");
}
