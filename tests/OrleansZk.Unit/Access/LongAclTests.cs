using System.Globalization;
using OrleansZk.Core.Access;
using OrleansZk.Core.Replication;
using static OrleansZk.TestKit.Wire.WireRequests;

namespace OrleansZk.Unit.Access;

/// <summary>Lists of many entries: what they mean, what a check costs, how many there may be.</summary>
public sealed class LongAclTests() : EngineTest(new EngineSettings { Leader = new LeaderOptions { MaxAclEntries = 50, MaxAclBytes = 4000 } })
{
    private static readonly string[] Addresses =
        ["10.0.0.1", "10.0.0.2", "10.0.1.1", "10.1.0.1", "11.0.0.1", "fe80::1", "fe80::2", "fe81::1", "::1", "fe80::1%2", "none", ""];

    [Fact]
    public void A_compiled_list_says_what_its_entries_say_one_by_one()
    {
        var random = new Random(7);
        AccessControl access = EngineSettings.Access(skip: false);
        for (int round = 0; round < 300; round++)
        {
            Acl[] entries = [.. Enumerable.Range(0, random.Next(5, 40)).Select(_ => AnyEntry(random))];
            var list = new AclList(entries);
            foreach (AclId[] identities in new[] { AnyIdentities(random), AnyIdentities(random), AnyIdentities(random) })
            {
                foreach (Permissions wanted in new[] { Permissions.Read, Permissions.Admin, Permissions.Write | Permissions.Delete, Permissions.None })
                {
                    // A list of one entry is not compiled.
                    bool expected = entries.Any(entry => access.Allows(new AclList([entry]), wanted, identities));
                    access.Allows(list, wanted, identities).ShouldBe(expected, $"{string.Join(',', entries)} for {string.Join(',', identities)}");
                }
            }
        }
    }

    [Fact]
    public void A_list_is_gone_through_once_however_often_it_is_asked()
    {
        var scheme = new CountingScheme();
        var access = new AccessControl([scheme]);
        var list = new AclList(Enumerable.Range(0, 30_000).Select(i => new Acl(Permissions.Read, new AclId("counting", $"{i}"))));

        for (int i = 0; i < 1000; i++)
        {
            access.Allows(list, Permissions.Read, [new AclId("counting", "29999")]).ShouldBeTrue();
            access.Allows(list, Permissions.Read, [new AclId("counting", "none")]).ShouldBeFalse();
            access.Allows(list, Permissions.Write, [new AclId("counting", "1")]).ShouldBeFalse();
        }

        (scheme.Compiled, scheme.Matched).ShouldBe((1, 0));
    }

    [Fact]
    public void A_check_allocates_nothing()
    {
        AccessControl access = EngineSettings.Access(skip: false);
        var list = new AclList(Enumerable.Range(0, 1000).Select(i => new Acl(Permissions.Read, new AclId(i % 2 == 0 ? "ip" : "digest", $"10.0.{i / 256}.{i % 256}/{i % 33}"))));
        AclId[] identities = [new AclId("ip", "192.168.0.1"), new AclId("digest", "u:p")];
        access.Allows(list, Permissions.Read, identities);

        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 100; i++)
        {
            access.Allows(list, Permissions.Admin, identities);
        }

        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBe(0);
    }

    [Fact]
    public void A_list_that_one_control_has_compiled_means_to_another_what_that_one_knows()
    {
        var list = new AclList(Enumerable.Range(0, 10).Select(i => new Acl(Permissions.Read, new AclId("counting", $"{i}"))));

        new AccessControl([]).Allows(list, Permissions.Read, [new AclId("counting", "1")]).ShouldBeFalse();
        new AccessControl([new CountingScheme()]).Allows(list, Permissions.Read, [new AclId("counting", "1")]).ShouldBeTrue();
    }

    [Fact]
    public void More_entries_than_a_list_may_have_are_refused()
    {
        Session.Ask(Create("/n"));
        Session.Try(Create("/a", acl: Users(50))).ShouldBe(ErrorCode.Ok);
        Session.Try(SetAcl("/n", Users(50))).ShouldBe(ErrorCode.Ok);
        Session.Try(Create("/b", acl: Users(51))).ShouldBe(ErrorCode.InvalidAcl);
        Session.Try(SetAcl("/n", Users(51))).ShouldBe(ErrorCode.InvalidAcl);
        Session.Ask(Multi(Create("/b", acl: Users(51)))).Parts![0].Result.Error.ShouldBe(ErrorCode.InvalidAcl);
    }

    [Fact]
    public void Entries_are_counted_when_auth_is_expanded()
    {
        TestSession session = ConnectAs("a:1", "b:2");
        Acl[] twice(int count) => [.. Enumerable.Range(0, count).Select(i => new Acl((Permissions)(i + 1), new AclId("auth", "")))];

        session.Try(Create("/a", acl: twice(25))).ShouldBe(ErrorCode.Ok);
        Node("/a").Acl.Count.ShouldBe(50);
        session.Try(Create("/b", acl: twice(26))).ShouldBe(ErrorCode.InvalidAcl);
    }

    [Fact]
    public void Bytes_are_counted_when_auth_is_expanded()
    {
        TestSession session = Engine.Connect();
        session.Ask(Auth("digest", new string('u', 900) + ":p"));
        session.Ask(Auth("digest", new string('v', 900) + ":p"));
        Acl[] auth(int count) => [.. Enumerable.Range(0, count).Select(i => new Acl((Permissions)(i + 1), new AclId("auth", "")))];

        session.Try(Create("/a", acl: auth(2))).ShouldBe(ErrorCode.Ok);
        session.Try(Create("/b", acl: auth(3))).ShouldBe(ErrorCode.InvalidAcl);
        Session.Try(Create("/c", acl: [new Acl(Permissions.All, new AclId("digest", new string('č', 2100) + ":x"))])).ShouldBe(ErrorCode.InvalidAcl, "bytes, not characters");
    }

    [Fact]
    public void A_list_that_is_too_long_is_refused_before_its_entries_are_read()
    {
        var scheme = new CountingScheme();
        var access = new AccessControl([scheme]);
        Acl[] entries = [.. Enumerable.Range(0, 30_000).Select(i => new Acl(Permissions.Read, new AclId("counting", $"{i}")))];

        access.Resolve(entries, [], maxEntries: 4096, maxBytes: 1 << 20).ShouldBeNull();

        scheme.Validated.ShouldBe(0);
    }

    [Fact]
    public void Lists_that_are_stored_already_may_be_longer()
    {
        var list = new AclList(Enumerable.Range(0, 5000).Select(i => new Acl(Permissions.Read, new AclId("ip", $"10.1.{i / 256}.{i % 256}"))));
        Engine.Replica.Tree.Create("/old", null, list, 0, 1, Engine.Replica.LastAppliedZxid, 0, []);

        Engine.Connect(ip: "10.1.19.135").Try(GetData("/old")).ShouldBe(ErrorCode.Ok);
        Session.Try(GetData("/old")).ShouldBe(ErrorCode.NoAuth);
    }

    private static Acl[] Users(int count) => [.. Enumerable.Range(0, count).Select(i => new Acl(Permissions.All, new AclId("digest", $"u{i}:p")))];

    private static Acl AnyEntry(Random random)
    {
        string bits = random.Next(3) == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $"/{random.Next(34)}");
        return new Acl((Permissions)random.Next(32), random.Next(5) switch
        {
            0 => new AclId("digest", $"u{random.Next(6)}:p"),
            1 => new AclId("digest", $"u{random.Next(6)}:p"),
            2 => new AclId("other", "x"),
            _ => new AclId("ip", Addresses[random.Next(Addresses.Length)] + bits),
        });
    }

    private static AclId[] AnyIdentities(Random random) =>
        [new AclId("ip", Addresses[random.Next(Addresses.Length)]), .. Enumerable.Range(0, random.Next(3)).Select(_ => new AclId("digest", $"u{random.Next(6)}:p"))];

    private sealed class CountingScheme() : AuthScheme("counting")
    {
        public int Compiled { get; private set; }

        public int Matched { get; private set; }

        public int Validated { get; private set; }

        public override bool IsAuthenticated => true;

        public override bool IsValid(string id) => ++Validated > 0;

        public override bool Matches(string connectionId, string aclId)
        {
            Matched++;
            return connectionId == aclId;
        }

        public override AclMatcher Compile(IReadOnlyList<Acl> entries)
        {
            Compiled++;
            return base.Compile(entries);
        }

        public override IReadOnlyList<AclId>? Authenticate(ReadOnlySpan<byte> credentials) => null;
    }
}
