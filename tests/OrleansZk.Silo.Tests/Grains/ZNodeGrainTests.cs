using OrleansZk.Grains;
using OrleansZk.Silo.Tests.Clusters;

namespace OrleansZk.Silo.Tests.Grains;

/// <summary>Znodes as grains, end to end through a cluster client.</summary>
public sealed class ZNodeGrainTests : IAsyncLifetime
{
    private SiloCluster _cluster = null!;

    public async ValueTask InitializeAsync() => _cluster = await SiloCluster.StartAsync();

    public ValueTask DisposeAsync() => _cluster.DisposeAsync();

    [Fact]
    public async Task A_node_is_created_read_changed_and_deleted()
    {
        IZNodeGrain node = Node("/a");
        Seen<CreatedNode> created = await node.Create(new NodeCreation([1, 2, 3]));
        created.Value.Path.ShouldBe("/a");
        created.Value.Stat.DataLength.ShouldBe(3);

        Seen<NodeData> read = await node.GetData(created.Zxid);
        read.Value.Data.ShouldBe([1, 2, 3]);
        read.Value.Stat.ShouldBe(created.Value.Stat);

        Seen<Stat> set = await node.SetData([4], 0);
        set.Value.Version.ShouldBe(1);
        (await node.Exists(set.Zxid)).Value.ShouldBe(set.Value);

        await Node("/a/b").Create(new NodeCreation());
        (await Node("/").GetChildren()).Value.Names.ShouldContain("a");
        (await node.GetChildren()).Value.Names.ShouldBe(["b"]);
        await Node("/a/b").Delete();
        await node.Delete(1);
        (await node.Exists()).Value.ShouldBeNull();
    }

    [Fact]
    public async Task Errors_are_the_protocols_own()
    {
        (await Should.ThrowAsync<KeeperException>(Node("/none").GetData())).Code.ShouldBe(ErrorCode.NoNode);
        await Node("/e").Create(new NodeCreation());
        KeeperException exists = await Should.ThrowAsync<KeeperException>(Node("/e").Create(new NodeCreation()));
        (exists.Code, exists.Path).ShouldBe((ErrorCode.NodeExists, "/e"));
        (await Should.ThrowAsync<KeeperException>(Node("/e").SetData([1], 7))).Code.ShouldBe(ErrorCode.BadVersion);
        (await Should.ThrowAsync<KeeperException>(Node("no-slash").Create(new NodeCreation()))).Code.ShouldBe(ErrorCode.BadArguments);
        (await Should.ThrowAsync<KeeperException>(Node("/x").Create(new NodeCreation(Mode: CreateMode.Ephemeral)))).Code.ShouldBe(ErrorCode.BadArguments);
    }

    [Fact]
    public async Task Every_mode_without_a_session_and_acls()
    {
        (await Node("/s-").Create(new NodeCreation(Mode: CreateMode.PersistentSequential))).Value.Path.ShouldMatch(@"^/s-\d{10}$");
        (await Node("/c").Create(new NodeCreation(Mode: CreateMode.Container))).Value.Path.ShouldBe("/c");
        (await Node("/t").Create(new NodeCreation(Mode: CreateMode.PersistentWithTtl, TimeToLive: TimeSpan.FromHours(1)))).Value.Path.ShouldBe("/t");
        await Node("/acl").Create(new NodeCreation(Acl: Acl.ReadUnsafe));
        (await Node("/acl").GetAcl()).Value.Acl.ShouldBe(Acl.ReadUnsafe);
        (await Should.ThrowAsync<KeeperException>(Node("/acl").SetData([1]))).Code.ShouldBe(ErrorCode.NoAuth);
        (await Node("/c").SetAcl([new Acl(Permissions.Read | Permissions.Admin, AclId.Anyone)])).Value.Aversion.ShouldBe(1);
    }

    private IZNodeGrain Node(string path) => _cluster.Client.GetGrain<IZNodeGrain>(path);
}
