using OrleansZk.Protocol.Records;
using static OrleansZk.TestKit.Wire.WireRequests;

namespace OrleansZk.Unit.Operations;

public sealed class ReadTests : EngineTest
{
    private static readonly string[] BadPaths = ["", "a", "/a/", "//", "/a/..", "/\u0001"];

    public ReadTests()
    {
        Session.Ask(Create("/a", "data"));
        Session.Ask(Create("/a/č", "x"));
        Session.Ask(Create("/a/č/deep"));
    }

    [Fact]
    [OperationCase(CaseKind.Conformance, OpCode.Exists, OpCode.GetData, OpCode.GetChildren, OpCode.GetChildren2, OpCode.GetAcl)]
    public void What_reads_answer()
    {
        Stat stat = StatOf("/a");

        Session.Ask(Exists("/a")).ShouldBe(new WireResult { Stat = stat });
        Session.Ask(GetData("/a")).ShouldBe(new WireResult { HasData = true, Data = "data"u8.ToArray(), Stat = stat });
        Session.Ask(GetChildren("/a")).ShouldBe(new WireResult { Names = ["č"] });
        Session.Ask(GetChildren2("/a")).ShouldBe(new WireResult { Names = ["č"], Stat = stat });
        Session.Ask(GetChildren2("/a/č/deep")).ShouldBe(new WireResult { Names = [], Stat = StatOf("/a/č/deep") });
        Session.Ask(GetAcl("/a")).ShouldBe(new WireResult { Acl = Acl.OpenUnsafe, Stat = stat });
        Session.Ask(GetChildren("/")).Names.ShouldBe(["a", "zookeeper"]);
    }

    [Fact]
    public void Reads_of_what_is_not_there()
    {
        foreach (WireRequest request in Reads("/none"))
        {
            Session.Try(request).ShouldBe(ErrorCode.NoNode, request.Type.ToString());
        }
    }

    [Fact]
    public void Reads_check_their_paths()
    {
        foreach (string path in BadPaths)
        {
            foreach (WireRequest request in Reads(path))
            {
                Session.Try(request).ShouldBe(ErrorCode.BadArguments, $"{request.Type} '{path}'");
            }
        }

        Engine.Replica.Watches.Data.Count.ShouldBe(0);
    }

    [Fact]
    public void Every_reply_shows_the_last_applied_zxid()
    {
        long zxid = Engine.Connect().Call(Create("/b")).Zxid;

        Session.Call(Exists("/a")).Zxid.ShouldBe(zxid);
        Session.Call(Exists("/none")).Zxid.ShouldBe(zxid);
        Session.Call(Ping()).Zxid.ShouldBe(zxid);
    }

    [Theory]
    [InlineData("/a", 2)]
    [InlineData("/a/č", 1)]
    [InlineData("/a/č/deep", 0)]
    [InlineData("/", 6)]
    [InlineData("/zookeeper", 2)]
    [OperationCase(CaseKind.Conformance, OpCode.GetAllChildrenNumber)]
    public void Descendants_are_counted(string path, int expected) => Session.Ask(GetAllChildrenNumber(path)).Number.ShouldBe(expected);

    [Theory]
    [InlineData(null, "/a/e1 /e2 /e20")]
    [InlineData("", "/a/e1 /e2 /e20")]
    [InlineData("  ", "/a/e1 /e2 /e20")]
    [InlineData("/", "/a/e1 /e2 /e20")]
    [InlineData("/e2", "/e2 /e20")]
    [InlineData("/a", "/a/e1")]
    [InlineData("/none", "")]
    [InlineData("e2", "")]
    [OperationCase(CaseKind.Conformance, OpCode.GetEphemerals)]
    public void A_sessions_own_ephemerals_by_the_beginning_of_their_paths(string? prefix, string expected)
    {
        foreach (string path in new[] { "/e2", "/a/e1", "/e20" })
        {
            Session.Ask(Create(path, mode: CreateMode.Ephemeral));
        }

        Engine.Connect().Ask(Create("/other", mode: CreateMode.Ephemeral));
        Session.Ask(Create("/e2-persistent"));

        Session.Ask(GetEphemerals(prefix)).Names.ShouldBe(expected.Split(' ', StringSplitOptions.RemoveEmptyEntries));
    }

    [Fact]
    [OperationCase(CaseKind.Conformance, OpCode.WhoAmI)]
    public void A_connection_knows_its_identities_without_hashes()
    {
        TestSession session = Engine.Connect(ip: "fe80::1");
        session.Ask(WhoAmI()).Identities.ShouldBe([new ClientInfo("ip", "fe80::1")]);

        session.Ask(Auth("digest", "alice:secret"));
        session.Ask(Auth("digest", "bob:secret"));
        session.Ask(Auth("digest", "alice:secret"));

        session.Ask(WhoAmI()).Identities.ShouldBe(
            [new ClientInfo("ip", "fe80::1"), new ClientInfo("digest", "alice"), new ClientInfo("digest", "bob")]);
    }

    [Fact]
    [OperationCase(CaseKind.Conformance, OpCode.Ping)]
    public void A_ping_is_answered_with_its_own_xid_and_nothing_else()
    {
        Answer answer = Session.Call(Ping());

        answer.Xid.ShouldBe(-2);
        answer.Result.ShouldBe(new WireResult());
    }

    private static IEnumerable<WireRequest> Reads(string path) =>
        [Exists(path), GetData(path, watch: true), GetChildren(path, watch: true), GetChildren2(path), GetAcl(path), GetAllChildrenNumber(path)];
}
