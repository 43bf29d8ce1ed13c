using static OrleansZk.TestKit.Wire.WireRequests;

namespace OrleansZk.Unit.Operations;

public sealed class MultiTests : EngineTest
{
    [Fact]
    [OperationCase(CaseKind.Conformance, OpCode.Multi, OpCode.Check)]
    public void Success_answers_each_part_in_its_own_shape()
    {
        Session.Ask(Create("/old"));

        Answer answer = Session.Call(Multi(
            Create("/a", "1"),
            Create2("/b"),
            CreateTtl("/t", 1000),
            CreateContainer("/c"),
            SetData("/a", "22"),
            Check("/a", 1),
            Delete("/old")));

        answer.Result.Parts!.Select(part => part.Type).ShouldBe(
            [OpCode.Create, OpCode.Create2, OpCode.Create2, OpCode.Create2, OpCode.SetData, OpCode.Check, OpCode.Delete]);
        WireResult[] results = [.. answer.Result.Parts!.Select(part => part.Result)];
        results[0].ShouldBe(new WireResult { Path = "/a" });
        results[1].ShouldBe(new WireResult { Path = "/b", Stat = StatOf("/b") });
        results[2].Path.ShouldBe("/t");
        results[3].Path.ShouldBe("/c");
        results[4].Stat.ShouldBe(StatOf("/a"));
        results[5].ShouldBe(new WireResult());
        results[6].ShouldBe(new WireResult());
    }

    [Fact]
    public void Failure_answers_what_came_of_each_part_and_changes_nothing()
    {
        ulong before = Engine.Replica.Tree.Digest;
        long zxid = Engine.Replica.LastAppliedZxid;

        Answer answer = Session.Call(Multi(Create("/a"), Create("/a/b"), Delete("/none"), Create("/c"), SetData("/a", "x")));

        answer.Result.Error.ShouldBe(ErrorCode.Ok);
        answer.Result.Parts!.ShouldAllBe(part => part.Type == OpCode.Error);
        answer.Result.Parts!.Select(part => part.Result.Error).ShouldBe(
            [ErrorCode.Ok, ErrorCode.Ok, ErrorCode.NoNode, ErrorCode.RuntimeInconsistency, ErrorCode.RuntimeInconsistency]);
        Engine.Replica.Tree.Digest.ShouldBe(before);
        Engine.Replica.LastAppliedZxid.ShouldBe(zxid);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public void The_place_of_the_failure_is_shown(int at)
    {
        WireRequest[] parts = [Create("/a"), Create("/b"), Create("/c")];
        parts[at] = Check("/none");

        ErrorCode[] errors = [.. Session.Ask(Multi(parts)).Parts!.Select(part => part.Result.Error)];

        ErrorCode Expected(int i) => i < at ? ErrorCode.Ok : i == at ? ErrorCode.NoNode : ErrorCode.RuntimeInconsistency;
        errors.ShouldBe([.. Enumerable.Range(0, 3).Select(Expected)]);
    }

    [Fact]
    public void Each_part_sees_the_ones_before_it()
    {
        WireResult result = Session.Ask(Multi(
            Create("/a"),
            Create("/a/s-", mode: CreateMode.PersistentSequential),
            Create("/a/s-", mode: CreateMode.PersistentSequential),
            Delete("/a/s-0000000000"),
            Create("/a/s-", mode: CreateMode.EphemeralSequential),
            SetData("/a", "x", version: 0),
            SetData("/a", "y", version: 1),
            Check("/a", 2)));

        result.Parts!.ShouldAllBe(part => part.Result.Error == ErrorCode.Ok);
        Session.Ask(GetChildren("/a")).Names.ShouldBe(["s-0000000001", "s-0000000002"]);
        StatOf("/a").Cversion.ShouldBe(4);
    }

    [Fact]
    public void A_node_may_come_and_go_within_one()
    {
        Session.Ask(Multi(Create("/a"), Delete("/a"), Create("/a", "second"), Delete("/a"), Create("/a", "third")))
            .Parts!.ShouldAllBe(part => part.Result.Error == ErrorCode.Ok);

        Session.Ask(GetData("/a")).Text.ShouldBe("third");
    }

    [Fact]
    public void An_empty_one_succeeds_and_is_not_logged()
    {
        long zxid = Engine.Replica.LastAppliedZxid;

        Session.Ask(Multi()).Parts.ShouldBe([]);
        Session.Ask(MultiRead()).Parts.ShouldBe([]);

        Engine.Replica.LastAppliedZxid.ShouldBe(zxid);
    }

    [Fact]
    public void What_may_not_be_a_part_makes_the_whole_malformed()
    {
        WireRequest[] misfits =
        [
            Multi(Create("/x")), MultiRead(GetData("/")), GetData("/"), Exists("/"), GetChildren("/"), SetAcl("/", Acl.OpenUnsafe), Sync(), Reconfig(),
            CloseSession(), DeleteContainer("/x"), CreateSession(1), new WireRequest((OpCode)55, []), Ping(), WhoAmI(),
        ];
        foreach (WireRequest misfit in misfits)
        {
            Session.Try(Multi(Create("/a"), misfit)).ShouldBe(ErrorCode.MarshallingError, misfit.Type.ToString());
        }

        Session.Try(Multi(Create("/a")) with { Body = Multi(Create("/a")).Body[..^9] }).ShouldBe(ErrorCode.MarshallingError, "no end");
        IsThere("/a").ShouldBeFalse();
        Session.IsConnected.ShouldBeTrue();
    }

    [Fact]
    public void A_failed_one_takes_back_the_count_of_ephemerals_and_the_overlay()
    {
        // Everything is held, so that what follows is prepared against the overlay that the failed multi had changed.
        Engine.Hold();
        Session.Send(Create("/first"));
        Session.Send(Multi(Create("/a"), Create("/a/e", mode: CreateMode.Ephemeral), SetData("/first", "x"), Delete("/first"), Check("/none")));
        Session.Send(Create("/a/e"));
        Session.Send(SetData("/first", "y", version: 0));
        Session.Send(Create("/a", mode: CreateMode.Ephemeral));
        Engine.ReleaseAll();

        ErrorCode[] errors = [.. Session.TakeAll().OfType<Answer>().Select(answer => answer.Result.Error)];
        errors.ShouldBe([ErrorCode.Ok, ErrorCode.Ok, ErrorCode.NoNode, ErrorCode.Ok, ErrorCode.Ok]);
        Engine.Replica.Tree.EphemeralCount.ShouldBe(1);
    }

    [Fact]
    [OperationCase(CaseKind.Conformance, OpCode.MultiRead)]
    public void Reads_succeed_or_fail_each_for_itself()
    {
        Session.Ask(Create("/a", "data"));
        Session.Ask(Create("/secret", acl: [Digest(Permissions.All, "u:p")]));

        WireResult result = Session.Ask(MultiRead(
            GetData("/a"), GetChildren("/"), GetData("/none"), GetData("/secret"), GetChildren("bad"), GetData("/a")));

        result.Parts!.Select(part => part.Type).ShouldBe(
            [OpCode.GetData, OpCode.GetChildren, OpCode.Error, OpCode.Error, OpCode.Error, OpCode.GetData]);
        result.Parts![0].Result.Text.ShouldBe("data");
        result.Parts![0].Result.Stat.ShouldBe(StatOf("/a"));
        result.Parts![1].Result.Names.ShouldBe(["a", "secret", "zookeeper"]);
        result.Parts!.Skip(2).Take(3).Select(part => part.Result.Error).ShouldBe([ErrorCode.NoNode, ErrorCode.NoAuth, ErrorCode.BadArguments]);
    }

    [Fact]
    public void A_multi_read_leaves_no_watches()
    {
        Session.Ask(MultiRead(GetData("/", watch: true), GetChildren("/", watch: true)));

        Engine.Replica.Watches.Data.Count.ShouldBe(0);
        Engine.Replica.Watches.Children.Count.ShouldBe(0);
    }

    [Fact]
    public void Only_two_reads_may_be_parts_of_a_multi_read()
    {
        foreach (WireRequest misfit in new[]
        {
            Exists("/"), GetChildren2("/"), GetAcl("/"), Create("/x"), Delete("/x"), Check("/"), MultiRead(GetData("/")), WhoAmI(), Ping(),
        })
        {
            Session.Try(MultiRead(GetData("/"), misfit)).ShouldBe(ErrorCode.MarshallingError, misfit.Type.ToString());
        }
    }
}
