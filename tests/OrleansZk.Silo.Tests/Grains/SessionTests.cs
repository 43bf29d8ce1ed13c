using System.Collections.Concurrent;
using Orleans.Streams;
using Orleans.Streams.Core;
using Orleans.Streams.PubSub;
using OrleansZk.Grains;
using OrleansZk.Silo.Tests.Clusters;

namespace OrleansZk.Silo.Tests.Grains;

/// <summary>Sessions over a cluster client: what any ZooKeeper client can do, by grain calls.</summary>
public sealed class SessionTests : IAsyncLifetime
{
    private SiloCluster _cluster = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _cluster = await SiloCluster.StartAsync(configure: options => options.MinSessionTimeout = 500);

    public ValueTask DisposeAsync() => _cluster.DisposeAsync();

    [Fact]
    public async Task Ephemerals_live_as_long_as_their_session()
    {
        GrainZooKeeper zk = await _cluster.OpenAsync();
        await using GrainZooKeeper other = await _cluster.OpenAsync();
        CreatedNode created = await zk.CreateAsync("/e", [1], CreateMode.Ephemeral, cancellationToken: Cancellation);
        created.Stat.EphemeralOwner.ShouldBe(zk.SessionId);
        (await zk.GetEphemeralsAsync(cancellationToken: Cancellation)).ShouldBe(["/e"]);
        (await _cluster.Client.GetGrain<ISessionGrain>(zk.SessionId).GetEphemerals()).ShouldBe(["/e"]);
        var gone = new TaskCompletionSource<WatchedEvent>();
        (await other.ExistsAsync("/e", gone.SetResult, Cancellation)).ShouldNotBeNull();
        await zk.DisposeAsync();
        (await gone.Task.WaitAsync(Cancellation)).Type.ShouldBe(EventType.NodeDeleted);
        zk.State.ShouldBe(KeeperState.Closed);
        (await Should.ThrowAsync<KeeperException>(zk.ExistsAsync("/e", null, Cancellation))).Code.ShouldBe(ErrorCode.SessionExpired);
    }

    [Fact]
    public async Task Requests_are_executed_in_the_order_in_which_they_were_made()
    {
        await using GrainZooKeeper zk = await _cluster.OpenAsync();
        await zk.CreateAsync("/n", [], cancellationToken: Cancellation);
        var writes = new List<Task<Stat>>();
        var reads = new List<Task<NodeData>>();
        for (int i = 1; i <= 2000; i++)
        {
            writes.Add(zk.SetDataAsync("/n", BitConverter.GetBytes(i), cancellationToken: Cancellation));
            reads.Add(zk.GetDataAsync("/n", cancellationToken: Cancellation));
        }

        for (int i = 1; i <= 2000; i++)
        {
            (await writes[i - 1]).Version.ShouldBe(i);
            NodeData read = await reads[i - 1];
            BitConverter.ToInt32(read.Data).ShouldBe(i);
            read.Stat.Version.ShouldBe(i);
        }
    }

    [Fact]
    public async Task An_event_comes_before_any_answer_that_shows_what_it_tells_of()
    {
        await using GrainZooKeeper writer = await _cluster.OpenAsync();
        await using GrainZooKeeper watcher = await _cluster.OpenAsync();
        await writer.CreateAsync("/w", [], cancellationToken: Cancellation);
        using var stop = new CancellationTokenSource();
        Task writing = Task.Run(
            async () =>
            {
                while (!stop.IsCancellationRequested)
                {
                    await writer.SetDataAsync("/w", [], cancellationToken: Cancellation);
                }
            },
            Cancellation);
        for (int round = 0; round < 300; round++)
        {
            int fired = 0;
            NodeData first = await watcher.GetDataAsync("/w", _ => Interlocked.Increment(ref fired), Cancellation);
            NodeData next;
            do
            {
                int before = Volatile.Read(ref fired);
                next = await watcher.GetDataAsync("/w", cancellationToken: Cancellation);
                if (next.Stat.Version > first.Stat.Version)
                {
                    Volatile.Read(ref fired).ShouldBe(1);
                }
                else
                {
                    before.ShouldBe(0);
                }
            }
            while (next.Stat.Version == first.Stat.Version);
        }

        await stop.CancelAsync();
        await writing;
    }

    [Fact]
    public async Task Lasting_watches_see_every_change_in_order()
    {
        await using GrainZooKeeper writer = await _cluster.OpenAsync();
        await using GrainZooKeeper watcher = await _cluster.OpenAsync();
        var seen = new ConcurrentQueue<WatchedEvent>();
        var all = new TaskCompletionSource();
        await watcher.AddWatchAsync(
            "/tree",
            AddWatchMode.PersistentRecursive,
            e =>
            {
                seen.Enqueue(e);
                if (e.Path == "/tree" && e.Type == EventType.NodeDeleted)
                {
                    all.SetResult();
                }
            },
            Cancellation);
        await writer.CreateAsync("/tree", cancellationToken: Cancellation);
        for (int i = 0; i < 200; i++)
        {
            await writer.CreateAsync($"/tree/{i}", cancellationToken: Cancellation);
            await writer.DeleteAsync($"/tree/{i}", cancellationToken: Cancellation);
        }

        await writer.DeleteAsync("/tree", cancellationToken: Cancellation);
        await all.Task.WaitAsync(Cancellation);
        List<(EventType Type, string Path)> expected =
        [
            (EventType.NodeCreated, "/tree"),
            .. Enumerable.Range(0, 200).SelectMany(i => new[] { (EventType.NodeCreated, $"/tree/{i}"), (EventType.NodeDeleted, $"/tree/{i}") }),
            (EventType.NodeDeleted, "/tree"),
        ];
        seen.Select(e => (e.Type, e.Path)).ShouldBe(expected);
        await watcher.RemoveWatchesAsync("/tree", WatcherType.PersistentRecursive, Cancellation);
        (await Should.ThrowAsync<KeeperException>(watcher.RemoveWatchesAsync("/tree", cancellationToken: Cancellation))).Code.ShouldBe(ErrorCode.NoWatcher);
    }

    [Fact]
    public async Task A_multi_happens_as_a_whole_or_not_at_all()
    {
        await using GrainZooKeeper zk = await _cluster.OpenAsync();
        IReadOnlyList<MultiResult> results = await zk.MultiAsync(
            [new MultiOperation.Create("/m", [1]), new MultiOperation.SetData("/m", [2]), new MultiOperation.Check("/m", 1), new MultiOperation.Create("/m/c")], Cancellation);
        results.Select(result => result.Path).ShouldBe(["/m", null, null, "/m/c"]);
        results[1].Stat!.Value.Version.ShouldBe(1);
        MultiException refused = await Should.ThrowAsync<MultiException>(
            zk.MultiAsync([new MultiOperation.Delete("/m/c"), new MultiOperation.Check("/none"), new MultiOperation.Delete("/m")], Cancellation));
        (refused.Code, refused.Path).ShouldBe((ErrorCode.NoNode, "/none"));
        refused.Results.Select(result => result.Error).ShouldBe([ErrorCode.Ok, ErrorCode.NoNode, ErrorCode.RuntimeInconsistency]);
        (await zk.ExistsAsync("/m/c", null, Cancellation)).ShouldNotBeNull();
    }

    [Fact]
    public async Task Identities_open_what_is_closed_to_others()
    {
        await using GrainZooKeeper zk = await _cluster.OpenAsync();
        await using GrainZooKeeper other = await _cluster.OpenAsync();
        await zk.AuthenticateAsync("digest", "me:secret"u8.ToArray(), Cancellation);
        await zk.CreateAsync("/mine", [7], acl: Acl.CreatorAll, cancellationToken: Cancellation);
        (await Should.ThrowAsync<KeeperException>(other.GetDataAsync("/mine", null, Cancellation))).Code.ShouldBe(ErrorCode.NoAuth);
        (await zk.GetDataAsync("/mine", null, Cancellation)).Data.ShouldBe([7]);
        (await zk.GetAclAsync("/mine", Cancellation)).Acl[0].Id.Scheme.ShouldBe("digest");
        await zk.SetAclAsync("/mine", Acl.OpenUnsafe, cancellationToken: Cancellation);
        await other.SyncAsync(cancellationToken: Cancellation);
        (await other.GetDataAsync("/mine", null, Cancellation)).Data.ShouldBe([7]);
    }

    [Fact]
    public async Task A_session_whose_grain_moves_goes_on_and_misses_nothing()
    {
        await using GrainZooKeeper zk = await _cluster.OpenAsync(TimeSpan.FromSeconds(4));
        await using GrainZooKeeper other = await _cluster.OpenAsync();
        await zk.CreateAsync("/keep", [], CreateMode.Ephemeral, cancellationToken: Cancellation);
        await other.CreateAsync("/watched", [], cancellationToken: Cancellation);
        var fired = new TaskCompletionSource<WatchedEvent>();
        await zk.GetDataAsync("/watched", fired.SetResult, Cancellation);

        await _cluster.Cluster.DeactivateAsync(_cluster.Client.GetGrain<ISessionGrain>(zk.SessionId));
        await other.SetDataAsync("/watched", [1], cancellationToken: Cancellation);
        (await fired.Task.WaitAsync(Cancellation)).Type.ShouldBe(EventType.NodeDataChanged);
        (await zk.ExistsAsync("/keep", null, Cancellation))!.Value.EphemeralOwner.ShouldBe(zk.SessionId);
        zk.State.ShouldBe(KeeperState.SyncConnected);
    }

    [Fact]
    public async Task A_watch_can_be_left_for_a_session_by_path()
    {
        await using GrainZooKeeper zk = await _cluster.OpenAsync();
        var events = new ConcurrentQueue<StreamedEvent>();
        var both = new TaskCompletionSource();
        await _cluster.Client.GetStreamProvider(WatchStreams.DefaultProvider).GetStream<StreamedEvent>(WatchStreams.Of(zk.SessionId)).SubscribeAsync(
            (e, _) =>
            {
                events.Enqueue(e);
                if (events.Count == 2)
                {
                    both.SetResult();
                }

                return Task.CompletedTask;
            });
        await _cluster.Client.GetGrain<IZNodeGrain>("/by-path").Watch(zk.SessionId);
        await _cluster.Client.GetGrain<IZNodeGrain>("/by-path").Create(new NodeCreation());
        await _cluster.Client.GetGrain<IZNodeGrain>("/by-path").SetData([1]);
        await both.Task.WaitAsync(Cancellation);
        events.Select(e => e.Event.Event.Type).ShouldBe([EventType.NodeCreated, EventType.NodeDataChanged]);
    }

    [Fact]
    public async Task A_session_without_its_stream_is_not_left_behind()
    {
        var options = new GrainZooKeeperOptions { StreamProvider = "nobody's" };
        await Should.ThrowAsync<Exception>(() => GrainZooKeeper.OpenAsync(_cluster.Client, options, Cancellation));
        _cluster.EngineOf(_cluster.Cluster.Silos[0]).Replica.Sessions.Count.ShouldBe(0);
    }

    [Fact]
    public async Task A_client_that_vanishes_leaves_no_subscription_behind()
    {
        Attachment opened = await _cluster.Client.GetGrain<ISessionGateGrain>(0).Open(timeout: 1);
        StreamId stream = WatchStreams.Of(opened.SessionId);
        IStreamProvider provider = _cluster.Client.GetStreamProvider(WatchStreams.DefaultProvider);
        await provider.GetStream<StreamedEvent>(stream).SubscribeAsync((_, _) => Task.CompletedTask);
        provider.TryGetStreamSubscriptionManager(out IStreamSubscriptionManager? subscriptions).ShouldBeTrue();
        (await subscriptions.GetSubscriptions(WatchStreams.DefaultProvider, stream)).Count().ShouldBe(1);

        // It says nothing more: the session expires.
        while ((await subscriptions.GetSubscriptions(WatchStreams.DefaultProvider, stream)).Any())
        {
            await Task.Delay(20, Cancellation);
        }

        _cluster.EngineOf(_cluster.Cluster.Silos[0]).Replica.Sessions.Count.ShouldBe(0);
    }

    [Fact]
    public async Task Ten_thousand_sessions_at_once()
    {
        const int Sessions = 10_000;
        var options = new GrainZooKeeperOptions { SessionTimeout = TimeSpan.FromSeconds(40), StreamProvider = null };
        var sessions = new GrainZooKeeper[Sessions];
        var inParallel = new ParallelOptions { MaxDegreeOfParallelism = 64, CancellationToken = Cancellation };
        await Parallel.ForAsync(0, Sessions, inParallel, async (i, _) =>
        {
            sessions[i] = await GrainZooKeeper.OpenAsync(_cluster.Client, options, Cancellation);
            await sessions[i].CreateAsync($"/session-{i}", [], CreateMode.Ephemeral, cancellationToken: Cancellation);
        });
        await using GrainZooKeeper observer = await _cluster.OpenAsync();
        int fired = 0;
        await observer.AddWatchAsync("/", AddWatchMode.PersistentRecursive, e => fired += e.Type == EventType.NodeDeleted ? 1 : 0, Cancellation);
        (await observer.GetChildrenAsync("/", cancellationToken: Cancellation)).Names.Count(name => name.StartsWith("session-", StringComparison.Ordinal)).ShouldBe(Sessions);
        sessions.ShouldAllBe(session => session.State == KeeperState.SyncConnected);
        sessions.Select(session => session.SessionId).Distinct().Count().ShouldBe(Sessions);
        await Parallel.ForAsync(0, Sessions, inParallel, async (i, _) => await sessions[i].DisposeAsync());
        (await observer.GetChildrenAsync("/", cancellationToken: Cancellation)).Names.ShouldBe(["zookeeper"]);
        fired.ShouldBe(Sessions);
    }
}
