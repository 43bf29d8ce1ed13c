using Microsoft.Extensions.Logging.Abstractions;
using OrleansZk.Core.Access;
using OrleansZk.Core.Replication;
using OrleansZk.Core.Sessions;
using OrleansZk.Core.Tree;
using OrleansZk.Storage.Postgres;
using OrleansZk.Storage.Tests.Checkpoints;
using OrleansZk.Storage.Tests.Support;
using static OrleansZk.Storage.Tests.Postgres.PostgresDatabase;
using static OrleansZk.Storage.Tests.Support.CheckpointHarness;
using static OrleansZk.Storage.Tests.Support.TestNodes;

namespace OrleansZk.Storage.Tests.Postgres;

[Collection(PostgresGroup.Name)]
public sealed class PostgresCheckpointTests(PostgresFixture fixture) : IAsyncLifetime
{
    private PostgresDatabase _database = null!;

    private static CancellationToken Cancellation => PostgresDatabase.Cancellation;

    public async ValueTask InitializeAsync() => _database = await CreateAsync(fixture.Server);

    public ValueTask DisposeAsync() => _database?.DisposeAsync() ?? ValueTask.CompletedTask;

    [Fact]
    public async Task A_new_store_has_a_secret_that_it_keeps_and_no_checkpoint()
    {
        PostgresCheckpointStore store = await OpenAsync();
        (await store.LoadAsync(new RecordingLoader(), Cancellation)).ShouldBeNull();
        byte[] secret = (await store.OpenAsync(Cancellation)).Secret;

        secret.Length.ShouldBe(32);
        (await (await OpenAsync()).OpenAsync(Cancellation)).Secret.ShouldBe(secret);
    }

    [Fact]
    public async Task Every_field_comes_back_and_null_is_not_empty() => await ShouldComeBackAsync(
        Node("/"),
        Node("/empty", []),
        Node("/one", [0]),
        Node("/big", LogHarness.Bytes(1, 1_048_576)),
        Extreme("/low", AclList.Empty, long.MinValue, int.MinValue, NodeOwner.Container),
        Extreme("/high", AclList.WorldReadable, long.MaxValue, int.MaxValue, NodeOwner.ForTtl(5)),
        Node("/minus", null, null, -9));

    public static TheoryData<string> OddStrings =>
        ["", " ", "'", "\"", "\\", ":", ",", "a:b:c", "\n\r\t", "\0", "a\0b", "\u001a", "\u001a0000", "\u001a#", "\u007f\u0080",
         "é", "日本語", "😀", "\ud83d", "\ude00\ud83d", "a\ud800b", "😀\ud83d😀\0", "\uffff\ufffe\ufeff", "%s", "NULL", "31", "{a,\"b\"}"];

    [Theory]
    [MemberData(nameof(OddStrings))]
    public async Task Any_string_comes_back_in_an_acl_and_in_a_path(string odd)
    {
        var acl = new AclList([new Acl(Permissions.All, new AclId(odd, odd)), new Acl(Permissions.Read, new AclId("ip", odd + "x"))]);
        await ShouldComeBackAsync(Node("/"), Node("/" + odd + "1", null, acl), Node("/" + odd + "1/child", [1], acl));
    }

    [Fact]
    public async Task Any_permissions_come_back()
    {
        IEnumerable<int> all = [.. Enumerable.Range(0, 33), 63, -1, int.MaxValue, int.MinValue];
        await ShouldComeBackAsync(
            [.. all.Select((perms, i) => Node($"/{i:d2}", null, new AclList([new Acl((Permissions)perms, AclId.Anyone)])))]);
    }

    [Fact]
    public async Task Paths_of_any_length_come_back_parents_first_and_can_be_changed_and_deleted()
    {
        int[] lengths = [497, 498, 499, 500, 501, 2000, 9000, 200_000];
        string[] names = ["a", "é", "日", "😀", "x😀", "\0"];
        string[] parents = [.. lengths.SelectMany(length => names.Select(name => "/" + string.Concat(Enumerable.Repeat(name, length / name.Length))))];
        string[] paths = ["/", .. parents, .. parents.Select(path => path + "/b"), .. parents.Select(path => path + "/a"), .. parents.Select(path => path + "/a/c")];
        paths = [.. paths.Distinct(StringComparer.Ordinal)];
        var random = new Random(1);
        NodeImage[] nodes = [.. paths.Select((path, i) => Node(path, null, null, i))];
        random.Shuffle(nodes);
        PostgresCheckpointStore store = await OpenAsync();
        await store.WriteAsync(null, Header(1), nodes.Select(Put).Chunk(10), [], Cancellation);

        RecordingLoader loaded = await LoadAsync(store, 1);
        loaded.Nodes.ShouldBeNodes(nodes);
        ShouldHaveParentsFirst(loaded);

        NodeImage[] changed = [.. nodes.Select(node => node with { Version = -1 })];
        NodeImage[] kept = [.. changed.Where((_, i) => i % 2 == 0)];
        await store.WriteAsync(
            Header(1), Header(2), [[.. changed.Except(kept).Select(node => Drop(node.Path))], [.. kept.Select(Put)]], [], Cancellation);
        (await LoadAsync(store, 2)).Nodes.ShouldBeNodes(kept);
    }

    [Fact]
    public async Task Parents_come_before_their_children_whatever_the_names()
    {
        string[] names = ["a", "a ", "a!", "a-b", "a.b", "a0", "A", "\u0001", "é", "😀", "\ud800", "~"];
        var paths = new List<string> { "/" };
        for (int depth = 0; depth < 3; depth++)
        {
            IEnumerable<string> parents = paths.TakeLast((int)Math.Pow(names.Length, depth));
            paths.AddRange([.. parents.SelectMany(parent => names.Select(name => parent.TrimEnd('/') + "/" + name))]);
        }

        NodeImage[] nodes = [.. paths.Select(path => Node(path))];
        new Random(1).Shuffle(nodes);
        PostgresCheckpointStore store = await OpenAsync();
        await store.WriteAsync(null, Header(1), nodes.Select(Put).Chunk(100), [], Cancellation);

        RecordingLoader loaded = await LoadAsync(store, 1);
        loaded.Nodes.Count.ShouldBe(paths.Count);
        ShouldHaveParentsFirst(loaded);
    }

    [Fact]
    public async Task Each_write_changes_what_it_names_and_nothing_else()
    {
        int seed = Random.Shared.Next();
        TestContext.Current.TestOutputHelper?.WriteLine($"seed {seed}");
        var random = new Random(seed);
        var model = new Dictionary<string, NodeImage>();
        var sessions = new Dictionary<long, SessionState>();
        PostgresCheckpointStore[] stores = [await OpenAsync(), await OpenAsync()];
        CheckpointHeader? previous = null;
        for (int zxid = 1; zxid <= 60; zxid++)
        {
            List<NodeChange> deletions = [.. model.Keys.Append("/not/there").Where(_ => random.Next(4) == 0).Select(Drop)];
            List<NodeChange> puts = [.. Enumerable.Range(0, random.Next(30)).Select(_ => Put(RandomNode(random)))];
            SessionChange[] changes =
                [.. Enumerable.Range(0, 5).Select(_ => new SessionChange(random.Next(2) == 0, random.NextInt64(10), random.Next(), random.NextInt64()))];
            deletions.ForEach(change => model.Remove(change.Image.Path));
            puts.ForEach(change => model[change.Image.Path] = change.Image);
            foreach (SessionChange change in changes)
            {
                sessions.Remove(change.SessionId);
                if (!change.Closed)
                {
                    sessions.Add(change.SessionId, new SessionState(change.Timeout, change.Owner));
                }
            }

            // Leaders change: each writes after the other's checkpoints, with or without having loaded them.
            PostgresCheckpointStore store = stores[random.Next(2)];
            await store.WriteAsync(previous, Header(zxid), deletions.Concat(puts).Chunk(7), changes, Cancellation);
            previous = Header(zxid);
            if (random.Next(2) == 0)
            {
                RecordingLoader loaded = await LoadAsync(stores[random.Next(2)], zxid);
                loaded.Nodes.ShouldBeNodes(model.Values);
                loaded.Sessions.OrderBy(entry => entry.Key).ShouldBe(sessions.OrderBy(entry => entry.Key));
            }
        }
    }

    [Fact]
    public async Task Only_who_knows_where_the_checkpoint_stands_may_move_it()
    {
        PostgresCheckpointStore one = await OpenAsync();
        PostgresCheckpointStore other = await OpenAsync();
        await one.WriteAsync(null, Header(1), [[Put(Node("/"))]], [], Cancellation);

        (await Should.ThrowAsync<CheckpointException>(async () => await other.WriteAsync(null, Header(2), [[Drop("/")]], [], Cancellation)))
            .Message.ShouldContain("stands at zxid 0x1, not at 0x0");
        await Should.ThrowAsync<CheckpointException>(
            async () => await other.WriteAsync(Header(1) with { Digest = 5 }, Header(2), [[Drop("/")]], [], Cancellation));
        await other.WriteAsync(Header(1), Header(2), [[Put(Node("/a"))]], [], Cancellation);
        await Should.ThrowAsync<CheckpointException>(async () => await one.WriteAsync(Header(1), Header(3), [[Drop("/")]], [], Cancellation));
        (await LoadAsync(one, 2)).Nodes.ShouldBeNodes([Node("/"), Node("/a")]);
    }

    [Fact]
    public async Task Of_first_checkpoints_written_at_once_one_wins()
    {
        PostgresCheckpointStore[] stores = [await OpenAsync(), await OpenAsync(), await OpenAsync()];
        bool[] won = await Task.WhenAll(stores.Select((store, i) => Task.Run(
            async () =>
            {
                try
                {
                    await store.WriteAsync(null, Header(i + 1), [[Put(Node($"/{i}"))]], [], Cancellation);
                    return true;
                }
                catch (CheckpointException)
                {
                    return false;
                }
            },
            Cancellation)));

        won.Count(true.Equals).ShouldBe(1);
        int winner = Array.IndexOf(won, true);
        (await LoadAsync(stores[0], winner + 1)).Nodes.ShouldBeNodes([Node($"/{winner}")]);
    }

    [Fact]
    public async Task A_write_that_fails_leaves_the_checkpoint_as_it_was_and_the_next_one_works()
    {
        PostgresCheckpointStore store = await OpenAsync();
        await store.WriteAsync(null, Header(1), [[Put(Node("/", [1]))]], [], Cancellation);
        var acl = new AclList([new Acl(Permissions.All, new AclId("digest", "new"))]);

        await Should.ThrowAsync<StoreUnavailableException>(async () => await store.WriteAsync(Header(1), Header(2), Breaking(acl), [], Cancellation));
        (await LoadAsync(store, 1)).Nodes.ShouldBeNodes([Node("/", [1])]);
        using var stop = new CancellationTokenSource();
        await Should.ThrowAsync<OperationCanceledException>(
            async () => await store.WriteAsync(Header(1), Header(2), Cancelling(stop), [], stop.Token));
        await store.WriteAsync(Header(1), Header(3), [[Put(Node("/a", null, acl))]], [], Cancellation);

        (await LoadAsync(store, 3)).Nodes.ShouldBeNodes([Node("/", [1]), Node("/a", null, acl)]);
    }

    [Fact]
    public async Task A_write_whose_commit_broke_off_is_settled_by_the_next_one()
    {
        PostgresCheckpointStore store = await OpenAsync();
        CheckpointHeader? previous = null;
        var model = new Dictionary<string, NodeImage>();
        int broken = 0;
        for (int zxid = 1; zxid <= 60; zxid++)
        {
            var pending = new List<NodeChange>();
            for (bool isWritten = false; !isWritten; zxid++)
            {
                NodeImage node = Node($"/{zxid % 7}", [(byte)zxid]);
                model[node.Path] = node;
                pending.Add(Put(node));
                Task write = store.WriteAsync(previous, Header(zxid), [[.. pending]], [], Cancellation).AsTask();
                await Task.Delay(TimeSpan.FromMicroseconds(Random.Shared.Next(12_000)), Cancellation);
                await _database.EndSessionsAsync();
                try
                {
                    await write;
                    (previous, isWritten) = (Header(zxid), true);
                }
                catch (StoreUnavailableException)
                {
                    broken++;
                }
            }
        }

        TestContext.Current.TestOutputHelper?.WriteLine($"{broken} writes broke off");
        await using PostgresDatabase again = new(_database.ConnectionString);
        (await LoadAsync(new PostgresCheckpointStore(again.Store(), NullLogger<PostgresCheckpointStore>.Instance), previous!.Value.Zxid))
            .Nodes.ShouldBeNodes(model.Values);
    }

    [Fact]
    public async Task Lists_that_no_node_has_any_more_go_after_a_restart()
    {
        PostgresCheckpointStore store = await OpenAsync();
        for (int i = 0; i < 20; i++)
        {
            NodeImage node = Node("/", null, new AclList([new Acl(Permissions.All, new AclId("digest", $"user{i}"))]));
            await store.WriteAsync(i == 0 ? null : Header(i), Header(i + 1), [[Put(node)]], [], Cancellation);
        }

        await LoadAsync(store, 20);
        await store.WriteAsync(Header(20), Header(21), [], [], Cancellation);

        (await _database.CountAsync("SELECT count(*) FROM zk_acl")).ShouldBe(1);
        (await _database.CountAsync("SELECT count(*) FROM zk_acl JOIN zk_node USING (acl_id)")).ShouldBe(1);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task The_table_of_lists_has_those_that_nodes_have_whoever_writes(int seed) =>
        await new AclScenario(async () => await OpenAsync(), sql => _database.CountAsync(sql)).RunAsync(seed);

    [Theory]
    [InlineData("UPDATE zk_node SET acl_id = 99 WHERE path = '/a'", "ACL 99")]
    [InlineData("UPDATE zk_acl SET perms = 'what'", "'what' are no permissions")]
    [InlineData("UPDATE zk_checkpoint SET digest = 'none'", "no readable digest")]
    [InlineData("UPDATE zk_node SET path = E'/a\\x1azz'", "is not encoded")]
    public async Task Damage_is_named(string damage, string said)
    {
        PostgresCheckpointStore store = await OpenAsync();
        await store.WriteAsync(null, Header(1), [[Put(Node("/a"))]], [], Cancellation);
        await _database.ExecuteAsync(damage);

        (await Should.ThrowAsync<CheckpointException>(async () => await store.LoadAsync(new RecordingLoader(), Cancellation)))
            .Message.ShouldContain(said);
    }

    private async Task<PostgresCheckpointStore> OpenAsync()
    {
        var store = new PostgresCheckpointStore(_database.Store(), NullLogger<PostgresCheckpointStore>.Instance);
        await store.OpenAsync(Cancellation);
        return store;
    }

    private static async Task<RecordingLoader> LoadAsync(PostgresCheckpointStore store, long expectedZxid)
    {
        var loader = new RecordingLoader();
        for (int attempt = 0; ; attempt++)
        {
            try
            {
                (await store.LoadAsync(loader, Cancellation)).ShouldBe(Header(expectedZxid));
                return loader;
            }
            catch (StoreUnavailableException) when (attempt < 10)
            {
                // An idle connection of the pool that the test has ended.
            }
        }
    }

    private IEnumerable<IReadOnlyList<NodeChange>> Breaking(AclList acl)
    {
        yield return [Drop("/")];
        yield return [.. Enumerable.Range(0, 3000).Select(i => Put(Node($"/{i}", null, acl)))];
        _database.EndSessionsAsync().GetAwaiter().GetResult();
        yield return [.. Enumerable.Range(0, 3000).Select(i => Put(Node($"/{i}")))];
    }

    private static IEnumerable<IReadOnlyList<NodeChange>> Cancelling(CancellationTokenSource stop)
    {
        yield return [Drop("/")];
        stop.Cancel();
        yield return [Put(Node("/b"))];
    }

    private async Task ShouldComeBackAsync(params NodeImage[] nodes)
    {
        PostgresCheckpointStore store = await OpenAsync();
        await store.WriteAsync(null, Header(7), [[.. nodes.Select(Put)]], [], Cancellation);

        (await LoadAsync(await OpenAsync(), 7)).Nodes.ShouldBeNodes(nodes);
    }

    private static void ShouldHaveParentsFirst(RecordingLoader loaded)
    {
        var given = loaded.Nodes.Select(node => node.Path).ToHashSet(StringComparer.Ordinal);
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (NodeImage node in loaded.Nodes)
        {
            string parent = node.Path[..Math.Max(1, node.Path.LastIndexOf('/'))];
            (node.Path == "/" || seen.Contains(parent) || !given.Contains(parent)).ShouldBeTrue();
            seen.Add(node.Path);
        }
    }

    private static NodeImage Extreme(string path, AclList acl, long number, int version, long owner) =>
        new(path, null, acl, number, number, number, number, number, version, version, version, owner);

    private static NodeImage RandomNode(Random random)
    {
        byte[]? data = random.Next(3) switch { 0 => null, 1 => [], _ => LogHarness.Bytes(random.Next(), random.Next(6000)) };
        var acl = new AclList(
            Enumerable.Range(0, random.Next(3)).Select(_ => new Acl((Permissions)random.Next(32), new AclId("s", $"{random.Next(4)}"))));
        return Node($"/{random.Next(40)}", data, acl, random.NextInt64(1, 1000));
    }
}
