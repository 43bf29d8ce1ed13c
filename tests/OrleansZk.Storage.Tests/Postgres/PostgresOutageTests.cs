using System.Diagnostics;
using OrleansZk.Core.Ensemble;
using OrleansZk.Core.Replication;
using OrleansZk.Storage.Postgres;
using OrleansZk.Storage.Tests.Support;
using OrleansZk.TestKit.Processes;
using static OrleansZk.Storage.Tests.Support.LogHarness;

namespace OrleansZk.Storage.Tests.Postgres;

/// <summary>With a server of their own, which goes away.</summary>
public sealed class PostgresOutageTests : IAsyncLifetime
{
    private static readonly MemberInfo Self = new(3, 500, "peer:1", "client:1");

    private PostgresServer _server = null!;
    private PostgresDatabase _database = null!;

    private static CancellationToken Cancellation => PostgresDatabase.Cancellation;

    public async ValueTask InitializeAsync()
    {
        Assert.SkipWhen(PostgresBinaries.Missing is not null, PostgresBinaries.Missing ?? "");
        _server = await PostgresServer.StartNewAsync();
        _database = await PostgresDatabase.CreateAsync(_server);
    }

    public async ValueTask DisposeAsync()
    {
        if (_database is not null)
        {
            await _database.DisposeAsync();
            await _server.DisposeAsync();
        }
    }

    [Fact]
    public async Task Appends_whose_outcome_was_unknown_are_in_the_log_exactly_once()
    {
        PostgresTransactionLog log = _database.Log();
        long zxid = await log.LeadAsync();
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        Task killer = Task.Run(
            async () =>
            {
                while (!stop.IsCancellationRequested)
                {
                    await Task.Delay(Random.Shared.Next(15), Cancellation);
                    await _database.EndSessionsAsync();
                }
            },
            Cancellation);
        var expected = new List<LogGroup>();
        int failures = 0;
        var time = Stopwatch.StartNew();
        while (time.Elapsed < TimeSpan.FromSeconds(6))
        {
            expected.Add(Group(++zxid, 100));
            failures += await log.AppendUntilKnownAsync(expected[^1]);
        }

        await stop.CancelAsync();
        await killer;
        TestContext.Current.TestOutputHelper?.WriteLine($"{expected.Count} groups, {failures} failures");
        failures.ShouldBeGreaterThan(20);
        (await log.ReadAllAsync()).ShouldBeGroups(expected);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_leader_that_was_deposed_while_an_append_was_on_its_way_learns_what_became_of_it(bool isTruncated)
    {
        PostgresTransactionLog old = _database.Log(1);
        PostgresTransactionLog next = _database.Log(2);
        int kept = 0;
        await _database.EndSessionsAsync();
        for (int round = 0; round < 40; round++)
        {
            long zxid = await old.UntilItWorksAsync(log => log.LeadAsync());
            await old.AppendAsync(Group(zxid + 1, 10), Cancellation);
            LogGroup group = Group(zxid + 2, 10);
            Task append = old.AppendAsync(group, Cancellation).AsTask();
            await Task.Delay(TimeSpan.FromMicroseconds(Random.Shared.Next(300)), Cancellation);
            await _database.EndSessionsAsync();
            bool isKnown = await Task.WhenAny(append) == append && append.IsCompletedSuccessfully;
            long after = await next.UntilItWorksAsync(log => log.LeadAsync());
            bool isThere = (await next.UntilItWorksAsync(log => log.ReadAllAsync(zxid))).Any(found => found.FirstZxid == group.FirstZxid);
            if (isTruncated)
            {
                await next.AppendUntilKnownAsync(Group(after + 1, 10));
                await next.TruncateAsync(after + 1, Cancellation);
            }

            if (isKnown || isThere)
            {
                isThere.ShouldBeTrue();
                await old.AppendUntilKnownAsync(group);
                kept++;
            }
            else
            {
                await Should.ThrowAsync<LeaderFencedException>(() => old.AppendUntilKnownAsync(group));
            }
        }

        TestContext.Current.TestOutputHelper?.WriteLine($"{kept} of 40 were in the log");
    }

    [Fact]
    public async Task An_append_that_was_given_up_does_not_stand_in_the_way_of_the_next_epoch()
    {
        PostgresTransactionLog log = _database.Log(1, 1);
        await log.OpenAsync(Cancellation);
        long epoch = await log.ClaimEpochAsync(0, Cancellation);
        long zxid = epoch << 32;
        for (bool isUnknown = false; !isUnknown;)
        {
            await log.AppendAsync(Group(++zxid, 10), Cancellation);
            await _database.EndSessionsAsync();
            try
            {
                await log.AppendAsync(Group(++zxid, 10), Cancellation);
            }
            catch (StoreUnavailableException)
            {
                isUnknown = true;
            }
        }

        // Its leader was stopped; the same server leads again.
        epoch = await log.ClaimEpochAsync(epoch, Cancellation);
        await log.AppendAsync(Group((epoch << 32) + 1, 10), Cancellation);
    }

    [Fact]
    public async Task A_claim_that_broke_off_is_found_by_claiming_again()
    {
        await _database.EndSessionsAsync();
        for (long epoch = 0; epoch < 40; epoch++)
        {
            PostgresTransactionLog log = _database.Log(1, epoch);
            await log.OpenAsync(Cancellation);
            Task<long> claim = log.ClaimEpochAsync(epoch, Cancellation).AsTask();
            await Task.Delay(TimeSpan.FromMicroseconds(Random.Shared.Next(3000)), Cancellation);
            await _database.EndSessionsAsync();
            try
            {
                (await claim).ShouldBe(epoch + 1);
            }
            catch (StoreUnavailableException)
            {
                (await log.ClaimEpochAsync(epoch, Cancellation)).ShouldBe(epoch + 1);
            }

            await log.AppendUntilKnownAsync(Group(((epoch + 1) << 32) + 1, 10));
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task All_resumes_when_the_server_is_back(bool immediately)
    {
        PostgresTransactionLog log = _database.Log();
        PostgresMembership membership = _database.Membership();
        long zxid = await log.LeadAsync();
        await membership.JoinAsync(Self, Cancellation);
        await log.AppendAsync(Group(zxid + 1, 10), Cancellation);
        await membership.BeatAsync(default, Cancellation);
        await log.ReadAllAsync();

        await _server.StopAsync(immediately);
        for (int i = 0; i < 2; i++)
        {
            await Should.ThrowAsync<StoreUnavailableException>(async () => await log.AppendAsync(Group(zxid + 2, 10), Cancellation));
            await Should.ThrowAsync<StoreUnavailableException>(async () => await log.ConfirmEpochAsync(Cancellation));
            await Should.ThrowAsync<StoreUnavailableException>(() => log.ReadAllAsync());
            await Should.ThrowAsync<StoreUnavailableException>(async () => await log.TruncateAsync(zxid, Cancellation));
            await Should.ThrowAsync<StoreUnavailableException>(async () => await membership.BeatAsync(default, Cancellation));
            await Should.ThrowAsync<StoreUnavailableException>(async () => await membership.HandOverAsync(1, null, Cancellation));
            await Should.ThrowAsync<StoreUnavailableException>(async () => await _database.Log().OpenAsync(Cancellation));
            await Should.ThrowAsync<StoreUnavailableException>(async () => await _database.Membership().JoinAsync(Self, Cancellation));
        }

        await _server.StartAsync();
        await log.AppendUntilKnownAsync(Group(zxid + 2, 10));
        await log.ConfirmEpochAsync(Cancellation);
        (await log.ReadAllAsync()).ShouldBeGroups([Group(zxid + 1, 10), Group(zxid + 2, 10)]);
        EnsembleView view = await membership.BeatAsync(new MemberReport(1, 2), Cancellation);
        view.Members.ShouldHaveSingleItem().ShouldSatisfyAllConditions(
            member => member.IsConnected.ShouldBeTrue(), member => member.Report.ShouldBe(new MemberReport(1, 2)));
    }

    [Fact]
    public async Task A_server_that_hangs_is_given_up_in_time_and_what_it_does_later_does_no_harm()
    {
        PostgresTransactionLog log = _database.Log(configure: options => options.ConnectionString += ";Timeout=1;Command Timeout=1");
        PostgresMembership membership = _database.Membership(options => options.ConnectionString += ";Timeout=1;Command Timeout=1");
        long zxid = await log.LeadAsync();
        await membership.JoinAsync(Self, Cancellation);
        await log.AppendAsync(Group(zxid + 1, 10), Cancellation);

        _server.Pause();
        var time = Stopwatch.StartNew();
        Task append = Should.ThrowAsync<StoreUnavailableException>(async () => await log.AppendAsync(Group(zxid + 2, 10), Cancellation));
        Task beat = Should.ThrowAsync<StoreUnavailableException>(async () => await membership.BeatAsync(default, Cancellation));
        await append;
        await beat;
        await Should.ThrowAsync<StoreUnavailableException>(async () => await log.AppendAsync(Group(zxid + 2, 10), Cancellation));
        await Should.ThrowAsync<StoreUnavailableException>(async () => await membership.BeatAsync(default, Cancellation));
        time.Elapsed.ShouldBeLessThan(TimeSpan.FromSeconds(30));
        TestContext.Current.TestOutputHelper?.WriteLine($"two attempts each given up after {time.Elapsed}");

        _server.Continue();
        await log.AppendUntilKnownAsync(Group(zxid + 2, 10));
        await log.AppendAsync(Group(zxid + 3, 10), Cancellation);
        (await log.ReadAllAsync()).ShouldBeGroups([Group(zxid + 1, 10), Group(zxid + 2, 10), Group(zxid + 3, 10)]);
        await Deadline.WaitUntilAsync(
            async () =>
            {
                try
                {
                    return (await membership.BeatAsync(default, Cancellation)).Members.Single().IsConnected;
                }
                catch (StoreUnavailableException)
                {
                    return false;
                }
            },
            "a heartbeat");
    }
}
