using OrleansZk.Interop.Wire;

namespace OrleansZk.Interop.Differential;

/// <summary>setWatches and setWatches2: what a returning client is told, and what is armed again.</summary>
public static class SetWatchesScenarios
{
    public static IReadOnlyList<Scenario> All { get; } =
    [
        new("set watches", s => SetWatchesAsync(s, two: false)),
        new("set watches 2", s => SetWatchesAsync(s, two: true)),
        new("set watches with lasting ones", LastingAsync),
        new("set watches oddly", OddlyAsync),
    ];

    private static async Task SetWatchesAsync(Stage s, bool two)
    {
        var type = two ? Op.SetWatches2 : Op.SetWatches;
        foreach (var name in new[] { "quiet", "changed", "deleted", "recreated", "parent", "parent/old", "emptied", "emptied/x", "own-data" })
        {
            await s.DoAsync($"create {name}", Op.Create, Requests.Create(s.At(name)));
        }

        var seen = (await s.Connection("a").CallAsync(1000, Op.Exists, Requests.Read(s.At("own-data")))).Zxid;
        await s.DoAsync("set changed", Op.SetData, Requests.SetData(s.At("changed"), "x"));
        await s.DoAsync("set changed again", Op.SetData, Requests.SetData(s.At("changed"), "y"));
        await s.DoAsync("delete deleted", Op.Delete, Requests.Versioned(s.At("deleted")));
        await s.DoAsync("delete recreated", Op.Delete, Requests.Versioned(s.At("recreated")));
        await s.DoAsync("recreate it", Op.Create, Requests.Create(s.At("recreated")));
        await s.DoAsync("child", Op.Create, Requests.Create(s.At("parent/new")));
        await s.DoAsync("child goes", Op.Delete, Requests.Versioned(s.At("emptied/x")));
        await s.DoAsync("create created", Op.Create, Requests.Create(s.At("created")));
        await s.DoAsync("set own data", Op.SetData, Requests.SetData(s.At("own-data"), "x"));

        await s.EnterAsync("w");
        string[] data = [s.At("quiet"), s.At("changed"), s.At("deleted"), s.At("recreated"), s.At("parent"), s.At("never"), s.At("quiet")];
        string[] exists = [s.At("created"), s.At("missing"), s.At("quiet")];
        string[] children = [s.At("quiet"), s.At("parent"), s.At("emptied"), s.At("deleted"), s.At("own-data"), s.At("recreated")];
        var body = two ? Requests.SetWatches2(seen, data, exists, children, [], []) : Requests.SetWatches(seen, data, exists, children);
        await s.DoAsync("set watches", "w", type, body, Xid.SetWatches);

        // Which are armed now?
        foreach (var name in new[] { "quiet", "changed", "recreated", "parent", "created", "own-data", "emptied" })
        {
            await s.DoAsync($"then set {name}", Op.SetData, Requests.SetData(s.At(name), "z"));
            await s.DoAsync($"then create below {name}", Op.Create, Requests.Create(s.At($"{name}/z")));
        }

        foreach (var name in new[] { "missing", "deleted", "never" })
        {
            await s.DoAsync($"then create {name}", Op.Create, Requests.Create(s.At(name)));
        }

        await s.DoAsync("empty lists", "w", type, two ? Requests.SetWatches2(seen, [], [], [], [], []) : Requests.SetWatches(seen, [], [], []), Xid.SetWatches);
        await s.DoAsync("with an xid of its own", "w", type, two ? Requests.SetWatches2(0, [s.At("quiet")], [], [], [], []) : Requests.SetWatches(0, [s.At("quiet")], [], []));
        await s.DoAsync("from beyond", "w", type, two ? Requests.SetWatches2(long.MaxValue, [s.At("quiet")], [], [], [], []) : Requests.SetWatches(long.MaxValue, [s.At("quiet")], [], []));
        await s.DoAsync("set quiet", Op.SetData, Requests.SetData(s.At("quiet"), "zz"));
    }

    private static async Task LastingAsync(Stage s)
    {
        await s.DoAsync("p", Op.Create, Requests.Create(s.At("p")));
        await s.DoAsync("r", Op.Create, Requests.Create(s.At("r")));
        await s.DoAsync("set p", Op.SetData, Requests.SetData(s.At("p"), "x"));
        await s.EnterAsync("w");
        await s.DoAsync("set watches", "w", Op.SetWatches2, Requests.SetWatches2(0, [], [], [], [s.At("p"), s.At("later")], [s.At("r")]), Xid.SetWatches);
        for (var round = 1; round <= 2; round++)
        {
            await s.DoAsync("set p again", Op.SetData, Requests.SetData(s.At("p"), "y"));
            await s.DoAsync("child of p", Op.Create, Requests.Create(s.At($"p/c{round}")));
            await s.DoAsync("grandchild of p", Op.Create, Requests.Create(s.At($"p/c{round}/g")));
            await s.DoAsync("child of r", Op.Create, Requests.Create(s.At($"r/c{round}")));
            await s.DoAsync("set child of r", Op.SetData, Requests.SetData(s.At($"r/c{round}"), "x"));
        }

        await s.DoAsync("create later", Op.Create, Requests.Create(s.At("later")));
        await s.DoAsync("delete later", Op.Delete, Requests.Versioned(s.At("later")));
    }

    private static async Task OddlyAsync(Stage s)
    {
        await s.DoAsync("a node", Op.Create, Requests.Create(s.At("n")));
        await s.DoAloneAsync("a list too long", Op.SetWatches, new Body().Long(0).Int(1000), Xid.SetWatches);
        await s.DoAloneAsync("without the last list", Op.SetWatches2, Requests.SetWatches(0, [], [], []), Xid.SetWatches);
        await s.DoAloneAsync("with more than asked", Op.SetWatches, Requests.SetWatches2(0, [s.At("n")], [], [], [], []), Xid.SetWatches);
    }
}
