using OrleansZk.Interop.Wire;

namespace OrleansZk.Interop.Differential;

/// <summary>delete, setData and setACL: versions, refusals and what they leave in the Stat.</summary>
public static class WriteScenarios
{
    private static readonly int[] Versions = [-1, 0, 1, 2, -2, int.MaxValue, int.MinValue];

    public static IReadOnlyList<Scenario> All { get; } =
    [
        new("write versions", VersionsAsync),
        new("write odd paths", OddPathsAsync),
        new("write system nodes", SystemNodesAsync),
        new("write stat of parent and child", StatAsync),
        new("write data sizes", SizesAsync),
        new("write order of checks", OrderOfChecksAsync),
    ];

    private static async Task VersionsAsync(Stage s)
    {
        foreach (var version in Versions)
        {
            var path = s.At($"n{version}");
            await s.DoAsync("create", Op.Create, Requests.Create(path));
            await s.DoAsync($"set, version {version}", Op.SetData, Requests.SetData(path, "x", version));
            await s.DoAsync($"set again, version {version}", Op.SetData, Requests.SetData(path, "y", version));
            await s.DoAsync($"set acl, version {version}", Op.SetAcl, Requests.SetAcl(path, AclEntry.Open, version));
            await s.DoAsync($"set acl again, version {version}", Op.SetAcl, Requests.SetAcl(path, AclEntry.Open, version));
            await s.DoAsync($"stat after version {version}", Op.Exists, Requests.Read(path));
            await s.DoAsync($"delete, version {version}", Op.Delete, Requests.Versioned(path, version));
            await s.DoAsync($"exists after delete, version {version}", Op.Exists, Requests.Read(path));
        }
    }

    private static async Task OddPathsAsync(Stage s)
    {
        await s.DoAsync("a node", Op.Create, Requests.Create(s.At("a")));
        foreach (var path in new[]
        {
            "a", "//", s.Root + "/", s.At("a/"), s.At("/a"), s.At("."), s.At(".."), s.At("../a"), s.At("./a"), s.At("a\u0000"), s.At("a\u0001"),
            s.At("none"), s.At("none/x"),
        })
        {
            var shown = path.Replace("\0", "\\0", StringComparison.Ordinal).Replace("\u0001", "\\1", StringComparison.Ordinal);
            await s.DoAsync($"set '{shown}'", Op.SetData, Requests.SetData(path, "x"));
            await s.DoAsync($"set acl '{shown}'", Op.SetAcl, Requests.SetAcl(path, AclEntry.Open));
            await s.DoAsync($"delete '{shown}'", Op.Delete, Requests.Versioned(path));
        }

        await s.DoAsync("set ''", Op.SetData, Requests.SetData("", "x"));
        await s.DoAsync("set acl ''", Op.SetAcl, Requests.SetAcl("", AclEntry.Open));
        await s.DoAsync("delete ''", Op.Delete, Requests.Versioned(""));
        await s.DoAsync("the node is still there", Op.GetData, Requests.Read(s.At("a")));
    }

    private static async Task SystemNodesAsync(Stage s)
    {
        foreach (var path in new[] { "/", "/zookeeper", "/zookeeper/quota", "/zookeeper/config" })
        {
            await s.DoAsync($"delete {path}", Op.Delete, Requests.Versioned(path));
            await s.DoAsync($"delete {path}, wrong version", Op.Delete, Requests.Versioned(path, 99));
            await s.DoAsync($"set {path}, wrong version", Op.SetData, Requests.SetData(path, "x", 99));
            await s.DoAsync($"set acl of {path}, wrong version", Op.SetAcl, Requests.SetAcl(path, AclEntry.Open, 99));
        }

        await s.DoAsync("create under config", Op.Create, Requests.Create("/zookeeper/config/x"));
        await s.DoAsync("children of /zookeeper", Op.GetChildren, Requests.Read("/zookeeper"));
        await s.DoAsync("create under /zookeeper", Op.Create, Requests.Create("/zookeeper/mine"));
        await s.DoAsync("delete it", Op.Delete, Requests.Versioned("/zookeeper/mine"));
        await s.DoAsync("delete missing under /zookeeper", Op.Delete, Requests.Versioned("/zookeeper/mine"));
    }

    private static async Task StatAsync(Stage s)
    {
        async Task LookAsync(string after)
        {
            await s.DoAsync($"parent after {after}", Op.GetData, Requests.Read(s.At("p")));
            await s.DoAsync($"child after {after}", Op.GetData, Requests.Read(s.At("p/c")));
        }

        await s.EnterAsync("b");
        foreach (var (label, actor, type, body) in new (string, string, int, byte[])[]
        {
            ("create parent", "a", Op.Create2, Requests.Create(s.At("p"), "parent")),
            ("create child", "a", Op.Create2, Requests.Create(s.At("p/c"), "child")),
            ("set child", "b", Op.SetData, Requests.SetData(s.At("p/c"), "changed")),
            ("set parent", "b", Op.SetData, Requests.SetData(s.At("p"), null)),
            ("set acl of child", "a", Op.SetAcl, Requests.SetAcl(s.At("p/c"), AclEntry.Open)),
            ("set acl of parent", "a", Op.SetAcl, Requests.SetAcl(s.At("p"), AclEntry.Open)),
            ("create grandchild", "b", Op.Create2, Requests.Create(s.At("p/c/g"))),
            ("create sibling", "b", Op.Create2, Requests.Create(s.At("p/d"), "", 1)),
            ("refused create", "a", Op.Create2, Requests.Create(s.At("p/d"))),
            ("refused delete", "a", Op.Delete, Requests.Versioned(s.At("p"))),
            ("delete sibling", "a", Op.Delete, Requests.Versioned(s.At("p/d"))),
            ("delete grandchild", "a", Op.Delete, Requests.Versioned(s.At("p/c/g"))),
            ("delete child", "a", Op.Delete, Requests.Versioned(s.At("p/c"))),
            ("create child again", "b", Op.Create2, Requests.Create(s.At("p/c"), "again")),
            ("ephemeral", "b", Op.Create2, Requests.Create(s.At("p/e"), "", 1)),
            ("end of a session", "b", Op.CloseSession, Body.Empty),
        })
        {
            await s.DoAsync(label, actor, type, body);
            await LookAsync(label);
        }
    }

    private static async Task SizesAsync(Stage s)
    {
        foreach (var size in new[] { 0, 1, 65_536, 1_000_000, 1_048_000 })
        {
            var data = new byte[size];
            await s.DoAsync($"create {size}", Op.Create2, Requests.CreateWith(s.At($"n{size}"), data, AclEntry.Open, 0));
            await s.DoAsync($"get {size}", Op.GetData, Requests.Read(s.At($"n{size}")));
        }

        // A body of exactly the limit, and one byte more: 8 bytes of header, 4 of the path's length, 4 of the data's, 4 of the version.
        var path = s.At("n0");
        var room = 0xfffff - 8 - 4 - path.Length - 4 - 4;
        await s.DoAloneAsync("set as much as fits", Op.SetData, new Body().Text(path).Buffer(new byte[room]).Int(-1));
        await s.DoAloneAsync("set one byte more", Op.SetData, new Body().Text(path).Buffer(new byte[room + 1]).Int(-1));
        await s.DoAsync("stat", Op.Exists, Requests.Read(path));
    }

    private static async Task OrderOfChecksAsync(Stage s)
    {
        AclEntry[] bad = [new(31, "nosuch", "x")];
        await s.DoAsync("a read-only node", Op.Create, Requests.CreateWith(s.At("r"), [], AclEntry.ReadOnly, 0));
        await s.DoAsync("a node with a child", Op.Create, Requests.Create(s.At("p")));
        await s.DoAsync("its child", Op.Create, Requests.Create(s.At("p/c")));
        await s.DoAsync("set: access before version", Op.SetData, Requests.SetData(s.At("r"), "x", 99));
        await s.DoAsync("set: path before node", Op.SetData, Requests.SetData(s.At("none/"), "x", 99));
        await s.DoAsync("set acl: acl before node", Op.SetAcl, Requests.SetAcl(s.At("none"), bad, 99));
        await s.DoAsync("set acl: path before acl", Op.SetAcl, Requests.SetAcl(s.At("none/"), bad, 99));
        await s.DoAsync("set acl: acl before access", Op.SetAcl, Requests.SetAcl(s.At("r"), bad, 99));
        await s.DoAsync("set acl: access before version", Op.SetAcl, Requests.SetAcl(s.At("r"), AclEntry.Open, 99));
        await s.DoAsync("delete: version before children", Op.Delete, Requests.Versioned(s.At("p"), 99));
        await s.DoAsync("delete: children", Op.Delete, Requests.Versioned(s.At("p"), 0));
        await s.DoAsync("delete: access before node", Op.Delete, Requests.Versioned(s.At("r/none"), 99));
        await s.DoAsync("delete: parent", Op.Delete, Requests.Versioned(s.At("none/x"), 99));
    }
}
