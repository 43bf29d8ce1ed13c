using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Orleans.Runtime.Placement;
using Orleans.TestingHost;
using OrleansZk.Core.Ensemble;
using OrleansZk.Core.Replication;
using OrleansZk.Grains;
using OrleansZk.Server.Configuration;
using OrleansZk.Silo.Leading;
using OrleansZk.Silo.Tests.Clustering;
using OrleansZk.Silo.Tests.Clusters;

namespace OrleansZk.Silo.Tests.Grains;

/// <summary>Three silos on one database: who leads, and what callers notice when that changes.</summary>
[Collection(PostgresGroup.Name)]
public sealed class ClusterTests(PostgresFixture postgres) : IAsyncLifetime
{
    private SiloCluster _cluster = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private ILeaderGrain Leader => _cluster.Client.GetGrain<ILeaderGrain>(new ServerOptions().EnsembleSchema);

    public async ValueTask InitializeAsync() => _cluster = await SiloCluster.StartAsync(3, await NewDatabaseAsync());

    public ValueTask DisposeAsync() => _cluster?.DisposeAsync() ?? ValueTask.CompletedTask;

    [Fact]
    public async Task The_leaders_grain_is_where_the_leader_is()
    {
        InProcessSiloHandle leader = await _cluster.LeaderAsync();
        await EventuallyAsync(async () => (await Leader.GetStatus()) is { IsLeading: true } status && status.Silo.Equals(leader.SiloAddress));
        (await Leader.GetStatus()).ServerId.ShouldBe(_cluster.EngineOf(leader).ServerId);
    }

    [Fact]
    public async Task Every_silo_serves_and_a_caller_never_reads_backwards()
    {
        await _cluster.LeaderAsync();
        IZNodeGrain[] nodes =
        [
            .. _cluster.Cluster.Silos.Select(silo => GrainsOf(silo).GetGrain<IZNodeGrain>("/n")),
        ];
        await nodes[0].Create(new NodeCreation());
        for (int i = 1; i <= 60; i++)
        {
            Seen<Stat> set = await nodes[i % 3].SetData(BitConverter.GetBytes(i));
            Seen<NodeData> read = await nodes[(i + 1) % 3].GetData(set.Zxid);
            BitConverter.ToInt32(read.Value.Data).ShouldBe(i);
            read.Zxid.ShouldBeGreaterThanOrEqualTo(set.Zxid);
        }
    }

    [Fact]
    public async Task A_leader_that_is_stopped_hands_over_to_the_highest_id_and_callers_see_no_error()
    {
        InProcessSiloHandle leader = await _cluster.LeaderAsync();
        InProcessSiloHandle[] others = [.. _cluster.Cluster.Silos.Where(silo => silo != leader)];
        int highest = others.Max(silo => _cluster.EngineOf(silo).ServerId);
        IGrainFactory survivor = GrainsOf(others[0]);
        using var stop = new CancellationTokenSource();
        Task<int> writing = CountAsync(others[0], "/counter", stop.Token);
        await _cluster.Cluster.StopSiloAsync(leader, Cancellation);
        InProcessSiloHandle next = await _cluster.LeaderAsync();
        _cluster.EngineOf(next).ServerId.ShouldBe(highest);
        await EventuallyAsync(async () => (await survivor.GetGrain<ILeaderGrain>(new ServerOptions().EnsembleSchema).GetStatus()) is { IsLeading: true } status
            && status.Silo.Equals(next.SiloAddress));
        await stop.CancelAsync();

        int written = await writing;
        (await survivor.GetGrain<IZNodeGrain>("/counter").GetData()).Value.Stat.Version.ShouldBe(written);
    }

    [Fact]
    public async Task The_leadership_can_be_given_to_a_silo_and_a_newcomer_does_not_take_it()
    {
        InProcessSiloHandle leader = await _cluster.LeaderAsync();
        int lowest = _cluster.Cluster.Silos.Where(silo => silo != leader).Min(silo => _cluster.EngineOf(silo).ServerId);
        await EventuallyAsync(async () => await Leader.Transfer(lowest));
        await EventuallyAsync(async () => (await Leader.GetStatus()) is { IsLeading: true } status && status.ServerId == lowest);
        InProcessSiloHandle newcomer = await _cluster.Cluster.StartAdditionalSiloAsync();
        await EventuallyAsync(() => Task.FromResult(_cluster.EngineOf(newcomer).Member?.Role == MemberRole.Following));
        (await Leader.GetStatus()).ServerId.ShouldBe(lowest);
    }

    [Fact]
    public async Task Of_two_activations_that_both_lead_one_can_commit()
    {
        InProcessSiloHandle leader = await _cluster.LeaderAsync();
        InProcessSiloHandle usurper = _cluster.Cluster.Silos.First(silo => silo != leader);

        // A second activation elsewhere, as a directory that is wrong for a while would have it.
        RequestContext.Set(IPlacementDirector.PlacementHintKey, usurper.SiloAddress);
        ILeaderGrain second = _cluster.Client.GetGrain<ILeaderGrain>("activated twice");
        LeaderStatus before = await second.GetStatus();
        RequestContext.Clear();
        before.Silo.ShouldBe(usurper.SiloAddress);
        before.IsLeading.ShouldBeFalse();

        using var stop = new CancellationTokenSource();
        Task<int>[] writing = [.. new[] { leader, usurper }.Select((silo, i) => CountAsync(silo, $"/two{i}", stop.Token))];

        // Both believe that they lead from here until the first hears of it, from the log or from the store.
        long epoch = await _cluster.Cluster.GetSiloServiceProvider(usurper.SiloAddress).GetRequiredService<ITransactionLog>()
            .ClaimEpochAsync(_cluster.EngineOf(usurper).Member!.View!.Epoch, Cancellation);
        await EventuallyAsync(async () => (await second.GetStatus()) is { IsLeading: true } status && status.Epoch >= epoch);
        await EventuallyAsync(() => Task.FromResult(_cluster.EngineOf(leader).Member?.Role == MemberRole.Following));
        await stop.CancelAsync();
        for (int i = 0; i < writing.Length; i++)
        {
            // Each write named the version that it expected: none was lost, none was made twice.
            int written = await writing[i];
            (await _cluster.Client.GetGrain<IZNodeGrain>($"/two{i}").GetData()).Value.Stat.Version.ShouldBe(written);
        }
    }

    [Fact]
    public async Task A_silo_that_only_the_store_does_not_hear_of_is_not_declared_dead()
    {
        InProcessSiloHandle leader = await _cluster.LeaderAsync();
        EnsembleView view = null!;
        await EventuallyAsync(() => Task.FromResult((view = _cluster.EngineOf(leader).Member!.View!) is { Members.Count: 3 }));
        LeaderGrainKeeper keeper = _cluster.Cluster.GetSiloServiceProvider(leader.SiloAddress).GetServices<IHostedService>().OfType<LeaderGrainKeeper>().Single();

        await keeper.BuryAsync(
            view with { Members = [.. view.Members.Select(member => member with { SilentFor = TimeSpan.FromMinutes(1) })] }, mayHang: false, Cancellation);

        IManagementGrain management = _cluster.Client.GetGrain<IManagementGrain>(0);
        (await management.GetHosts(true, Cancellation)).Count.ShouldBe(3);
        (await management.GetHosts(false, Cancellation)).Values.ShouldAllBe(status => status == SiloStatus.Active);
    }

    [Fact]
    public async Task A_session_outlives_the_silo_that_served_it()
    {
        await _cluster.LeaderAsync();
        await using GrainZooKeeper other = await _cluster.OpenAsync();
        await using GrainZooKeeper zk = await _cluster.OpenAsync(TimeSpan.FromSeconds(20));
        await zk.CreateAsync("/mine", [], CreateMode.Ephemeral, cancellationToken: Cancellation);
        await other.CreateAsync("/w", [], cancellationToken: Cancellation);
        await other.SyncAsync(cancellationToken: Cancellation);
        await zk.SyncAsync(cancellationToken: Cancellation);
        var fired = new TaskCompletionSource<WatchedEvent>();
        await zk.GetDataAsync("/w", fired.SetResult, Cancellation);
        InProcessSiloHandle serving = _cluster.Cluster.Silos.First(silo =>
            _cluster.EngineOf(silo).Replica.Connections.Snapshot().Any(connection => connection.SessionId == zk.SessionId));

        await _cluster.Cluster.KillSiloAsync(serving, Cancellation);

        await EventuallyAsync(async () =>
        {
            try
            {
                await other.SetDataAsync("/w", [1], cancellationToken: Cancellation);
                return true;
            }
            catch (KeeperException e) when (e.Code == ErrorCode.ConnectionLoss)
            {
                return false;
            }
        });
        (await fired.Task.WaitAsync(Cancellation)).Path.ShouldBe("/w");
        (await zk.ExistsAsync("/mine", null, Cancellation))!.Value.EphemeralOwner.ShouldBe(zk.SessionId);
        zk.State.ShouldBe(KeeperState.SyncConnected);
    }

    private IGrainFactory GrainsOf(InProcessSiloHandle silo) => _cluster.Cluster.GetSiloServiceProvider(silo.SiloAddress).GetRequiredService<IGrainFactory>();

    /// <summary>Writes on a silo until it is stopped; each write names the version that it expects, and so fails if another was lost or made twice.</summary>
    /// <returns>How many writes were acknowledged.</returns>
    private async Task<int> CountAsync(InProcessSiloHandle silo, string path, CancellationToken stop)
    {
        IZNodeGrain node = GrainsOf(silo).GetGrain<IZNodeGrain>(path);
        await node.Create(new NodeCreation());
        int written = 0;
        while (!stop.IsCancellationRequested)
        {
            await node.SetData([], written++);
        }

        return written;
    }

    private async Task<string> NewDatabaseAsync() => postgres.Server.ConnectionString(await postgres.Server.CreateDatabaseAsync());

    /// <summary>Asks until it is so; the test's own time limit ends it. A call that fails asks again.</summary>
    private static async Task EventuallyAsync(Func<Task<bool>> condition)
    {
        while (true)
        {
            try
            {
                if (await condition())
                {
                    return;
                }
            }
            catch (OrleansException)
            {
                // A silo that goes or comes.
            }

            await Task.Delay(20, Cancellation);
        }
    }
}
