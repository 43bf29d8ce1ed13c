using static OrleansZk.TestKit.Wire.WireRequests;

namespace OrleansZk.Unit.Access;

/// <summary>For each operation: the permission that it asks for is enough, and all the others together are not.</summary>
public sealed class OperationPermissionTests : EngineTest
{
    private const string User = "u:p";
    private readonly TestSession _user;

    public OperationPermissionTests() => _user = ConnectAs(User);

    public static TheoryData<string, Permissions> Cases => new()
    {
        { "create", Permissions.Create },
        { "create2", Permissions.Create },
        { "createTTL", Permissions.Create },
        { "createContainer", Permissions.Create },
        { "delete", Permissions.Delete },
        { "setData", Permissions.Write },
        { "setACL", Permissions.Admin },
        { "getData", Permissions.Read },
        { "exists", Permissions.Read },
        { "getChildren", Permissions.Read },
        { "getChildren2", Permissions.Read },
        { "getAllChildrenNumber", Permissions.Read },
        { "check", Permissions.Read },
        { "getACL", Permissions.Read },
        { "getACL", Permissions.Admin },
        { "multi", Permissions.Write },
        { "multiRead", Permissions.Read },
    };

    [Theory]
    [MemberData(nameof(Cases))]
    [OperationCase(CaseKind.Acl, OpCode.Create, OpCode.Create2, OpCode.CreateTtl, OpCode.CreateContainer, OpCode.Delete, OpCode.SetData)]
    [OperationCase(CaseKind.Acl, OpCode.SetAcl, OpCode.GetData, OpCode.Exists, OpCode.GetChildren, OpCode.GetChildren2, OpCode.Check)]
    [OperationCase(CaseKind.Acl, OpCode.GetAllChildrenNumber, OpCode.GetAcl, OpCode.Multi, OpCode.MultiRead)]
    public void Enough_and_not_enough(string operation, Permissions wanted)
    {
        Permissions others = Permissions.All & ~wanted & ~(operation == "getACL" ? Permissions.Read | Permissions.Admin : 0);

        // The node is open where a permission on the parent counts, and the other way round: the wrong list must not matter.
        bool onParent = wanted is Permissions.Create or Permissions.Delete;
        (Permissions, ErrorCode)[] expectations = [(wanted, ErrorCode.Ok), (others, ErrorCode.NoAuth), (Permissions.None, ErrorCode.NoAuth)];
        foreach ((Permissions held, ErrorCode expected) in expectations)
        {
            string parent = $"/p{(int)held}";
            Session.Ask(Create(parent));
            Session.Ask(Create($"{parent}/n", "x"));
            Session.Ask(SetAcl(onParent ? parent : $"{parent}/n", [Digest(held, User), World(Permissions.None)]));

            Result(_user, operation, parent).ShouldBe(expected, held.ToString());
            Result(Engine.Connect(), operation, parent).ShouldBe(ErrorCode.NoAuth, "another one");
            if (operation != "delete" || expected != ErrorCode.Ok)
            {
                bool isThere = operation.StartsWith("create", StringComparison.Ordinal) && expected == ErrorCode.Ok;
                Result(ConnectAs(EngineSettings.SuperPassword), operation, parent)
                    .ShouldBe(isThere ? ErrorCode.NodeExists : ErrorCode.Ok, "super");
            }
        }
    }

    [Fact]
    [OperationCase(CaseKind.Acl, OpCode.Sync, OpCode.Ping, OpCode.GetEphemerals, OpCode.WhoAmI, OpCode.AddWatch, OpCode.CheckWatches)]
    [OperationCase(CaseKind.Acl, OpCode.RemoveWatches, OpCode.SetWatches, OpCode.SetWatches2, OpCode.CloseSession)]
    public void What_needs_no_permission()
    {
        Session.Ask(Create("/closed", acl: [Digest(Permissions.All, User)]));
        TestSession stranger = Engine.Connect();

        stranger.Try(GetData("/closed")).ShouldBe(ErrorCode.NoAuth);
        foreach (WireRequest request in new[]
        {
            Sync("/closed"), Ping(), GetEphemerals("/closed"), WhoAmI(), AddWatch("/closed"), CheckWatches("/closed", WatcherType.Any),
            RemoveWatches("/closed", WatcherType.Any), SetWatches(0, data: ["/closed"]), SetWatches2(0, persistent: ["/closed"]), CloseSession(),
        })
        {
            stranger.Try(request).ShouldBe(ErrorCode.Ok, request.Type.ToString());
        }
    }

    [Fact]
    [OperationCase(CaseKind.Acl, OpCode.Auth)]
    public void Auth_itself_needs_nothing_and_gives_what_it_proves()
    {
        Session.Ask(Create("/closed", acl: [Digest(Permissions.All, User)]));
        TestSession stranger = Engine.Connect();
        stranger.Try(GetData("/closed")).ShouldBe(ErrorCode.NoAuth);

        stranger.Try(Auth("digest", "u:wrong")).ShouldBe(ErrorCode.Ok);
        stranger.Try(GetData("/closed")).ShouldBe(ErrorCode.NoAuth);
        stranger.Try(Auth("digest", User)).ShouldBe(ErrorCode.Ok);
        stranger.Try(GetData("/closed")).ShouldBe(ErrorCode.Ok);
    }

    [Fact]
    public void Permissions_are_not_inherited()
    {
        Session.Ask(Create("/closed"));
        Session.Ask(Create("/closed/open", "x"));
        Session.Ask(SetAcl("/closed", [World(Permissions.None), Digest(Permissions.All, User)]));

        Session.Try(GetData("/closed")).ShouldBe(ErrorCode.NoAuth);
        Session.Try(GetData("/closed/open")).ShouldBe(ErrorCode.Ok);
        Session.Try(SetData("/closed/open", "y")).ShouldBe(ErrorCode.Ok);
    }

    private static ErrorCode Result(TestSession session, string operation, string parent)
    {
        string node = $"{parent}/n";
        WireRequest request = operation switch
        {
            "create" => Create($"{parent}/new"),
            "create2" => Create2($"{parent}/new"),
            "createTTL" => CreateTtl($"{parent}/new", 1000),
            "createContainer" => CreateContainer($"{parent}/new"),
            "delete" => Delete(node),
            "setData" => SetData(node, "y"),
            "setACL" => SetAcl(node, [Digest(Permissions.Admin, User)]),
            "getData" => GetData(node),
            "exists" => Exists(node),
            "getChildren" => GetChildren(node),
            "getChildren2" => GetChildren2(node),
            "getAllChildrenNumber" => GetAllChildrenNumber(node),
            "getACL" => GetAcl(node),
            "check" => Multi(Check(node)),
            "multi" => Multi(SetData(node, "z")),
            "multiRead" => MultiRead(GetData(node)),
            _ => throw new ArgumentOutOfRangeException(nameof(operation)),
        };
        WireResult result = session.Call(request).Result;
        return result.Parts is [var part, ..] ? part.Result.Error : result.Error;
    }
}
