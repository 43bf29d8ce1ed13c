using OrleansZk.Core.Replication;
using OrleansZk.Storage.Checkpoints;
using OrleansZk.Storage.Tests.Support;
using static OrleansZk.Storage.Tests.Support.CheckpointHarness;
using static OrleansZk.Storage.Tests.Support.TestNodes;

namespace OrleansZk.Storage.Tests.Checkpoints;

public sealed class CheckpointFailureTests : IDisposable
{
    private readonly TempFolder _temp = new();

    public void Dispose() => _temp.Dispose();

    [Fact]
    public async Task A_process_that_is_killed_while_writing_leaves_the_checkpoint_before()
    {
        using (DataFolder folder = DataFolder.Open(_temp.Path))
        {
            await using SqliteCheckpointStore store = Create(folder);
            await store.OpenAsync(Cancellation);
            await store.WriteAsync(5, Put(Node("/")), Put(Node("/a")), Put(Node("/b", [1])));
        }

        using (ChildProcess child = ChildProcess.Start(ChildRoles.BeginCheckpointAsync, _temp.Path))
        {
            (await child.ReadLineAsync()).ShouldBe("in the middle");
            await child.KillAsync();
        }

        using DataFolder again = DataFolder.Open(_temp.Path);
        await using SqliteCheckpointStore reopened = Create(again);
        await reopened.OpenAsync(Cancellation);
        RecordingLoader loaded = await reopened.LoadAsync(5);
        loaded.Nodes.ShouldBeNodes([Node("/"), Node("/a"), Node("/b", [1])]);
        loaded.Sessions.ShouldBeEmpty();
        await reopened.WriteAsync(6, Put(Node("/c")));
        (await reopened.LoadAsync(6)).Nodes.Count.ShouldBe(4);
    }

    [Fact]
    public async Task A_write_that_fails_or_is_cancelled_changes_nothing_and_the_next_one_succeeds()
    {
        using DataFolder folder = DataFolder.Open(_temp.Path);
        await using SqliteCheckpointStore store = Create(folder);
        await store.OpenAsync(Cancellation);
        await store.WriteAsync(1, Put(Node("/")));
        var other = new Core.Access.AclList([new Acl(Permissions.All, new AclId("a", "b"))]);

        await Should.ThrowAsync<NotSupportedException>(async () => await store.WriteAsync(Header(2), Failing(), [], Cancellation));
        using (var cancellation = new CancellationTokenSource())
        {
            await Should.ThrowAsync<OperationCanceledException>(
                async () => await store.WriteAsync(Header(2), Cancelling(cancellation), [], cancellation.Token));
        }

        (await store.LoadAsync(1)).Nodes.ShouldBeNodes([Node("/")]);
        await store.WriteAsync(2, Put(Node("/x", null, other)));
        (await store.LoadAsync(2)).Nodes.ShouldBeNodes([Node("/"), Node("/x", null, other)]);

        IEnumerable<IReadOnlyList<NodeChange>> Failing()
        {
            yield return [Drop("/"), Put(Node("/x", null, other))];
            throw new NotSupportedException();
        }

        IEnumerable<IReadOnlyList<NodeChange>> Cancelling(CancellationTokenSource cancellation)
        {
            yield return [Drop("/"), Put(Node("/x", null, other))];
            cancellation.Cancel();
            yield return [Put(Node("/y"))];
        }
    }

    [Fact]
    public async Task A_full_disk_fails_the_write_and_keeps_the_checkpoint()
    {
        using var mount = SmallFileSystem.Mount(2 << 20);
        using DataFolder folder = DataFolder.Open(mount.Path);
        await using SqliteCheckpointStore store = Create(folder);
        await store.OpenAsync(Cancellation);
        await store.WriteAsync(1, Put(Node("/", [1])));

        NodeChange[] tooMuch = [.. Enumerable.Range(0, 400).Select(i => Put(Node($"/{i}", new byte[10_000])))];
        IOException exception = await Should.ThrowAsync<IOException>(async () => await store.WriteAsync(2, tooMuch));
        exception.Message.ShouldContain(folder.CheckpointFile);
        exception.Message.ShouldContain("full");

        (await store.LoadAsync(1)).Nodes.ShouldBeNodes([Node("/", [1])]);
        await store.WriteAsync(2, Put(Node("/small")));
        (await store.LoadAsync(2)).Nodes.Count.ShouldBe(2);
    }

    [Fact]
    public async Task Others_can_read_the_file_while_it_is_written()
    {
        using DataFolder folder = DataFolder.Open(_temp.Path);
        await using SqliteCheckpointStore store = Create(folder);
        await store.OpenAsync(Cancellation);
        await store.WriteAsync(1, Put(Node("/")), Put(Node("/a", [1, 2, 3])));

        using SqliteDatabase reader = SqliteDatabase.Open(folder.CheckpointFile, busyTimeout: 0);
        reader.Execute("BEGIN");
        reader.QueryNumber("SELECT count(*) FROM zk_node").ShouldBe(2);
        await store.WriteAsync(2, Put(Node("/b")));
        reader.QueryNumber("SELECT count(*) FROM zk_node").ShouldBe(2, "a reader sees one moment");
        reader.RollBack();
        reader.QueryNumber("SELECT count(*) FROM zk_node").ShouldBe(3);
        reader.QueryNumber("SELECT length(data) FROM zk_node WHERE path = '/a'").ShouldBe(3);
        reader.QueryNumber("SELECT zxid FROM zk_checkpoint").ShouldBe(2);
        reader.QueryNumber("SELECT perms = 'cdrwa' AND scheme = 'world' AND id = 'anyone' FROM zk_acl").ShouldBe(1);
    }

    [Fact]
    public async Task A_store_that_is_not_open_says_so()
    {
        using DataFolder folder = DataFolder.Open(_temp.Path);
        await using SqliteCheckpointStore store = Create(folder);

        await Should.ThrowAsync<InvalidOperationException>(async () => await store.LoadAsync(new RecordingLoader(), Cancellation));
        await Should.ThrowAsync<InvalidOperationException>(async () => await store.WriteAsync(1));
    }
}
