using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Messaging;

namespace OrleansZk.Silo.Tests.Clustering;

/// <summary>The provider that Orleans ships, over our tables and queries.</summary>
[Collection(PostgresGroup.Name)]
public sealed class MembershipTableTests(PostgresFixture fixture) : IAsyncLifetime
{
    private static readonly DateTime Epoch = new(2030, 1, 2, 3, 4, 5, DateTimeKind.Utc);

    private SiloDatabase _database = null!;
    private IMembershipTable _table = null!;

    private static CancellationToken Cancellation => SiloDatabase.Cancellation;

    public async ValueTask InitializeAsync()
    {
        _database = await SiloDatabase.CreateAsync(fixture.Server);
        _table = await OpenAsync();
    }

    public ValueTask DisposeAsync() => _database?.DisposeAsync() ?? ValueTask.CompletedTask;

    [Fact]
    public async Task A_new_table_is_empty()
    {
        MembershipTableData read = await _table.ReadAllAsync(Cancellation);

        (read.Members.Count, read.Version.Version, read.Version.VersionEtag).ShouldBe((0, 0, "0"));
    }

    [Fact]
    public async Task Silos_that_start_at_once_begin_one_table()
    {
        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(() => OpenAsync("another"), Cancellation)));

        (await (await OpenAsync("another")).ReadAllAsync(Cancellation)).Version.Version.ShouldBe(0);
        (await _database.CountAsync("SELECT count(*) FROM orleans_cluster")).ShouldBe(2);
    }

    [Theory]
    [InlineData("10.0.0.1")]
    [InlineData("2001:db8::1")]
    public async Task What_was_inserted_is_read(string address)
    {
        MembershipEntry entry = Entry(1, address: address);
        (await InsertAsync(entry)).ShouldBeTrue();

        MembershipTableData read = await _table.ReadAllAsync(Cancellation);
        read.Version.Version.ShouldBe(1);
        ShouldEqual(read.Members.ShouldHaveSingleItem().Item1, entry);
        MembershipTableData row = await _table.ReadRowAsync(entry.SiloAddress, Cancellation);
        row.Version.Version.ShouldBe(1);
        ShouldEqual(row.Members.ShouldHaveSingleItem().Item1, entry);
    }

    [Fact]
    public async Task A_row_that_is_not_there_is_read_as_the_version_alone()
    {
        await InsertAsync(Entry(1));

        MembershipTableData read = await _table.ReadRowAsync(Entry(2).SiloAddress, Cancellation);

        (read.Members.Count, read.Version.Version).ShouldBe((0, 1));
    }

    [Fact]
    public async Task Two_starts_of_a_silo_are_two_members()
    {
        await InsertAsync(Entry(1, generation: 1));
        await InsertAsync(Entry(1, generation: 2));

        MembershipTableData read = await _table.ReadAllAsync(Cancellation);

        (read.Members.Count, read.Version.Version).ShouldBe((2, 2));
        (await _table.ReadRowAsync(Entry(1, generation: 2).SiloAddress, Cancellation)).Members.ShouldHaveSingleItem()
            .Item1.SiloAddress.Generation.ShouldBe(2);
    }

    [Fact]
    public async Task An_insert_with_a_stale_version_changes_nothing()
    {
        TableVersion stale = await NextAsync();
        await InsertAsync(Entry(1));

        (await _table.InsertRowAsync(Entry(2), stale, Cancellation)).ShouldBeFalse();

        MembershipTableData read = await _table.ReadAllAsync(Cancellation);
        (read.Members.Count, read.Version.Version).ShouldBe((1, 1));
    }

    [Fact]
    public async Task An_insert_of_a_member_that_is_there_changes_nothing()
    {
        await InsertAsync(Entry(1));
        MembershipEntry again = Entry(1);
        again.HostName = "elsewhere";

        (await InsertAsync(again)).ShouldBeFalse();

        MembershipTableData read = await _table.ReadAllAsync(Cancellation);
        read.Version.Version.ShouldBe(1);
        ShouldEqual(read.Members.ShouldHaveSingleItem().Item1, Entry(1));
    }

    [Fact]
    public async Task An_update_moves_the_version_and_the_members_row()
    {
        MembershipEntry entry = Entry(1);
        await InsertAsync(entry);
        entry.Status = SiloStatus.ShuttingDown;
        entry.IAmAliveTime = Epoch.AddMinutes(9);
        entry.SuspectTimes = [Tuple.Create(Entry(2).SiloAddress, Epoch.AddMinutes(7)), Tuple.Create(Entry(3).SiloAddress, Epoch.AddMinutes(8))];

        (await UpdateAsync(entry)).ShouldBeTrue();

        MembershipTableData read = await _table.ReadAllAsync(Cancellation);
        read.Version.Version.ShouldBe(2);
        ShouldEqual(read.Members.ShouldHaveSingleItem().Item1, entry);

        entry.SuspectTimes = [];
        (await UpdateAsync(entry)).ShouldBeTrue();
        (await _table.ReadRowAsync(entry.SiloAddress, Cancellation)).Members.ShouldHaveSingleItem().Item1.SuspectTimes.ShouldBeNull();
    }

    [Fact]
    public async Task An_update_with_a_stale_version_changes_nothing()
    {
        MembershipEntry entry = Entry(1);
        await InsertAsync(entry);
        TableVersion stale = await NextAsync();
        await InsertAsync(Entry(2));
        entry.Status = SiloStatus.Dead;

        (await _table.UpdateRowAsync(entry, stale.VersionEtag, stale, Cancellation)).ShouldBeFalse();

        MembershipTableData read = await _table.ReadAllAsync(Cancellation);
        read.Version.Version.ShouldBe(2);
        read.Members.ShouldAllBe(member => member.Item1.Status == SiloStatus.Active);
    }

    [Fact]
    public async Task An_update_of_a_member_that_is_not_there_changes_nothing()
    {
        await InsertAsync(Entry(1));

        (await UpdateAsync(Entry(2))).ShouldBeFalse();

        MembershipTableData read = await _table.ReadAllAsync(Cancellation);
        (read.Members.Count, read.Version.Version).ShouldBe((1, 1));
    }

    [Fact]
    public async Task Of_those_who_change_one_version_one_succeeds()
    {
        await InsertAsync(Entry(1));
        for (int round = 1; round <= 20; round++)
        {
            TableVersion next = await NextAsync();
            bool[] succeeded = await Task.WhenAll(Enumerable.Range(0, 8).Select(writer => Task.Run(
                () => writer % 2 == 0
                    ? _table.InsertRowAsync(Entry(100 * round + writer), next, Cancellation)
                    : _table.UpdateRowAsync(Entry(1), next.VersionEtag, next, Cancellation),
                Cancellation)));

            succeeded.Count(done => done).ShouldBe(1);
            MembershipTableData read = await _table.ReadAllAsync(Cancellation);
            read.Version.Version.ShouldBe(round + 1);
        }
    }

    [Fact]
    public async Task Members_that_join_at_once_all_get_in_by_trying_again()
    {
        await Task.WhenAll(Enumerable.Range(1, 8).Select(member => Task.Run(
            async () =>
            {
                while (!await InsertAsync(Entry(member)))
                {
                }
            },
            Cancellation)));

        MembershipTableData read = await _table.ReadAllAsync(Cancellation);
        (read.Members.Count, read.Version.Version).ShouldBe((8, 8));
    }

    [Fact]
    public async Task A_heartbeat_leaves_the_version_alone()
    {
        MembershipEntry entry = Entry(1);
        await InsertAsync(entry);
        TableVersion next = await NextAsync();
        entry.IAmAliveTime = Epoch.AddHours(1);

        await _table.UpdateIAmAliveAsync(entry, Cancellation);

        MembershipTableData read = await _table.ReadAllAsync(Cancellation);
        read.Version.Version.ShouldBe(1);
        ShouldEqual(read.Members.ShouldHaveSingleItem().Item1, entry);
        (await _table.UpdateRowAsync(entry, next.VersionEtag, next, Cancellation)).ShouldBeTrue();
    }

    [Fact]
    public async Task Somebody_elses_update_does_not_turn_a_heartbeat_back()
    {
        MembershipEntry entry = Entry(1);
        await InsertAsync(entry);
        MembershipEntry beaten = Entry(1);
        beaten.IAmAliveTime = Epoch.AddHours(1);
        await _table.UpdateIAmAliveAsync(beaten, Cancellation);

        (await UpdateAsync(entry)).ShouldBeTrue();

        (await _table.ReadAllAsync(Cancellation)).Members.ShouldHaveSingleItem().Item1.IAmAliveTime.ShouldBe(Epoch.AddHours(1));
    }

    [Fact]
    public async Task Heartbeats_and_updates_do_not_stand_in_each_others_way()
    {
        MembershipEntry entry = Entry(1);
        await InsertAsync(entry);
        Task beats = Task.Run(
            async () =>
            {
                for (int beat = 1; beat <= 100; beat++)
                {
                    MembershipEntry beaten = Entry(1);
                    beaten.IAmAliveTime = Epoch.AddSeconds(beat);
                    await _table.UpdateIAmAliveAsync(beaten, Cancellation);
                }
            },
            Cancellation);
        for (int update = 0; update < 100; update++)
        {
            (await UpdateAsync(entry)).ShouldBeTrue();
        }

        await beats;
        MembershipTableData read = await _table.ReadAllAsync(Cancellation);
        read.Version.Version.ShouldBe(101);
        read.Members.ShouldHaveSingleItem().Item1.IAmAliveTime.ShouldBe(Epoch.AddSeconds(100));
    }

    [Fact]
    public async Task Clusters_do_not_see_each_other()
    {
        IMembershipTable other = await OpenAsync("other");
        await InsertAsync(Entry(1));

        (await other.ReadAllAsync(Cancellation)).Members.ShouldBeEmpty();
        await other.DeleteMembershipTableEntriesAsync("other", Cancellation);

        (await _table.ReadAllAsync(Cancellation)).Members.Count.ShouldBe(1);
    }

    [Fact]
    public async Task A_deleted_table_can_be_begun_again()
    {
        await InsertAsync(Entry(1));
        await InsertAsync(Entry(2));

        await _table.DeleteMembershipTableEntriesAsync("cluster", Cancellation);

        (await _database.CountAsync("SELECT (SELECT count(*) FROM orleans_silo) + (SELECT count(*) FROM orleans_cluster)")).ShouldBe(0);
        (await _table.InsertRowAsync(Entry(3), new TableVersion(3, "2"), Cancellation)).ShouldBeFalse();
        await _table.InitializeMembershipTableAsync(true, Cancellation);
        (await _table.ReadAllAsync(Cancellation)).Version.Version.ShouldBe(0);
    }

    [Fact]
    public async Task Clean_up_removes_the_long_dead_alone()
    {
        DateTime limit = Epoch.AddDays(1);
        await InsertAsync(Entry(1));
        await InsertDeadAsync(2, Epoch.AddMinutes(1));
        await InsertDeadAsync(3, limit.AddMinutes(1));
        await InsertDeadAsync(4, Epoch.AddMinutes(1), suspected: Epoch.AddMinutes(2));
        await InsertDeadAsync(5, Epoch.AddMinutes(1), suspected: limit.AddMinutes(2));
        TableVersion before = (await _table.ReadAllAsync(Cancellation)).Version;

        await _table.CleanupDefunctSiloEntriesAsync(limit, Cancellation);

        MembershipTableData read = await _table.ReadAllAsync(Cancellation);
        read.Members.Select(member => member.Item1.SiloAddress.Endpoint.Port).Order().ShouldBe([1, 3, 5]);
        read.Version.Version.ShouldBe(before.Version);
    }

    [Fact]
    public async Task A_provider_that_knows_no_single_clean_up_does_it_at_once()
    {
        await _database.ExecuteAsync("DELETE FROM OrleansQuery WHERE QueryKey = 'CleanupDefunctSiloEntryKey'");
        _table = await OpenAsync();
        await InsertAsync(Entry(1));
        await InsertDeadAsync(2, Epoch.AddMinutes(1));
        await InsertDeadAsync(3, Epoch.AddDays(2));

        await _table.CleanupDefunctSiloEntriesAsync(Epoch.AddDays(1), Cancellation);

        (await _table.ReadAllAsync(Cancellation)).Members.Select(member => member.Item1.SiloAddress.Endpoint.Port).Order().ShouldBe([1, 3]);
    }

    [Fact]
    public async Task Gateways_are_those_of_active_silos()
    {
        await InsertAsync(Entry(1));
        await InsertDeadAsync(2, Epoch);
        MembershipEntry without = Entry(3);
        without.ProxyPort = 0;
        await InsertAsync(without);
        MembershipEntry joining = Entry(4);
        joining.Status = SiloStatus.Joining;
        await InsertAsync(joining);
        await InsertAsync(Entry(5));
        var provider = _database.Client().Services.GetRequiredService<IGatewayListProvider>();
        await provider.InitializeGatewayListProvider();

        IList<Uri> gateways = await provider.GetGateways();

        gateways.Select(gateway => gateway.Port).Order().ShouldBe([30_001, 30_005]);
        gateways.ShouldContain(SiloAddress.New(IPAddress.Loopback, 30_001, 1).ToGatewayUri());
    }

    /// <param name="number">Its port.</param>
    private static MembershipEntry Entry(int number, int generation = 1, string address = "127.0.0.1") => new()
    {
        SiloAddress = SiloAddress.New(IPAddress.Parse(address), number, generation),
        SiloName = $"silo {number}",
        HostName = "höst",
        Status = SiloStatus.Active,
        ProxyPort = 30_000 + number,
        StartTime = Epoch,
        IAmAliveTime = Epoch.AddTicks(10), // The shortest time that PostgreSQL keeps.
    };

    private static void ShouldEqual(MembershipEntry actual, MembershipEntry expected)
    {
        (actual.SiloAddress, actual.SiloName, actual.HostName, actual.Status, actual.ProxyPort, actual.StartTime, actual.IAmAliveTime).ShouldBe(
            (expected.SiloAddress, expected.SiloName, expected.HostName, expected.Status, expected.ProxyPort, expected.StartTime, expected.IAmAliveTime));
        (actual.StartTime.Kind, actual.IAmAliveTime.Kind).ShouldBe((DateTimeKind.Utc, DateTimeKind.Utc));
        (actual.SuspectTimes ?? []).ShouldBe(expected.SuspectTimes ?? []);
    }

    private async Task<IMembershipTable> OpenAsync(string clusterId = "cluster")
    {
        var table = _database.Silo(clusterId: clusterId).Services.GetRequiredService<IMembershipTable>();
        await table.InitializeMembershipTableAsync(true, Cancellation);
        return table;
    }

    private async Task<TableVersion> NextAsync() => (await _table.ReadAllAsync(Cancellation)).Version.Next();

    private async Task<bool> InsertAsync(MembershipEntry entry) => await _table.InsertRowAsync(entry, await NextAsync(), Cancellation);

    private async Task<bool> UpdateAsync(MembershipEntry entry)
    {
        TableVersion next = await NextAsync();
        return await _table.UpdateRowAsync(entry, next.VersionEtag, next, Cancellation);
    }

    private async Task InsertDeadAsync(int number, DateTime alive, DateTime? suspected = null)
    {
        MembershipEntry entry = Entry(number);
        entry.IAmAliveTime = alive;
        (await InsertAsync(entry)).ShouldBeTrue();
        entry.Status = SiloStatus.Dead;
        entry.SuspectTimes = suspected is { } time ? [Tuple.Create(Entry(1).SiloAddress, time)] : null;
        (await UpdateAsync(entry)).ShouldBeTrue();
    }
}
