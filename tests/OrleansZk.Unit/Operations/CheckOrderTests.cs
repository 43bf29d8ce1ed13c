using System.Text;
using OrleansZk.Core.Access;
using OrleansZk.Core.Operations;
using OrleansZk.Core.Replication;
using OrleansZk.Protocol.Records;

namespace OrleansZk.Unit.Operations;

/// <summary>Requests with every fault at once: each fault that is mended must bring the next one to light, in the specified order.</summary>
public sealed class CheckOrderTests
{
    private static readonly AclList Closed = new([new Acl(Permissions.None, AclId.Anyone), new Acl(Permissions.All, new AclId("digest", "a:b"))]);
    private static readonly AclList ReadOnly = AclList.WorldReadable;

    private readonly PreparationBench _bench = new();

    public CheckOrderTests()
    {
        _bench.Add("/closed", Closed);
        _bench.Add("/readonly", ReadOnly);
        _bench.Add("/readonly/child");
        _bench.Add("/e", owner: 5);
        _bench.Add("/e/child");
        _bench.Add("/full");
        _bench.Add("/full/child");
        _bench.Add("/full/parent");
        _bench.Add("/full/parent/child");
        _bench.Add("/zookeeper/quota/full");
        _bench.Add("/zookeeper/quota/full/zookeeper_limits", data: Encoding.UTF8.GetBytes("count=-1,bytes=-1=;byteHardLimit=0;countHardLimit=2"));
        _bench.Add("/zookeeper/quota/full/zookeeper_stats");
    }

    [Fact]
    [OperationCase(CaseKind.Conformance, OpCode.Create, OpCode.Create2, OpCode.CreateTtl, OpCode.CreateContainer)]
    public void Create()
    {
        var request = new CreateRequest("no slash", [1], [], 9, 0);
        long session = 99;
        ErrorCode Next() => _bench.Prepare<CreateTtl, CreateRequest>(request, session);
        _bench.Options = new LeaderOptions { TtlEnabled = false };

        Next().ShouldBe(ErrorCode.BadArguments, "flag");
        request = request with { Flags = 5 };
        Next().ShouldBe(ErrorCode.Unimplemented, "TTL is off");
        _bench.Options = new LeaderOptions();
        Next().ShouldBe(ErrorCode.BadArguments, "TTL of 0");
        request = request with { Ttl = 1 };
        Next().ShouldBe(ErrorCode.SessionExpired);
        session = PreparationBench.SessionId;
        _bench.Prepare<CreateTtl, CreateRequest>(request, owner: 71).ShouldBe(ErrorCode.SessionMoved);
        Next().ShouldBe(ErrorCode.BadArguments, "no slash");
        request = request with { Path = "/none/\0" };
        Next().ShouldBe(ErrorCode.BadArguments, "NUL");
        request = request with { Path = "/none/.." };
        Next().ShouldBe(ErrorCode.InvalidAcl);
        request = request with { Acl = Acl.OpenUnsafe };
        Next().ShouldBe(ErrorCode.NoNode);
        request = request with { Path = "/closed/.." };
        Next().ShouldBe(ErrorCode.NoAuth);
        request = request with { Path = "/e/.." };
        Next().ShouldBe(ErrorCode.BadArguments, "path");
        request = request with { Path = "/e/child" };
        Next().ShouldBe(ErrorCode.NodeExists);
        request = request with { Path = "/e/other" };
        Next().ShouldBe(ErrorCode.NoChildrenForEphemerals);
        request = request with { Path = "/full/other" };
        Next().ShouldBe(ErrorCode.QuotaExceeded);
        request = request with { Path = "/other" };
        Next().ShouldBe(ErrorCode.Ok);
    }

    [Fact]
    [OperationCase(CaseKind.Conformance, OpCode.Delete)]
    public void Delete()
    {
        var request = new PathVersionRequest("/zookeeper", 5);
        long session = 99;
        ErrorCode Next() => _bench.Prepare<Delete, PathVersionRequest>(request, session);

        Next().ShouldBe(ErrorCode.SessionExpired);
        session = PreparationBench.SessionId;
        foreach (string special in new[] { "/", "/zookeeper", "/zookeeper/quota", "/zookeeper/config", "none", "/none/\0" })
        {
            request = request with { Path = special };
            Next().ShouldBe(ErrorCode.BadArguments, special);
        }

        request = request with { Path = "/none/.." };
        Next().ShouldBe(ErrorCode.NoNode, "parent");
        request = request with { Path = "/readonly/none" };
        Next().ShouldBe(ErrorCode.NoAuth);
        request = request with { Path = "/full/.." };
        Next().ShouldBe(ErrorCode.NoNode, "node");
        request = request with { Path = "/full/parent" };
        Next().ShouldBe(ErrorCode.BadVersion);
        request = request with { Version = 0 };
        Next().ShouldBe(ErrorCode.NotEmpty);
        request = request with { Path = "/full/child" };
        Next().ShouldBe(ErrorCode.Ok);
    }

    [Fact]
    [OperationCase(CaseKind.Conformance, OpCode.SetData)]
    public void SetData()
    {
        var request = new SetDataRequest("/none/..", [1], 5);
        long session = 99;
        ErrorCode Next() => _bench.Prepare<SetData, SetDataRequest>(request, session);

        Next().ShouldBe(ErrorCode.SessionExpired);
        session = PreparationBench.SessionId;
        Next().ShouldBe(ErrorCode.BadArguments);
        request = request with { Path = "/none" };
        Next().ShouldBe(ErrorCode.NoNode);
        request = request with { Path = "/closed" };
        Next().ShouldBe(ErrorCode.NoAuth);
        request = request with { Path = "/full/child" };
        Next().ShouldBe(ErrorCode.QuotaExceeded);
        request = request with { Data = [] };
        Next().ShouldBe(ErrorCode.BadVersion);
        request = request with { Version = 0 };
        Next().ShouldBe(ErrorCode.Ok);
    }

    [Fact]
    [OperationCase(CaseKind.Conformance, OpCode.SetAcl)]
    public void SetAcl()
    {
        var request = new SetAclRequest("/none/..", [], 5);
        long session = 99;
        ErrorCode Next() => _bench.Prepare<SetAcl, SetAclRequest>(request, session);

        Next().ShouldBe(ErrorCode.SessionExpired);
        session = PreparationBench.SessionId;
        Next().ShouldBe(ErrorCode.BadArguments);
        request = request with { Path = "/none" };
        Next().ShouldBe(ErrorCode.InvalidAcl);
        request = request with { Acl = Acl.OpenUnsafe };
        Next().ShouldBe(ErrorCode.NoNode);
        request = request with { Path = "/readonly" };
        Next().ShouldBe(ErrorCode.NoAuth);
        request = request with { Path = "/full" };
        Next().ShouldBe(ErrorCode.BadVersion);
        request = request with { Version = 0 };
        Next().ShouldBe(ErrorCode.Ok);
    }

    [Fact]
    [OperationCase(CaseKind.Conformance, OpCode.Check)]
    public void Check()
    {
        var request = new PathVersionRequest("/none/..", 5);
        long session = 99;
        ErrorCode Next() => _bench.Prepare<Check, PathVersionRequest>(request, session);

        Next().ShouldBe(ErrorCode.SessionExpired);
        session = PreparationBench.SessionId;
        Next().ShouldBe(ErrorCode.BadArguments);
        request = request with { Path = "/none" };
        Next().ShouldBe(ErrorCode.NoNode);
        request = request with { Path = "/closed" };
        Next().ShouldBe(ErrorCode.NoAuth);
        request = request with { Path = "/readonly" };
        Next().ShouldBe(ErrorCode.BadVersion);
        request = request with { Version = 0 };
        Next().ShouldBe(ErrorCode.Ok);
    }
}
