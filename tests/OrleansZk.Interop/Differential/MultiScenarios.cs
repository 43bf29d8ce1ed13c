using OrleansZk.Interop.Wire;

namespace OrleansZk.Interop.Differential;

/// <summary>multi and multiRead: results, failures, and mixtures that make no sense.</summary>
public static class MultiScenarios
{
    public static IReadOnlyList<Scenario> All { get; } =
    [
        new("multi successes", SuccessesAsync),
        new("multi failures", FailuresAsync),
        new("multi interplay", InterplayAsync),
        new("multi reads", ReadsAsync),
        new("multi oddities", OdditiesAsync),
        new("multi access", AccessAsync),
    ];

    private static async Task SuccessesAsync(Stage s)
    {
        await s.DoAsync("old", Op.Create, Requests.Create(s.At("old"), "x"));
        await s.DoAsync("doomed", Op.Create, Requests.Create(s.At("doomed")));
        await s.DoAsync("everything at once", Op.Multi, Requests.Multi(
            (Op.Create, Requests.Create(s.At("c1"), "1")),
            (Op.Create, Requests.Create(s.At("c2"), "2", 1)),
            (Op.Create, Requests.Create(s.At("s-"), "3", 2)),
            (Op.Create, Requests.Create(s.At("s-"), "4", 3)),
            (Op.CreateContainer, Requests.Create(s.At("c5"), "5", 4)),
            (Op.CreateTtl, Requests.CreateTtl(s.At("c6"), 5, 3_600_000)),
            (Op.CreateTtl, Requests.CreateTtl(s.At("c7-"), 6, 3_600_000)),
            (Op.SetData, Requests.SetData(s.At("old"), "y", 0)),
            (Op.Check, Requests.Versioned(s.At("old"), 1)),
            (Op.Delete, Requests.Versioned(s.At("doomed"), 0))));
        foreach (var name in new[] { "c1", "c2", "s-0000000004", "s-0000000005", "c5", "c6", "c7-0000000008", "old", "doomed" })
        {
            await s.DoAsync($"then {name}", Op.GetData, Requests.Read(s.At(name)));
        }

        await s.DoAsync("then the root", Op.GetChildren2, Requests.Read(s.Root));
        // Within a multi, unlike outside, flags 4 make a container whatever the request's type.
        await s.DoAsync("containers by flags", Op.Multi, Requests.Multi(
            (Op.Create, Requests.Create(s.At("k1"), "", 4)), (Op.Create2, Requests.Create(s.At("k2"), "", 4))));
        await s.DoAsync("create2", Op.Multi, Requests.Multi((Op.Create2, Requests.Create(s.At("k3"), "x"))));
        await s.DoAsync("nothing at all", Op.Multi, Requests.Multi());
        await s.DoAsync("only a check", Op.Multi, Requests.Multi((Op.Check, Requests.Versioned(s.At("old")))));
        await s.DoAsync("the root after a check", Op.Exists, Requests.Read(s.Root));
    }

    private static async Task FailuresAsync(Stage s)
    {
        await s.DoAsync("kept", Op.Create, Requests.Create(s.At("kept"), "x"));
        await s.DoAsync("an ephemeral", Op.Create, Requests.Create(s.At("e"), "", 1));
        var good = (Op.Create, Requests.Create(s.At("good")));
        foreach (var (label, operation) in new (string, (int, byte[]))[]
        {
            ("check, version", (Op.Check, Requests.Versioned(s.At("kept"), 7))),
            ("check, missing", (Op.Check, Requests.Versioned(s.At("none")))),
            ("check, path", (Op.Check, Requests.Versioned("none"))),
            ("create, exists", (Op.Create, Requests.Create(s.At("kept")))),
            ("create, parent", (Op.Create, Requests.Create(s.At("none/x")))),
            ("create, ephemeral parent", (Op.Create, Requests.Create(s.At("e/x")))),
            ("create, path", (Op.Create, Requests.Create(s.At("x/")))),
            ("create, acl", (Op.Create, Requests.CreateWith(s.At("x"), [], [], 0))),
            ("create, ttl flags", (Op.Create, Requests.Create(s.At("x"), "", 5))),
            ("ttl, bad ttl", (Op.CreateTtl, Requests.CreateTtl(s.At("x"), 5, 0))),
            ("set, missing", (Op.SetData, Requests.SetData(s.At("none"), "x"))),
            ("set, version", (Op.SetData, Requests.SetData(s.At("kept"), "x", 7))),
            ("delete, missing", (Op.Delete, Requests.Versioned(s.At("none")))),
            ("delete, version", (Op.Delete, Requests.Versioned(s.At("kept"), 7))),
            ("delete, children", (Op.Delete, Requests.Versioned(s.Root))),
            ("delete, system", (Op.Delete, Requests.Versioned("/zookeeper"))),
        })
        {
            await s.DoAsync($"first: {label}", Op.Multi, Requests.Multi(operation, good, good));
            await s.DoAsync($"middle: {label}", Op.Multi, Requests.Multi(good, operation, good));
            await s.DoAsync($"last: {label}", Op.Multi, Requests.Multi(good, (Op.SetData, Requests.SetData(s.At("kept"), "z")), operation));
        }

        await s.DoAsync("nothing happened", Op.GetChildren2, Requests.Read(s.Root));
        await s.DoAsync("nothing changed", Op.GetData, Requests.Read(s.At("kept")));
        await s.DoAsync("no number was taken", Op.Create2, Requests.Create(s.At("s-"), "", 2));
    }

    private static async Task InterplayAsync(Stage s)
    {
        var create = (Op.Create, Requests.Create(s.At("n"), "1"));
        await s.DoAsync("create and change", Op.Multi, Requests.Multi(
            create, (Op.SetData, Requests.SetData(s.At("n"), "22", 0)), (Op.SetData, Requests.SetData(s.At("n"), "333", 1)), (Op.Check, Requests.Versioned(s.At("n"), 2))));
        await s.DoAsync("then", Op.GetData, Requests.Read(s.At("n")));
        await s.DoAsync("delete and create", Op.Multi, Requests.Multi((Op.Delete, Requests.Versioned(s.At("n"), 2)), create));
        await s.DoAsync("then anew", Op.GetData, Requests.Read(s.At("n")));
        await s.DoAsync("the root", Op.Exists, Requests.Read(s.Root));
        await s.DoAsync("twice the same", Op.Multi, Requests.Multi((Op.Create, Requests.Create(s.At("m"))), (Op.Create, Requests.Create(s.At("m")))));
        await s.DoAsync("a tree and its end", Op.Multi, Requests.Multi(
            (Op.Create, Requests.Create(s.At("t"))), (Op.Create, Requests.Create(s.At("t/u"))), (Op.Create, Requests.Create(s.At("t/u/v"))),
            (Op.Delete, Requests.Versioned(s.At("t/u/v"))), (Op.Delete, Requests.Versioned(s.At("t/u"))), (Op.Delete, Requests.Versioned(s.At("t")))));
        await s.DoAsync("the root after that", Op.Exists, Requests.Read(s.Root));
        await s.DoAsync("not empty", Op.Multi, Requests.Multi(
            (Op.Create, Requests.Create(s.At("t"))), (Op.Create, Requests.Create(s.At("t/u"))), (Op.Delete, Requests.Versioned(s.At("t")))));
        await s.DoAsync("below an ephemeral", Op.Multi, Requests.Multi((Op.Create, Requests.Create(s.At("e"), "", 1)), (Op.Create, Requests.Create(s.At("e/x")))));
        await s.DoAsync("after its delete", Op.Multi, Requests.Multi((Op.Delete, Requests.Versioned(s.At("n"))), (Op.SetData, Requests.SetData(s.At("n"), ""))));
        await s.DoAsync("an ephemeral come and gone", Op.Multi, Requests.Multi((Op.Create, Requests.Create(s.At("e"), "", 1)), (Op.Delete, Requests.Versioned(s.At("e")))));
        await s.DoAsync("no ephemerals", Op.GetEphemerals, Requests.Path("/"));
        await s.DoAsync("sequence", Op.Multi, Requests.Multi(
            (Op.Create, Requests.Create(s.At("s-"), "", 2)), (Op.Create, Requests.Create(s.At("s-"), "", 2)), (Op.Create, Requests.Create(s.At("s-"), "", 2))));
        await s.PipelineAsync(
            "between other requests", "a",
            (Op.Create, Requests.Create(s.At("p"))), (Op.Multi, Requests.Multi((Op.SetData, Requests.SetData(s.At("p"), "1", 0)), (Op.Delete, Requests.Versioned(s.At("none"))))),
            (Op.SetData, Requests.SetData(s.At("p"), "2", 0)), (Op.Multi, Requests.Multi((Op.SetData, Requests.SetData(s.At("p"), "3", 1)))),
            (Op.GetData, Requests.Read(s.At("p"))));
        await s.DoAsync("at last", Op.GetChildren2, Requests.Read(s.Root));
    }

    private static async Task ReadsAsync(Stage s)
    {
        await s.DoAsync("n", Op.Create, Requests.Create(s.At("n"), "data"));
        await s.DoAsync("child", Op.Create, Requests.Create(s.At("n/c")));
        await s.DoAsync("reads", Op.MultiRead, Requests.Multi(
            (Op.GetData, Requests.Read(s.At("n"))), (Op.GetChildren, Requests.Read(s.At("n"))), (Op.GetData, Requests.Read(s.At("none"))),
            (Op.GetChildren, Requests.Read(s.At("none"))), (Op.GetChildren, Requests.Read(s.At("n/c")))));
        await s.DoAsync("none", Op.MultiRead, Requests.Multi());
        await s.DoAsync("after a write", Op.Multi, Requests.Multi((Op.SetData, Requests.SetData(s.At("n"), "new"))));
        await s.DoAsync("read it", Op.MultiRead, Requests.Multi((Op.GetData, Requests.Read(s.At("n")))));
    }

    private static async Task OdditiesAsync(Stage s)
    {
        var create = (Op.Create, Requests.Create(s.At("x")));
        var read = (Op.GetData, Requests.Read(s.Root));
        await s.DoAloneAsync("write and read", Op.Multi, Requests.Multi(create, read));
        await s.DoAloneAsync("read and write", Op.Multi, Requests.Multi(read, create));
        await s.DoAloneAsync("reads as a write", Op.Multi, Requests.Multi(read));
        await s.DoAloneAsync("writes as a read", Op.MultiRead, Requests.Multi(create));
        await s.DoAloneAsync("exists in a read", Op.MultiRead, Requests.Multi((Op.Exists, Requests.Read(s.Root))));
        await s.DoAloneAsync("getChildren2 in a read", Op.MultiRead, Requests.Multi((Op.GetChildren2, Requests.Read(s.Root))));
        await s.DoAloneAsync("set acl", Op.Multi, Requests.Multi((Op.SetAcl, Requests.SetAcl(s.Root, AclEntry.Open))));
        await s.DoAloneAsync("sync", Op.Multi, Requests.Multi((Op.Sync, Requests.Path(s.Root))));
        await s.DoAloneAsync("unknown type", Op.Multi, Requests.Multi((77, Requests.Path(s.Root))));
        await s.DoAloneAsync("a multi within", Op.Multi, Requests.Multi((Op.Multi, Requests.Multi(create))));
        await s.DoAloneAsync("close session within", Op.Multi, Requests.Multi((Op.CloseSession, Body.Empty)));
        await s.DoAloneAsync("an empty body", Op.Multi, Body.Empty);
        await s.DoAloneAsync("no end", Op.Multi, new Body().Int(Op.Create).Bool(false).Int(-1).Raw(create.Item2));
        await s.DoAloneAsync("cut off", Op.Multi, new Body().Int(Op.Create).Bool(false).Int(-1).Text("/x"));
        await s.DoAloneAsync("done at once", Op.Multi, new Body().Int(Op.Create).Bool(true).Int(-1));
        await s.DoAloneAsync("another end", Op.Multi, new Body().Int(5).Bool(true).Int(7));
        await s.DoAloneAsync("more after the end", Op.Multi, new Body().Raw(Requests.Multi(create)).Raw(Requests.Multi(create)));
        await s.DoAloneAsync("error fields that are not -1", Op.Multi, new Body()
            .Int(Op.Create).Bool(false).Int(12345).Raw(Requests.Create(s.At("y"))).Int(-1).Bool(true).Int(-1));
        await s.DoAloneAsync("delete container", Op.Multi, Requests.Multi((Op.DeleteContainer, Requests.Path(s.At("x")))));
        await s.DoAsync("children", Op.GetChildren, Requests.Read(s.Root));
    }

    private static async Task AccessAsync(Stage s)
    {
        await s.DoAsync("read-only", Op.Create, Requests.CreateWith(s.At("r"), [], AclEntry.ReadOnly, 0));
        await s.DoAsync("closed", Op.Create, Requests.CreateWith(s.At("c"), [], [new(31, "digest", "someone:else")], 0));
        foreach (var (label, operation) in new (string, (int, byte[]))[]
        {
            ("set", (Op.SetData, Requests.SetData(s.At("r"), "x"))), ("create", (Op.Create, Requests.Create(s.At("r/x")))),
            ("delete", (Op.Delete, Requests.Versioned(s.At("r/x")))), ("check", (Op.Check, Requests.Versioned(s.At("c")))),
            ("check allowed", (Op.Check, Requests.Versioned(s.At("r")))),
        })
        {
            await s.DoAsync(label, Op.Multi, Requests.Multi((Op.Create, Requests.Create(s.At("fine-" + label.Replace(' ', '-')))), operation));
        }

        await s.DoAsync("reads", Op.MultiRead, Requests.Multi((Op.GetData, Requests.Read(s.At("r"))), (Op.GetData, Requests.Read(s.At("c"))), (Op.GetChildren, Requests.Read(s.At("c")))));
    }
}
