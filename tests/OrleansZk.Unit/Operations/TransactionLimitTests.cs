using OrleansZk.Core.Replication;
using OrleansZk.Core.Transactions;
using OrleansZk.Protocol;
using static OrleansZk.TestKit.Wire.WireRequests;

namespace OrleansZk.Unit.Operations;

/// <summary>No transaction is longer than its limit, whatever a request is made of.</summary>
public sealed class TransactionLimitTests() : EngineTest(new EngineSettings { Leader = Limits })
{
    private static LeaderOptions Limits => new()
    {
        MaxTransactionBytes = 4000, MaxAclBytes = 2000, MaxEphemeralsPerSession = 100, MaxEphemeralBytesPerSession = 100,
    };

    [Fact]
    public void A_write_whose_transaction_would_be_longer_is_refused_and_changes_nothing()
    {
        Session.Ask(Create("/a"));
        ulong before = Engine.Replica.Tree.Digest;
        string data = new('x', 4000);

        Session.Try(Create("/b", data)).ShouldBe(ErrorCode.MarshallingError);
        Session.Try(SetData("/a", data)).ShouldBe(ErrorCode.MarshallingError);

        Engine.Replica.Tree.Digest.ShouldBe(before);
        Session.Try(Create("/b", new string('x', 3800))).ShouldBe(ErrorCode.Ok);
        Session.Try(SetData("/b", "short", version: 0)).ShouldBe(ErrorCode.Ok);
    }

    [Fact]
    public void Text_counts_by_its_bytes()
    {
        string path = "/" + new string('x', 3000);

        Session.Try(Create(path)).ShouldBe(ErrorCode.Ok, "three bytes a character would be too long");
        Session.Try(Create("/" + new string('\u20ac', 1400))).ShouldBe(ErrorCode.MarshallingError);
    }

    [Fact]
    public void The_part_of_a_multi_that_is_too_much_is_shown()
    {
        Session.Ask(Create("/a"));
        string data = new('x', 1500);

        ErrorCode[] errors =
        [
            .. Session.Ask(Multi(Create("/b", data), SetData("/a", data), Create("/c", data), Create("/d"))).Parts!.Select(part => part.Result.Error),
        ];

        errors.ShouldBe([ErrorCode.Ok, ErrorCode.Ok, ErrorCode.MarshallingError, ErrorCode.RuntimeInconsistency]);
        IsThere("/b").ShouldBeFalse();
        Session.Ask(Multi(Create("/b", data), SetData("/a", data), Create("/d"))).Parts!.ShouldAllBe(part => part.Result.Error == ErrorCode.Ok);
    }

    [Fact]
    public void A_list_that_auth_makes_too_long_is_none()
    {
        TestSession session = ConnectAs($"{new string('u', 400)}:p", "other:p");
        Acl Auth(int permissions) => new((Permissions)permissions, new AclId(AclScheme.Auth, ""));

        session.Try(Create("/a", acl: [Auth(1), Auth(2), Auth(3), Auth(4), Auth(5)])).ShouldBe(ErrorCode.InvalidAcl);
        session.Try(Create("/a", acl: [Auth(1), Auth(1), Auth(1), Auth(1), Auth(1), Auth(31)])).ShouldBe(ErrorCode.Ok, "equal entries are one");
        session.Try(SetAcl("/a", [Auth(1), Auth(2), Auth(3), Auth(4), Auth(31)])).ShouldBe(ErrorCode.InvalidAcl);
        StatOf("/a").Aversion.ShouldBe(0);
    }

    [Fact]
    public void The_paths_of_a_sessions_ephemerals_have_a_limit()
    {
        string path = "/" + new string('e', 49);
        Session.Ask(Create(path, mode: CreateMode.Ephemeral));
        Session.Ask(Create("/" + new string('f', 48), mode: CreateMode.Ephemeral));

        Session.Try(Create("/g", mode: CreateMode.Ephemeral)).ShouldBe(ErrorCode.QuotaExceeded);
        Session.Ask(Multi(Create("/h"), Delete(path), Check("/none"))).Parts![2].Result.Error.ShouldBe(ErrorCode.NoNode);
        Session.Try(Create("/g", mode: CreateMode.Ephemeral)).ShouldBe(ErrorCode.QuotaExceeded, "what was taken back counts as before");
        Session.Try(Create("/h")).ShouldBe(ErrorCode.Ok, "others have no such limit");
        Engine.Connect().Try(Create("/g", mode: CreateMode.Ephemeral)).ShouldBe(ErrorCode.Ok, "each session has its own");

        Engine.Restart();
        Session.Reconnect().ShouldBeTrue();
        Session.Try(Create("/i", mode: CreateMode.Ephemeral)).ShouldBe(ErrorCode.QuotaExceeded);
        Session.Ask(Delete(path));
        Session.Try(Create("/i", mode: CreateMode.Ephemeral)).ShouldBe(ErrorCode.Ok);
    }

    [Theory]
    [MemberData(nameof(Bodies))]
    public void A_body_knows_its_length(int index)
    {
        TransactionBody body = All[index];
        var writer = new JuteWriter();
        TransactionBody.Write(body, writer);

        body.LengthOf(exact: true).ShouldBe(writer.Length);
        body.LengthOf(exact: false).ShouldBeGreaterThanOrEqualTo(writer.Length);
    }

    public static TheoryData<int> Bodies => [.. Enumerable.Range(0, All.Length)];

    private static TransactionBody[] All =>
    [
        new CreateBody("/\u00e4\u20ac", [1, 2, 3], Core.Access.AclList.Open, 7, 8),
        new CreateBody("/a", null, Core.Access.AclList.Empty, 0, 0),
        new DeleteBody("/\u20ac"),
        new SetDataBody("/a", [], 1),
        new SetAclBody("/a", Core.Access.AclList.WorldReadable, 1),
        CheckBody.Instance,
        new CreateSessionBody(1, 2, 3),
        new MoveSessionBody(1, 2, 3),
        new CloseSessionBody(1, ["/a", "/\u00e4"]),
        new MultiBody([new DeleteBody("/a"), CheckBody.Instance, new SetDataBody("/b", [9], 2)]),
    ];
}
