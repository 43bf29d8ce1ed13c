using OrleansZk.Core.Access;
using static OrleansZk.TestKit.Wire.WireRequests;

namespace OrleansZk.Unit.Access;

public sealed class AclTests : EngineTest
{
    [Fact]
    public void Lists_that_cannot_be_stored()
    {
        IReadOnlyList<Acl>?[] lists =
        [
            null, [], [new Acl(Permissions.All, new AclId("world", "someone"))], [new Acl(Permissions.All, new AclId("", ""))],
            [new Acl(Permissions.All, new AclId("none", "x"))], [new Acl(Permissions.All, new AclId("digest", "no colon"))],
            [new Acl(Permissions.All, new AclId("digest", "two:co:lons"))], [new Acl(Permissions.All, new AclId("ip", "host"))],
            [new Acl(Permissions.All, new AclId("super", ""))], [new Acl(Permissions.All, new AclId("ip", "10.0.0.1/33"))],
            [World(Permissions.All), new Acl(Permissions.All, new AclId("ip", ""))],
            Acl.CreatorAll,
        ];
        Session.Ask(Create("/n"));
        foreach (IReadOnlyList<Acl>? list in lists)
        {
            string text = list is null ? "null" : string.Join(',', list);
            Session.Try(Creation(OpCode.Create, "/a", null, 0, list)).ShouldBe(ErrorCode.InvalidAcl, text);
            Session.Try(SetAcl("/n", list)).ShouldBe(ErrorCode.InvalidAcl, text);
        }
    }

    [Fact]
    public void Auth_stands_for_every_identity_that_was_proven()
    {
        TestSession session = ConnectAs("a:1", "b:2");

        session.Ask(Create("/a", acl: [new Acl(Permissions.Read | Permissions.Admin, new AclId("auth", "ignored"))]));

        session.Ask(GetAcl("/a")).Acl.ShouldBe(
            [Digest(Permissions.Read | Permissions.Admin, "a:1"), Digest(Permissions.Read | Permissions.Admin, "b:2")]);
    }

    [Fact]
    public void Auth_expands_within_a_multi_and_with_super()
    {
        TestSession session = ConnectAs(EngineSettings.SuperPassword);

        session.Ask(Multi(Create("/a", acl: Acl.CreatorAll)));

        // The identity "super" is no scheme that a list can hold; the digest behind it is.
        Node("/a").Acl.ShouldBe([Digest(Permissions.All, EngineSettings.SuperPassword)]);
    }

    [Fact]
    public void Duplicates_go()
    {
        Session.Ask(Create("/a", acl: [World(Permissions.All), World(Permissions.Read), World(Permissions.All)]));

        Node("/a").Acl.ShouldBe([World(Permissions.All), World(Permissions.Read)]);
    }

    [Fact]
    public void Any_entry_with_any_wanted_permission_is_enough()
    {
        TestSession session = ConnectAs("a:1", "b:2");
        Session.Ask(Create("/a", "x", acl: [Digest(Permissions.Write, "a:1"), Digest(Permissions.Read, "b:2"), World(Permissions.Delete)]));

        session.Try(GetData("/a")).ShouldBe(ErrorCode.Ok);
        session.Try(SetData("/a", "y")).ShouldBe(ErrorCode.Ok);
        Session.Try(GetData("/a")).ShouldBe(ErrorCode.NoAuth);
        Session.Try(SetData("/a", "y")).ShouldBe(ErrorCode.NoAuth);
    }

    [Theory]
    [InlineData("10.0.0.1", "10.0.0.1", true)]
    [InlineData("10.0.0.1", "10.0.0.2", false)]
    [InlineData("10.0.0.1", "10.0.0.0/24", true)]
    [InlineData("10.0.1.1", "10.0.0.0/24", false)]
    [InlineData("10.0.0.129", "10.0.0.128/25", true)]
    [InlineData("10.0.0.127", "10.0.0.128/25", false)]
    [InlineData("10.0.0.1", "10.0.0.0/31", true)]
    [InlineData("10.0.0.2", "10.0.0.0/31", false)]
    [InlineData("1.2.3.4", "9.9.9.9/0", true)]
    [InlineData("10.0.0.1", "10.0.0.1/32", true)]
    [InlineData("fe80::1", "fe80::1", true)]
    [InlineData("fe80::1", "fe80:0:0:0:0:0:0:1", true)]
    [InlineData("fe80::1", "fe80::/10", true)]
    [InlineData("febf::1", "fe80::/10", true)]
    [InlineData("fec0::1", "fe80::/10", false)]
    [InlineData("fe80::1", "::/0", true)]
    [InlineData("10.0.0.1", "::/0", false)]
    [InlineData("::1", "0.0.0.0/0", false)]
    public void Addresses_and_masks(string address, string id, bool expected)
    {
        Session.Ask(Create("/a", acl: [new Acl(Permissions.Read, new AclId("ip", id))]));

        Engine.Connect(ip: address).Try(GetData("/a")).ShouldBe(expected ? ErrorCode.Ok : ErrorCode.NoAuth);
    }

    [Theory]
    [InlineData("1")]
    [InlineData("1.2.3")]
    [InlineData("1.2.3.4.5")]
    [InlineData("1.2.3.256")]
    [InlineData("1.2.3.4/")]
    [InlineData("1.2.3.4/-1")]
    [InlineData("1.2.3.4/33")]
    [InlineData("1.2.3.4/8/8")]
    [InlineData("1.2.3.4/ 8")]
    [InlineData("::1/129")]
    [InlineData(":::1")]
    [InlineData("")]
    [InlineData("/8")]
    public void Addresses_that_are_none(string id) => new IpScheme().IsValid(id).ShouldBeFalse();

    [Fact]
    public void An_address_is_not_proven()
    {
        // It is there from the start, and neither "auth" nor an auth packet makes more of it.
        TestSession session = Engine.Connect(ip: "10.9.9.9");
        session.Try(Create("/a", acl: Acl.CreatorAll)).ShouldBe(ErrorCode.InvalidAcl);
        session.Try(Auth("ip", "10.1.1.1")).ShouldBe(ErrorCode.Ok);
        session.Ask(WhoAmI()).Identities!.Count.ShouldBe(1);
    }

    [Fact]
    [OperationCase(CaseKind.Conformance, OpCode.Auth)]
    public void Digests_are_those_of_ZooKeeper()
    {
        // From ZooKeeper's documentation: DigestAuthenticationProvider super:superpw.
        EngineSettings.DigestId("super:superpw").ShouldBe("super:g9oN2HttPfn8MMWJZ2r45Np/LIA=");
        Answer answer = Session.Call(Auth("digest", "super:superpw"));
        answer.Xid.ShouldBe(-4);
        answer.Result.ShouldBe(new WireResult());
    }

    [Theory]
    [InlineData("none", "x")]
    [InlineData("world", "anyone")]
    [InlineData("auth", "")]
    [InlineData("super", "")]
    [InlineData("", "")]
    public void An_auth_packet_of_an_unknown_scheme_ends_the_connection(string scheme, string credentials)
    {
        Session.Try(Auth(scheme, credentials)).ShouldBe(ErrorCode.AuthFailed);
        Session.IsConnected.ShouldBeFalse();
    }

    [Fact]
    public void More_identities_than_a_client_may_have_are_refused_like_wrong_ones()
    {
        Session.Try(Auth("digest", new string('a', 3000) + ":p")).ShouldBe(ErrorCode.Ok);
        Session.Try(Auth("digest", new string('a', 3000) + ":p")).ShouldBe(ErrorCode.Ok, "it is the same");
        Session.Try(Auth("digest", new string('b', 3000) + ":p")).ShouldBe(ErrorCode.AuthFailed);
        Session.IsConnected.ShouldBeFalse();
    }

    [Fact]
    public void Identities_belong_to_the_connection()
    {
        Session.Ask(Create("/a", acl: [Digest(Permissions.All, "u:p")]));
        TestSession session = ConnectAs("u:p");
        session.Try(GetData("/a")).ShouldBe(ErrorCode.Ok);

        session.Disconnect();
        session.Reconnect().ShouldBeTrue();

        session.Try(GetData("/a")).ShouldBe(ErrorCode.NoAuth);
    }

    [Fact]
    public void Super_passes_everything()
    {
        Session.Ask(Create("/a", "x", acl: [World(Permissions.None)]));
        TestSession super = ConnectAs(EngineSettings.SuperPassword);

        super.Try(GetData("/a")).ShouldBe(ErrorCode.Ok);
        super.Try(SetData("/a", "y")).ShouldBe(ErrorCode.Ok);
        super.Try(SetAcl("/a", [World(Permissions.Read)])).ShouldBe(ErrorCode.Ok);
        super.Try(Delete("/a")).ShouldBe(ErrorCode.Ok);
    }

    [Fact]
    public void Hashes_are_shown_to_administrators_only()
    {
        Acl hashed = Digest(Permissions.Read | Permissions.Admin, "u:p");
        Session.Ask(Create("/a", acl: [hashed, World(Permissions.Read), new Acl(Permissions.Write, new AclId("ip", "::1"))]));

        ConnectAs("u:p").Ask(GetAcl("/a")).Acl.ShouldBe([hashed, World(Permissions.Read), new Acl(Permissions.Write, new AclId("ip", "::1"))]);
        Session.Ask(GetAcl("/a")).Acl.ShouldBe(
            [hashed with { Id = new AclId("digest", "u:x") }, World(Permissions.Read), new Acl(Permissions.Write, new AclId("ip", "::1"))]);
    }

    [Fact]
    public void An_empty_stored_list_is_open()
    {
        Engine.Replica.Tree.Create("/open", null, AclList.Empty, 0, 1, Engine.Replica.LastAppliedZxid, 0, []);

        Session.Try(SetData("/open", "x")).ShouldBe(ErrorCode.Ok);
        Session.Ask(GetAcl("/open")).Acl.ShouldBe([]);
    }

    [Fact]
    public void All_checks_can_be_turned_off()
    {
        using var engine = new EngineHarness(new EngineSettings { SkipAcl = true });
        TestSession session = engine.Connect();
        session.Ask(Create("/a", acl: [World(Permissions.None)]));

        session.Try(SetData("/a", "x")).ShouldBe(ErrorCode.Ok);
        session.Try(Creation(OpCode.Create, "/b", null, 0, [])).ShouldBe(ErrorCode.InvalidAcl, "lists are checked all the same");
    }

    [Fact]
    public void Equal_lists_are_stored_once()
    {
        Acl[] list = [Digest(Permissions.All, "u:p")];
        Session.Ask(Create("/a", acl: list));
        Session.Ask(Create("/b", acl: [.. list]));

        Node("/b").Acl.ShouldBeSameAs(Node("/a").Acl);
    }
}
