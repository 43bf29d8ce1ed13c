using static OrleansZk.TestKit.Wire.WireRequests;

namespace OrleansZk.Unit.Operations;

public sealed class WriteTests : EngineTest
{
    [Fact]
    [OperationCase(CaseKind.Conformance, OpCode.Create, OpCode.Create2, OpCode.SetData, OpCode.Delete, OpCode.SetAcl)]
    public void What_writes_answer()
    {
        Session.Ask(Create("/a", "1")).ShouldBe(new WireResult { Path = "/a" });
        Session.Ask(Create2("/b")).ShouldBe(new WireResult { Path = "/b", Stat = StatOf("/b") });
        Session.Ask(SetData("/a", "22")).ShouldBe(new WireResult { Stat = StatOf("/a") });
        Session.Ask(SetAcl("/a", Acl.OpenUnsafe)).ShouldBe(new WireResult { Stat = StatOf("/a") });
        Session.Ask(Delete("/a")).ShouldBe(new WireResult());
        IsThere("/a").ShouldBeFalse();
    }

    [Theory]
    [InlineData(0, ErrorCode.BadVersion)]
    [InlineData(2, ErrorCode.BadVersion)]
    [InlineData(-2, ErrorCode.BadVersion)]
    [InlineData(1, ErrorCode.Ok)]
    [InlineData(-1, ErrorCode.Ok)]
    public void Expected_versions(int version, ErrorCode expected)
    {
        Session.Ask(Create("/a"));
        Session.Ask(SetData("/a", "x"));
        Session.Ask(SetAcl("/a", Acl.OpenUnsafe));

        Session.Ask(Multi(Check("/a", version))).Parts![0].Result.Error.ShouldBe(expected);
        Session.Try(SetAcl("/a", Acl.OpenUnsafe, version)).ShouldBe(expected);
        Session.Try(SetData("/a", "y", version)).ShouldBe(expected);
        Session.Try(Delete("/a", version == 1 ? 2 : version)).ShouldBe(expected);
    }

    [Fact]
    public void A_node_with_children_stays()
    {
        Session.Ask(Create("/a"));
        Session.Ask(Create("/a/b"));

        Session.Try(Delete("/a")).ShouldBe(ErrorCode.NotEmpty);
        Session.Ask(Delete("/a/b"));
        Session.Ask(Delete("/a"));
    }

    [Theory]
    [InlineData("/")]
    [InlineData("/zookeeper")]
    [InlineData("/zookeeper/quota")]
    [InlineData("/zookeeper/config")]
    public void System_nodes_stay(string path) => Session.Try(Delete(path)).ShouldBe(ErrorCode.BadArguments);

    [Fact]
    public void A_node_made_again_is_a_new_one()
    {
        Session.Ask(Create("/a", "1"));
        Session.Ask(Create("/a/b"));
        Session.Ask(SetData("/a", "2"));
        Session.Ask(Delete("/a/b"));
        Session.Ask(Delete("/a"));

        WireResult again = Session.Ask(Create2("/a"));

        again.Stat!.Value.ShouldBe(new Stat(Session.LastZxid, Session.LastZxid, Engine.Now, Engine.Now, 0, 0, 0, 0, 0, 0, Session.LastZxid));
    }

    [Theory]
    [InlineData("/a")]
    [InlineData("anything")]
    [InlineData("")]
    [InlineData(null)]
    [OperationCase(CaseKind.Conformance, OpCode.Sync)]
    public void A_sync_answers_with_its_path_whatever_it_is(string? path)
    {
        long before = Session.LastZxid;

        Answer answer = Session.Call(Sync(path));

        answer.Result.ShouldBe(new WireResult { Path = path });
        Engine.Replica.LastAppliedZxid.ShouldBe(Math.Max(before, answer.Zxid), "a sync is not logged");
    }

    [Fact]
    [OperationCase(CaseKind.Conformance, OpCode.Reconfig)]
    [OperationCase(CaseKind.Acl, OpCode.Reconfig)]
    public void Reconfig_is_disabled_whoever_asks()
    {
        Session.Try(Reconfig(joining: "server.1=a:1:2;3")).ShouldBe(ErrorCode.ReconfigDisabled);
        ConnectAs(EngineSettings.SuperPassword).Try(Reconfig()).ShouldBe(ErrorCode.ReconfigDisabled);
        Session.Ask(GetData("/zookeeper/config")).Data.ShouldBe([]);
    }

    [Fact]
    [OperationCase(CaseKind.Conformance, OpCode.CreateSession, OpCode.DeleteContainer, OpCode.Check)]
    [OperationCase(CaseKind.Acl, OpCode.CreateSession, OpCode.DeleteContainer)]
    public void The_servers_own_operations_are_not_for_clients()
    {
        Session.Ask(CreateContainer("/c"));
        Session.Ask(Create("/c/x"));
        Session.Ask(Delete("/c/x"));
        foreach (WireRequest request in new[] { CreateSession(5000), DeleteContainer("/c"), Check("/c") })
        {
            TestSession session = ConnectAs(EngineSettings.SuperPassword);
            int sessions = Engine.Replica.Sessions.Count;

            session.Try(request).ShouldBe(ErrorCode.Unimplemented, request.Type.ToString());

            session.IsConnected.ShouldBeFalse();
            Engine.Replica.Sessions.Count.ShouldBe(sessions, "closing the connection does not close the session");
            IsThere("/c").ShouldBeTrue();
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(10)]
    [InlineData(23)]
    [InlineData(-1)]
    [InlineData(-12)]
    [InlineData(99)]
    [InlineData(108)]
    [InlineData(int.MaxValue)]
    [InlineData(int.MinValue)]
    public void Unknown_operations_end_the_connection(int type)
    {
        Session.Try(new WireRequest((OpCode)type, [])).ShouldBe(ErrorCode.Unimplemented);
        Session.IsConnected.ShouldBeFalse();
    }

    [Fact]
    public void Sasl_is_refused_here()
    {
        Session.Try(Sasl([])).ShouldBe(ErrorCode.AuthFailed);
        Session.IsConnected.ShouldBeFalse();
    }

    [Fact]
    public void Malformed_requests_are_told_and_the_connection_goes_on()
    {
        OpCode[] withBody =
        [
            OpCode.Create, OpCode.Create2, OpCode.CreateTtl, OpCode.CreateContainer, OpCode.Delete, OpCode.SetData, OpCode.SetAcl, OpCode.Multi,
            OpCode.Sync, OpCode.Reconfig, OpCode.Exists, OpCode.GetData, OpCode.GetChildren, OpCode.GetChildren2, OpCode.GetAcl,
            OpCode.GetAllChildrenNumber, OpCode.GetEphemerals, OpCode.MultiRead, OpCode.AddWatch, OpCode.CheckWatches, OpCode.RemoveWatches,
            OpCode.SetWatches, OpCode.SetWatches2,
        ];
        foreach (OpCode type in withBody)
        {
            Session.Try(new WireRequest(type, [])).ShouldBe(ErrorCode.MarshallingError, type.ToString());
        }

        Session.IsConnected.ShouldBeTrue();
    }

    [Fact]
    public void The_config_node_is_read_by_all_and_written_by_super_only()
    {
        Session.Try(SetData("/zookeeper/config", "x")).ShouldBe(ErrorCode.NoAuth);
        Session.Try(Create("/zookeeper/config/x")).ShouldBe(ErrorCode.NoAuth);
        ConnectAs(EngineSettings.SuperPassword).Try(SetData("/zookeeper/config", "x")).ShouldBe(ErrorCode.Ok);
        Session.Ask(GetData("/zookeeper/config")).Text.ShouldBe("x");
    }
}
