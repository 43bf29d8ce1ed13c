using OrleansZk.Core.Access;
using OrleansZk.Core.Replication;
using OrleansZk.Core.Sessions;
using OrleansZk.Core.Tree;
using OrleansZk.Storage.Checkpoints;
using OrleansZk.Storage.Tests.Support;
using static OrleansZk.Storage.Tests.Support.CheckpointHarness;
using static OrleansZk.Storage.Tests.Support.TestNodes;

namespace OrleansZk.Storage.Tests.Checkpoints;

public sealed class CheckpointRoundTripTests : IDisposable
{
    private readonly TempFolder _temp = new();
    private readonly DataFolder _folder;

    public CheckpointRoundTripTests() => _folder = DataFolder.Open(_temp.Path);

    public void Dispose()
    {
        _folder.Dispose();
        _temp.Dispose();
    }

    [Fact]
    public async Task A_new_store_has_a_secret_that_it_keeps_and_no_checkpoint()
    {
        byte[] secret;
        await using (SqliteCheckpointStore store = Create(_folder))
        {
            secret = (await store.OpenAsync(Cancellation)).Secret;
            secret.Length.ShouldBe(32);
            (await store.LoadAsync(new RecordingLoader(), Cancellation)).ShouldBeNull();
        }

        await using SqliteCheckpointStore again = Create(_folder);
        (await again.OpenAsync(Cancellation)).Secret.ShouldBe(secret);
    }

    [Fact]
    public async Task Every_field_comes_back_and_null_is_not_empty()
    {
        NodeImage[] nodes =
        [
            Node("/"),
            Node("/empty", []),
            Node("/one", [0]),
            Node("/big", LogHarness.Bytes(1, 1_048_576)),
            Extreme("/low", AclList.Empty, long.MinValue, int.MinValue, NodeOwner.Container),
            Extreme("/high", AclList.WorldReadable, long.MaxValue, int.MaxValue, NodeOwner.ForTtl(5)),
            Node("/minus", null, null, -9),
        ];
        await ShouldComeBackAsync(nodes);
    }

    public static TheoryData<string> OddStrings =>
        ["", " ", "'", "\"", "\\", ":", ",", "a:b:c", "\n\r\t", "\0", "a\0b", "\u007f\u0080",
         "é", "日本語", "😀", "\ud83d", "\ude00\ud83d", "a\ud800b", "\uffff\ufffe\ufeff", "%s", "NULL", "31"];

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
    public async Task Parents_come_before_their_children_whatever_the_names()
    {
        string[] names = ["a", "a ", "a!", "a-b", "a.b", "a0", "A", "\u0001", "é", "😀", "\ud800", "~"];
        var paths = new List<string> { "/" };
        for (int depth = 0; depth < 3; depth++)
        {
            IEnumerable<string> parents = paths.TakeLast((int)Math.Pow(names.Length, depth));
            paths.AddRange([.. parents.SelectMany(parent => names.Select(name => parent.TrimEnd('/') + "/" + name))]);
        }

        var random = new Random(1);
        NodeImage[] nodes = [.. paths.Select(path => Node(path))];
        random.Shuffle(nodes);
        await using SqliteCheckpointStore store = Create(_folder);
        await store.OpenAsync(Cancellation);
        await store.WriteAsync(Header(1), nodes.Select(Put).Chunk(100), [], Cancellation);

        RecordingLoader loaded = await store.LoadAsync(1);
        loaded.Nodes.Count.ShouldBe(paths.Count);
        var seen = new HashSet<string> { "" };
        foreach (NodeImage node in loaded.Nodes)
        {
            seen.ShouldContain(node.Path == "/" ? "" : node.Path[..node.Path.LastIndexOf('/')]);
            seen.Add(node.Path.TrimEnd('/'));
        }
    }

    [Fact]
    public async Task Each_write_changes_what_it_names_and_nothing_else()
    {
        int seed = Random.Shared.Next();
        TestContext.Current.TestOutputHelper?.WriteLine($"seed {seed}");
        var random = new Random(seed);
        var model = new Dictionary<string, NodeImage>();
        var sessions = new Dictionary<long, SessionState>();
        SqliteCheckpointStore store = Create(_folder);
        await store.OpenAsync(Cancellation);
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

            await store.WriteAsync(Header(zxid), deletions.Concat(puts).Chunk(7), changes, Cancellation);
            if (random.Next(3) == 0)
            {
                await store.DisposeAsync();
                store = Create(_folder);
                await store.OpenAsync(Cancellation);
            }

            if (random.Next(2) == 0)
            {
                RecordingLoader loaded = await store.LoadAsync(zxid);
                loaded.Nodes.ShouldBeNodes(model.Values);
                loaded.Sessions.OrderBy(entry => entry.Key).ShouldBe(sessions.OrderBy(entry => entry.Key));
            }
        }

        await store.DisposeAsync();
    }

    [Fact]
    public async Task Lists_that_no_node_has_any_more_go_after_a_restart()
    {
        SqliteCheckpointStore store = Create(_folder);
        await store.OpenAsync(Cancellation);
        for (int i = 0; i < 20; i++)
        {
            await store.WriteAsync(i + 1, Put(Node("/", null, new AclList([new Acl(Permissions.All, new AclId("digest", $"user{i}"))]))));
        }

        await store.LoadAsync(20);
        await store.WriteAsync(21);
        await store.DisposeAsync();

        using SqliteDatabase database = SqliteDatabase.Open(_folder.CheckpointFile, 0);
        database.QueryNumber("SELECT count(*) FROM zk_acl").ShouldBe(1);
        database.QueryNumber("SELECT count(*) FROM zk_acl JOIN zk_node USING (acl_id)").ShouldBe(1);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task The_table_of_lists_has_those_that_nodes_have(int seed)
    {
        SqliteCheckpointStore? current = null;
        await new AclScenario(OpenAsync, QueryAsync).RunAsync(seed);
        await current!.DisposeAsync();

        async Task<ICheckpointStore> OpenAsync()
        {
            // A file has one writer: the next opens it anew, behind the same object.
            current ??= Create(_folder);
            await current.OpenAsync(Cancellation);
            return current;
        }

        Task<long> QueryAsync(string sql)
        {
            using SqliteDatabase database = SqliteDatabase.Open(_folder.CheckpointFile, 1000);
            return Task.FromResult(database.QueryNumber(sql));
        }
    }

    [Fact]
    public async Task Lists_that_an_older_version_left_without_nodes_go_with_the_next_checkpoint()
    {
        await using SqliteCheckpointStore store = Create(_folder);
        await store.OpenAsync(Cancellation);
        await store.WriteAsync(1, Put(Node("/")));
        using (SqliteDatabase database = SqliteDatabase.Open(_folder.CheckpointFile, 1000))
        {
            database.Execute("INSERT INTO zk_acl (acl_id, position, perms, scheme, id) VALUES (77, 0, 'r', 'digest', 'old:x'), (78, 0, 'r', 'digest', 'older:x')");
        }

        await store.OpenAsync(Cancellation);
        await store.LoadAsync(1);
        await store.WriteAsync(2, Put(Node("/a", null, new AclList([new Acl(Permissions.Read, new AclId("digest", "old:x"))]))));

        using SqliteDatabase after = SqliteDatabase.Open(_folder.CheckpointFile, 1000);
        after.QueryNumber("SELECT count(*) FROM zk_acl").ShouldBe(2, "the root's, and the one that has a node again");
        after.QueryNumber("SELECT count(*) FROM zk_acl JOIN zk_node USING (acl_id)").ShouldBe(2);
    }

    private async Task ShouldComeBackAsync(params NodeImage[] nodes)
    {
        await using (SqliteCheckpointStore store = Create(_folder))
        {
            await store.OpenAsync(Cancellation);
            await store.WriteAsync(7, [.. nodes.Select(Put)]);
        }

        await using SqliteCheckpointStore again = Create(_folder);
        await again.OpenAsync(Cancellation);
        (await again.LoadAsync(7)).Nodes.ShouldBeNodes(nodes);
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
