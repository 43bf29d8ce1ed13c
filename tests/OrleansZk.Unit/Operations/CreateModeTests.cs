using OrleansZk.Core.Replication;
using OrleansZk.Core.Tree;
using static OrleansZk.TestKit.Wire.WireRequests;

namespace OrleansZk.Unit.Operations;

public sealed class CreateModeTests : EngineTest
{
    [Theory]
    [InlineData(OpCode.Create, CreateMode.Persistent, "/n/x", 0L)]
    [InlineData(OpCode.Create, CreateMode.PersistentSequential, "/n/x0000000000", 0L)]
    [InlineData(OpCode.Create2, CreateMode.Persistent, "/n/x", 0L)]
    [InlineData(OpCode.Create2, CreateMode.PersistentSequential, "/n/x0000000000", 0L)]
    [InlineData(OpCode.Create, CreateMode.Ephemeral, "/n/x", -1L)]
    [InlineData(OpCode.Create, CreateMode.EphemeralSequential, "/n/x0000000000", -1L)]
    [InlineData(OpCode.Create2, CreateMode.Ephemeral, "/n/x", -1L)]
    [InlineData(OpCode.Create2, CreateMode.EphemeralSequential, "/n/x0000000000", -1L)]
    [InlineData(OpCode.CreateContainer, CreateMode.Container, "/n/x", NodeOwner.Container)]
    [InlineData(OpCode.CreateTtl, CreateMode.PersistentWithTtl, "/n/x", unchecked((long)0xFF000000000003E8))]
    [InlineData(OpCode.CreateTtl, CreateMode.PersistentSequentialWithTtl, "/n/x0000000000", unchecked((long)0xFF000000000003E8))]
    [OperationCase(CaseKind.Conformance, OpCode.Create, OpCode.Create2, OpCode.CreateContainer, OpCode.CreateTtl)]
    public void What_each_mode_makes(OpCode type, CreateMode mode, string path, long owner)
    {
        Session.Ask(Create("/n"));

        WireResult result = Session.Ask(Creation(type, "/n/x", [1], (int)mode, Acl.OpenUnsafe, type == OpCode.CreateTtl ? 1000 : null));

        result.Path.ShouldBe(path);
        (result.Stat is null).ShouldBe(type == OpCode.Create);
        Node(path).Owner.ShouldBe(owner == -1 ? Session.Id : owner);
        if (result.Stat is { } stat)
        {
            stat.ShouldBe(StatOf(path));
        }
    }

    [Theory]
    [InlineData(OpCode.Create)]
    [InlineData(OpCode.Create2)]
    public void The_container_flag_without_its_operation_makes_a_plain_node(OpCode type)
    {
        Session.Ask(Creation(type, "/x", null, (int)CreateMode.Container, Acl.OpenUnsafe));

        Node("/x").Owner.ShouldBe(NodeOwner.None);
    }

    [Theory]
    [InlineData(OpCode.Create, 5, null, ErrorCode.BadArguments)]
    [InlineData(OpCode.Create2, 6, null, ErrorCode.BadArguments)]
    [InlineData(OpCode.CreateContainer, 5, null, ErrorCode.BadArguments)]
    [InlineData(OpCode.Create, 7, null, ErrorCode.BadArguments)]
    [InlineData(OpCode.Create, -1, null, ErrorCode.BadArguments)]
    [InlineData(OpCode.CreateTtl, 7, 5L, ErrorCode.BadArguments)]
    [InlineData(OpCode.CreateTtl, 0, 5L, ErrorCode.BadArguments)]
    [InlineData(OpCode.CreateTtl, 1, 0L, ErrorCode.BadArguments)]
    [InlineData(OpCode.CreateTtl, 0, -1L, ErrorCode.Ok)]
    [InlineData(OpCode.CreateTtl, 5, 0L, ErrorCode.BadArguments)]
    [InlineData(OpCode.CreateTtl, 5, -1L, ErrorCode.BadArguments)]
    [InlineData(OpCode.CreateTtl, 5, 1L, ErrorCode.Ok)]
    [InlineData(OpCode.CreateTtl, 5, NodeOwner.MaxTtl, ErrorCode.Ok)]
    [InlineData(OpCode.CreateTtl, 5, NodeOwner.MaxTtl + 1, ErrorCode.BadArguments)]
    public void Flags_and_times_to_live_that_do_not_fit(OpCode type, int flags, long? ttl, ErrorCode expected) =>
        Session.Try(Creation(type, "/x", null, flags, Acl.OpenUnsafe, ttl)).ShouldBe(expected);

    [Fact]
    public void Times_to_live_can_be_turned_off()
    {
        using var engine = new EngineHarness(new EngineSettings { Leader = new LeaderOptions { TtlEnabled = false } });
        TestSession session = engine.Connect();

        session.Try(CreateTtl("/x", 1000)).ShouldBe(ErrorCode.Unimplemented);
        session.Try(CreateTtl("/x", 0)).ShouldBe(ErrorCode.Unimplemented);
        session.Try(Creation(OpCode.Create, "/x", null, 5, Acl.OpenUnsafe)).ShouldBe(ErrorCode.Unimplemented);
        session.Try(Create("/x")).ShouldBe(ErrorCode.Ok);
        session.IsConnected.ShouldBeTrue();
    }

    [Fact]
    public void Ephemerals_have_no_children()
    {
        Session.Ask(Create("/e", mode: CreateMode.Ephemeral));

        Session.Try(Create("/e/x")).ShouldBe(ErrorCode.NoChildrenForEphemerals);
        Session.Try(Create("/e/x", mode: CreateMode.Ephemeral)).ShouldBe(ErrorCode.NoChildrenForEphemerals);
        Session.Try(Multi(Create("/f", mode: CreateMode.Ephemeral), Create("/f/x"))).ShouldBe(ErrorCode.Ok);
        IsThere("/f").ShouldBeFalse();
    }

    [Fact]
    public void Containers_and_nodes_with_a_time_to_live_have_children()
    {
        Session.Ask(CreateContainer("/c"));
        Session.Ask(CreateTtl("/t", 1000));

        Session.Ask(Create("/c/x")).Path.ShouldBe("/c/x");
        Session.Ask(Create("/t/x")).Path.ShouldBe("/t/x");
    }

    [Fact]
    public void Sequence_numbers_count_all_creations_and_nothing_else()
    {
        Session.Ask(Create("/q"));
        Session.Ask(Create("/q/s-", mode: CreateMode.PersistentSequential)).Path.ShouldBe("/q/s-0000000000");
        Session.Ask(Create("/q/plain"));
        Session.Try(Create("/q/plain")).ShouldBe(ErrorCode.NodeExists);
        Session.Ask(Delete("/q/plain"));
        Session.Ask(SetData("/q", "x"));
        Session.Ask(Create("/q/s-", mode: CreateMode.EphemeralSequential)).Path.ShouldBe("/q/s-0000000002");
        Session.Ask(Create("/q/", mode: CreateMode.PersistentSequential)).Path.ShouldBe("/q/0000000003");
        Session.Ask(CreateTtl("/q/t-", 1000, mode: CreateMode.PersistentSequentialWithTtl)).Path.ShouldBe("/q/t-0000000004");
        Session.Ask(Creation(OpCode.CreateContainer, "/q/c-", null, 2, Acl.OpenUnsafe)).Path.ShouldBe("/q/c-0000000005");
    }

    [Fact]
    public void A_sequence_number_may_be_all_there_is_to_a_name()
    {
        Session.Ask(Create("/", mode: CreateMode.PersistentSequential)).Path.ShouldBe("/0000000000");
        Session.Try(Create("/")).ShouldBe(ErrorCode.NodeExists);
    }

    [Theory]
    [InlineData(int.MaxValue, "/q/s-2147483647", "/q/s--2147483648")]
    [InlineData(-2, "/q/s--000000002", "/q/s--000000001")]
    [InlineData(-1, "/q/s--000000001", "/q/s-0000000000")]
    public void Sequence_numbers_wrap_as_signed_numbers_of_ten_characters(int cversion, string first, string second)
    {
        // A parent with a cversion of billions comes from a checkpoint only.
        using var engine = new EngineHarness();
        engine.Connect().Ask(Create("/q"));
        engine.Checkpoint();
        NodeImage image = engine.Checkpoints.Nodes["/q"];
        var tree = new DataTree();
        tree.Load(image with { Cversion = cversion });
        engine.Replica.Tree.Load(image with { Cversion = cversion });
        TestSession session = engine.Connect();

        session.Ask(Create("/q/s-", mode: CreateMode.PersistentSequential)).Path.ShouldBe(first);
        session.Ask(Create("/q/s-", mode: CreateMode.PersistentSequential)).Path.ShouldBe(second);
    }

    [Fact]
    public void A_session_may_own_only_so_many_ephemerals()
    {
        using var engine = new EngineHarness(new EngineSettings { Leader = new LeaderOptions { MaxEphemeralsPerSession = 3 } });
        TestSession session = engine.Connect();
        session.Ask(Multi(Create("/1", mode: CreateMode.Ephemeral), Create("/2", mode: CreateMode.Ephemeral)));

        // A multi that fails gives back what its parts had taken.
        session.Ask(Multi(Create("/3", mode: CreateMode.Ephemeral), Delete("/none"))).Parts![1].Result.Error.ShouldBe(ErrorCode.NoNode);
        session.Ask(Create("/3", mode: CreateMode.Ephemeral));
        session.Try(Create("/4", mode: CreateMode.Ephemeral)).ShouldBe(ErrorCode.QuotaExceeded);
        session.Try(Create("/4")).ShouldBe(ErrorCode.Ok);
        engine.Connect().Try(Create("/5", mode: CreateMode.Ephemeral)).ShouldBe(ErrorCode.Ok);
        session.Ask(Delete("/1"));
        session.Try(Create("/1", mode: CreateMode.Ephemeral)).ShouldBe(ErrorCode.Ok);

        engine.Restart();
        session.Reconnect().ShouldBeTrue();
        session.Try(Create("/6", mode: CreateMode.Ephemeral)).ShouldBe(ErrorCode.QuotaExceeded);
    }
}
