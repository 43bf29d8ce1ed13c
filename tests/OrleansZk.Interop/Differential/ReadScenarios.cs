using OrleansZk.Interop.Wire;

namespace OrleansZk.Interop.Differential;

/// <summary>Reads: what they answer, and what they make of odd arguments.</summary>
public static class ReadScenarios
{
    private static readonly int[] PathReads =
        [Op.Exists, Op.GetData, Op.GetChildren, Op.GetChildren2, Op.GetAcl, Op.GetAllChildrenNumber, Op.Sync, Op.GetEphemerals];

    public static IReadOnlyList<Scenario> All { get; } =
    [
        new("read nodes", NodesAsync),
        new("read odd paths", OddPathsAsync),
        new("read ephemerals", EphemeralsAsync),
        new("read system nodes", SystemNodesAsync),
    ];

    private static async Task NodesAsync(Stage s)
    {
        await s.DoAsync("a", Op.Create, Requests.Create(s.At("a"), "data"));
        await s.DoAsync("a/b", Op.Create, Requests.Create(s.At("a/b")));
        await s.DoAsync("a/c", Op.Create, Requests.Create(s.At("a/c"), "", 1));
        await s.DoAsync("ab", Op.Create, Requests.Create(s.At("ab")));
        foreach (var path in new[] { s.Root, s.At("a"), s.At("a/b"), s.At("none"), s.At("a/none/x") })
        {
            foreach (var type in PathReads)
            {
                await s.DoAsync($"{Op.NameOf(type)} {path}", type, Requests.Sample(type, path));
            }
        }

        await s.DoAsync("who", Op.WhoAmI, Body.Empty);
    }

    private static async Task OddPathsAsync(Stage s)
    {
        await s.DoAsync("a node", Op.Create, Requests.Create(s.At("a"), "data"));
        foreach (var (label, path) in new[]
        {
            ("relative", "a"), ("trailing slash", s.At("a/")), ("double slash", s.At("/a")), ("dot", s.At("./a")), ("dots", s.At("../a")),
            ("control", s.At("a\u0001")), ("NUL", s.At("a\u0000")),
        })
        {
            foreach (var type in PathReads.Where(type => type != Op.GetEphemerals))
            {
                await s.DoAsync($"{Op.NameOf(type)}, {label}", type, Requests.Sample(type, path));
            }
        }

        // The empty path is the root's other name for a server that does not look.
        foreach (var type in new[] { Op.Sync, Op.GetEphemerals, Op.GetAllChildrenNumber })
        {
            await s.DoAsync($"{Op.NameOf(type)}, empty", type, Requests.Sample(type, ""));
        }
    }

    private static async Task EphemeralsAsync(Stage s)
    {
        await s.EnterAsync("b");
        await s.DoAsync("dir", Op.Create, Requests.Create(s.At("d")));
        foreach (var (actor, name) in new[] { ("a", "d/1"), ("a", "d/2"), ("a", "dx"), ("b", "theirs"), ("a", "e") })
        {
            await s.DoAsync($"create {name}", actor, Op.Create, Requests.Create(s.At(name), "", 1));
        }

        foreach (var prefix in new[] { "/", "", "  ", " / ", s.Root, s.At("d"), s.At("d/"), s.At("d/1"), s.At("none"), "x" })
        {
            await s.DoAsync($"prefix '{prefix}'", Op.GetEphemerals, Requests.Path(prefix));
        }

        await s.DoAsync("null prefix", Op.GetEphemerals, Requests.Path(null));
        await s.DoAsync("the other's", "b", Op.GetEphemerals, Requests.Path("/"));
        await s.DoAsync("one goes", Op.Delete, Requests.Versioned(s.At("e")));
        await s.DoAsync("after it went", Op.GetEphemerals, Requests.Path("/"));
        await s.DoAsync("another client deletes one", "b", Op.Delete, Requests.Versioned(s.At("dx")));
        await s.DoAsync("after that", Op.GetEphemerals, Requests.Path("/"));
    }

    private static async Task SystemNodesAsync(Stage s)
    {
        // Of the root and of /zookeeper/quota only what no other scenario changes.
        await s.DoAsync("children of /zookeeper", Op.GetChildren, Requests.Read("/zookeeper"));
        await s.DoAsync("acl of config", Op.GetAcl, Requests.Path("/zookeeper/config"));
        await s.DoAsync("stat of config", Op.Exists, Requests.Read("/zookeeper/config"));
        await s.DoAsync("children of config", Op.GetChildren2, Requests.Read("/zookeeper/config"));
        await s.DoAsync("reconfig", Op.Reconfig, Requests.Reconfig("server.9=127.0.0.1:1:2;3", null, null));
        await s.DoAsync("reconfig of nothing", Op.Reconfig, Requests.Reconfig(null, null, null));
    }
}
