using OrleansZk.Interop.Wire;

namespace OrleansZk.Interop.Differential;

/// <summary>Creates of every kind, with every flag, and refused for every reason.</summary>
public static class CreateScenarios
{
    public static IReadOnlyList<Scenario> All { get; } =
    [
        new("create modes", ModesAsync),
        new("create flags", FlagsAsync),
        new("create ttl", TtlAsync),
        new("create paths", PathsAsync),
        new("create acls", AclsAsync),
        new("create order of checks", OrderOfChecksAsync),
        new("create sequences", SequencesAsync),
    ];

    private static async Task ModesAsync(Stage s)
    {
        foreach (var flags in new[] { 0, 1, 2, 3 })
        {
            foreach (var type in new[] { Op.Create, Op.Create2 })
            {
                var name = s.At($"{Op.NameOf(type)}-{flags}-");
                await s.DoAsync($"{Op.NameOf(type)} {flags}", type, Requests.Create(name, "data", flags));
                await s.DoAsync($"again: {Op.NameOf(type)} {flags}", type, Requests.Create(name, "data", flags));
            }
        }

        await s.DoAsync("container", Op.CreateContainer, Requests.Create(s.At("container"), "c", 4));
        await s.DoAsync("child of the container", Op.Create2, Requests.Create(s.At("container/child")));
        await s.DoAsync("null data", Op.Create2, Requests.Create(s.At("null"), null));
        await s.DoAsync("read null data", Op.GetData, Requests.Read(s.At("null")));
        await s.DoAsync("empty data", Op.Create2, Requests.Create(s.At("empty"), ""));
        await s.DoAsync("read empty data", Op.GetData, Requests.Read(s.At("empty")));
        await s.DoAsync("children", Op.GetChildren2, Requests.Read(s.Root));
        await s.DoAsync("ephemerals", Op.GetEphemerals, Requests.Path("/"));
    }

    private static async Task FlagsAsync(Stage s)
    {
        foreach (var type in new[] { Op.Create, Op.Create2, Op.CreateContainer })
        {
            foreach (var flags in new[] { 4, 5, 6, 7, 8, 255, -1, int.MinValue })
            {
                var path = s.At($"{Op.NameOf(type)}{flags}");
                await s.DoAsync($"{Op.NameOf(type)} with flags {flags}", type, Requests.Create(path, "x", flags));
                await s.DoAsync($"what {Op.NameOf(type)} with flags {flags} made", Op.Exists, Requests.Read(path));
            }
        }

        foreach (var flags in new[] { 0, 1, 2, 3 })
        {
            await s.DoAsync($"CreateContainer with flags {flags}", Op.CreateContainer, Requests.Create(s.At($"c{flags}"), "x", flags));
        }
    }

    private static async Task TtlAsync(Stage s)
    {
        const long Longest = (1L << 40) - 1;
        foreach (var ttl in new[] { 1_000_000L, Longest, Longest + 1, 0, -1, -5, long.MaxValue, long.MinValue })
        {
            await s.DoAsync($"ttl {ttl}", Op.CreateTtl, Requests.CreateTtl(s.At($"t{ttl}"), 5, ttl));
            await s.DoAsync($"sequential ttl {ttl}", Op.CreateTtl, Requests.CreateTtl(s.At($"s{ttl}-"), 6, ttl));
        }

        foreach (var flags in new[] { 0, 1, 2, 3, 4, 7, -1 })
        {
            await s.DoAsync($"flags {flags} with ttl 1000", Op.CreateTtl, Requests.CreateTtl(s.At($"f{flags}"), flags, 1000));
            // Not with ttl -1: that passes Apache's check, and the whole server ends when the transaction is applied.
            await s.DoAsync($"flags {flags} with ttl 0", Op.CreateTtl, Requests.CreateTtl(s.At($"h{flags}"), flags, 0));
        }

        await s.DoAsync("child of a ttl node", Op.Create2, Requests.Create(s.At("t1000000/child")));
        await s.DoAsync("stat of a ttl node", Op.Exists, Requests.Read(s.At("t1000000")));
        await s.DoAsync("delete of a ttl node", Op.Delete, Requests.Versioned(s.At("s1000000-0000000001")));
    }

    private static async Task PathsAsync(Stage s)
    {
        var paths = new[]
        {
            "", "/", "a", "relative/a", "//", s.Root + "/", s.Root + "//", s.Root + "//a", s.Root + "/a/", s.Root + "/.", s.Root + "/..",
            s.Root + "/./a", s.Root + "/../a", s.Root + "/.a", s.Root + "/a.", s.Root + "/...", s.Root + "/..a", s.Root + "/a\u0000b",
            s.Root + "/a\u0001b", s.Root + "/a\u001fb", s.Root + "/a b", s.Root + "/a\u007fb", s.Root + "/a\u009fb", s.Root + "/a\u00a0b",
            s.Root + "/a\ue000b", s.Root + "/a\uf8ffb", s.Root + "/a\ufff0b", s.Root + "/a\uffffb", s.Root + "/a\ufdffb",
            s.Root + "/gr\u00fc\u00df", s.Root + "/\u65e5\u672c", s.Root + "/none/child", s.Root + "/\ttab", "/zookeeper", "/zookeeper/quota",
            "/zookeeper/config", s.Root,
        };
        foreach (var path in paths)
        {
            var shown = string.Concat(path.Select(c => c is < ' ' or > '~' ? $"\\u{(int)c:x4}" : c.ToString()));
            await s.DoAsync($"create '{shown}'", Op.Create, Requests.Create(path));
            if (path.TrimEnd('/') != "" && path != s.Root && !path.StartsWith("/zookeeper", StringComparison.Ordinal))
            {
                // Numbers in nodes that are not the scenario's own depend on what else the server has been asked.
                await s.DoAsync($"create sequential '{shown}'", Op.Create2, Requests.Create(path, "", 3));
            }
        }

        await s.DoAsync("a surrogate pair", Op.Create, new Body().Text(s.At("\U0001F600")).Buffer([]).Acl(AclEntry.Open).Int(0));
        var broken = new Body().Int(s.Root.Length + 3).Raw(System.Text.Encoding.ASCII.GetBytes(s.Root + "/")).Raw([0xC3, 0x28]);
        await s.DoAsync("broken UTF-8", Op.Create, broken.Buffer([]).Acl(AclEntry.Open).Int(0));
        await s.DoAsync("children", Op.GetChildren, Requests.Read(s.Root));
    }

    private static async Task AclsAsync(Stage s)
    {
        var lists = new (string Name, IReadOnlyList<AclEntry>? Acl)[]
        {
            ("null", null), ("empty", []), ("no scheme", [new(31, null, "anyone")]), ("no id", [new(31, "digest", null)]),
            ("empty scheme", [new(31, "", "")]), ("unknown scheme", [new(31, "nosuch", "x")]), ("world:someone", [new(31, "world", "someone")]),
            ("world:", [new(31, "world", "")]), ("auth without identity", [new(31, "auth", "")]),
            ("digest without colon", [new(31, "digest", "user")]), ("digest", [new(31, "digest", "user:hash")]),
            ("digest with two colons", [new(31, "digest", "a:b:c")]), ("digest empty", [new(31, "digest", "")]), ("digest colon", [new(31, "digest", ":")]),
            ("ip", [new(31, "ip", "127.0.0.1")]), ("ip with bits", [new(31, "ip", "127.0.0.0/8")]), ("ip with 33 bits", [new(31, "ip", "1.2.3.4/33")]),
            ("ip with negative bits", [new(31, "ip", "1.2.3.4/-1")]), ("ip with 0 bits", [new(31, "ip", "0.0.0.0/0")]), ("ip short", [new(31, "ip", "1.2.3")]),
            ("ip with letters", [new(31, "ip", "a.b.c.d")]), ("ip 256", [new(31, "ip", "1.2.3.256")]), ("ip empty", [new(31, "ip", "")]),
            ("super", [new(31, "super", "")]), ("x509", [new(31, "x509", "CN=x")]), ("sasl", [new(31, "sasl", "user")]),
            ("no permissions", [new(0, "world", "anyone")]), ("too many permissions", [new(0xff, "world", "anyone")]),
            ("negative permissions", [new(-1, "world", "anyone")]),
            ("one good, one bad", [new(31, "world", "anyone"), new(31, "nosuch", "x")]),
            ("duplicates", [new(31, "world", "anyone"), new(31, "world", "anyone"), new(1, "world", "anyone"), new(31, "world", "anyone")]),
        };
        await s.DoAsync("a node to set them on", Op.Create, Requests.Create(s.At("target")));
        var number = 0;
        foreach (var (name, acl) in lists)
        {
            var path = s.At($"n{number++}");
            await s.DoAsync($"create with {name}", Op.Create, Requests.CreateWith(path, [], acl, 0));
            await s.DoAsync($"acl of {name}", Op.GetAcl, Requests.Path(path));
            await s.DoAsync($"set {name}", Op.SetAcl, Requests.SetAcl(s.At("target"), acl));
            await s.DoAsync($"reset after {name}", Op.SetAcl, Requests.SetAcl(s.At("target"), AclEntry.Open));
            if (number % 7 == 0)
            {
                // Those that let nobody in would shut the node for the rest of the scenario.
                await s.IdentifyAsync("a", Servers.ServerSettings.SuperUser);
                await s.DoAsync($"super resets {number}", Op.SetAcl, Requests.SetAcl(s.At("target"), AclEntry.Open));
            }
        }
    }

    private static async Task OrderOfChecksAsync(Stage s)
    {
        AclEntry[] bad = [new(31, "nosuch", "x")];
        await s.DoAsync("an ephemeral", Op.Create, Requests.Create(s.At("e"), "", 1));
        await s.DoAsync("a closed node", Op.Create, Requests.CreateWith(s.At("closed"), [], AclEntry.ReadOnly, 0));
        await s.DoAsync("a node", Op.Create, Requests.Create(s.At("a")));
        foreach (var (label, path, acl, flags) in new (string, string, IReadOnlyList<AclEntry>, int)[]
        {
            ("bad flags before all", "relative\0", bad, 99),
            ("relative path before acl", "relative", bad, 0),
            ("NUL before acl", s.At("a\0"), bad, 0),
            ("acl before parent", s.At("none/x"), bad, 0),
            ("acl before exists", s.At("a"), bad, 0),
            ("parent before path", s.At("none/\u0001"), AclEntry.Open, 0),
            ("access before path", s.At("closed/\u0001"), AclEntry.Open, 0),
            ("path before ephemeral parent", s.At("e/\u0001"), AclEntry.Open, 0),
            ("access to the parent", s.At("closed/x"), AclEntry.Open, 0),
            ("ephemeral parent", s.At("e/x"), AclEntry.Open, 0),
            ("ephemeral parent, ephemeral child", s.At("e/x"), AclEntry.Open, 1),
            ("exists", s.At("a"), AclEntry.Open, 0),
            ("exists, ephemeral", s.At("e"), AclEntry.Open, 1),
        })
        {
            await s.DoAsync(label, Op.Create, Requests.CreateWith(path, [], acl, flags));
            await s.DoAsync($"{label} (create2)", Op.Create2, Requests.CreateWith(path, [], acl, flags));
        }
    }

    private static async Task SequencesAsync(Stage s)
    {
        await s.EnterAsync("b");
        foreach (var (label, actor, path, flags) in new (string, string, string, int)[]
        {
            ("first", "a", s.At("s-"), 2), ("second", "b", s.At("s-"), 3), ("plain", "a", s.At("p"), 0), ("after plain", "a", s.At("s-"), 2),
            ("other name", "b", s.At("t-"), 2), ("empty name", "a", s.At(""), 2), ("refused", "a", s.At("none/s-"), 2), ("after refused", "b", s.At("s-"), 2),
        })
        {
            await s.DoAsync(label, actor, Op.Create2, Requests.Create(path, "", flags));
        }

        await s.DoAsync("delete one", Op.Delete, Requests.Versioned(s.At("s-0000000000")));
        await s.DoAsync("a delete gives none back", Op.Create2, Requests.Create(s.At("s-"), "", 2));
        await s.DoAsync("an existing name is refused", Op.Create, Requests.Create(s.At("p")));
        await s.DoAsync("which takes none", Op.Create2, Requests.Create(s.At("s-"), "", 2));
        await s.DoAsync("a number taken by hand", Op.Create, Requests.Create(s.At("s-0000000010")));
        await s.DoAsync("the next but one", Op.Create2, Requests.Create(s.At("s-"), "", 2));
        await s.DoAsync("container", Op.CreateContainer, Requests.Create(s.At("c"), "", 4));
        await s.DoAsync("after a container", Op.Create2, Requests.Create(s.At("s-"), "", 2));
        await s.DoAsync("set data takes none", Op.SetData, Requests.SetData(s.Root, "x"));
        await s.DoAsync("after set data", Op.Create2, Requests.Create(s.At("s-"), "", 2));
        await s.DoAsync("stat", Op.Exists, Requests.Read(s.Root));
    }
}
