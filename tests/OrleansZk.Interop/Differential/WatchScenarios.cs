using OrleansZk.Interop.Wire;

namespace OrleansZk.Interop.Differential;

/// <summary>Watches of every kind under changes of every kind.</summary>
public static class WatchScenarios
{
    private const int Persistent = 0;
    private const int Recursive = 1;

    public static IReadOnlyList<Scenario> All { get; } =
    [
        new("watch one shot", s => UnderEveryChangeAsync(s, ArmOneShotAsync)),
        new("watch persistent", s => UnderEveryChangeAsync(s, stage => ArmLastingAsync(stage, Persistent))),
        new("watch recursive", s => UnderEveryChangeAsync(s, stage => ArmLastingAsync(stage, Recursive))),
        new("watch several kinds apart", SeveralAsync),
        new("watch missing nodes", MissingAsync),
        new("watch removal", RemovalAsync),
        new("watch removal of lasting ones", RemovalOfLastingAsync),
        new("watch odd arguments", OddArgumentsAsync),
        new("watch modes on one path", ModesOnOnePathAsync),
        new("watch end of a session", EndOfSessionAsync),
        new("watch filtered by access", FilteredAsync),
        new("watch own changes", OwnChangesAsync),
    ];

    /// <summary>"w" watches, "a" changes. The arming is done anew before each change.</summary>
    private static async Task UnderEveryChangeAsync(Stage s, Func<Stage, Task> armAsync)
    {
        await s.EnterAsync("w");
        foreach (var (label, type, body) in new (string, int, byte[])[]
        {
            ("create n", Op.Create, Requests.Create(s.At("n"))),
            ("set n", Op.SetData, Requests.SetData(s.At("n"), "x")),
            ("set n again", Op.SetData, Requests.SetData(s.At("n"), "x")),
            ("set acl of n", Op.SetAcl, Requests.SetAcl(s.At("n"), AclEntry.Open)),
            ("create n/c", Op.Create2, Requests.Create(s.At("n/c"))),
            ("set n/c", Op.SetData, Requests.SetData(s.At("n/c"), "x")),
            ("create n/c/g", Op.CreateContainer, Requests.Create(s.At("n/c/g"), "", 4)),
            ("refused create", Op.Create, Requests.Create(s.At("n"))),
            ("refused set", Op.SetData, Requests.SetData(s.At("n"), "x", 99)),
            ("refused delete", Op.Delete, Requests.Versioned(s.At("n"))),
            ("delete n/c/g", Op.Delete, Requests.Versioned(s.At("n/c/g"))),
            ("multi", Op.Multi, Requests.Multi(
                (Op.Create, Requests.Create(s.At("n/m"))), (Op.SetData, Requests.SetData(s.At("n"), "1")), (Op.SetData, Requests.SetData(s.At("n"), "2")),
                (Op.Delete, Requests.Versioned(s.At("n/m"))), (Op.Check, Requests.Versioned(s.At("n"))))),
            ("failed multi", Op.Multi, Requests.Multi(
                (Op.SetData, Requests.SetData(s.At("n"), "1")), (Op.Create, Requests.Create(s.At("n/m"))), (Op.Check, Requests.Versioned(s.At("n"), 99)))),
            ("delete n/c", Op.Delete, Requests.Versioned(s.At("n/c"))),
            ("delete n", Op.Delete, Requests.Versioned(s.At("n"))),
            ("create n as a sibling's prefix", Op.Create, Requests.Create(s.At("nn"))),
            ("create n once more", Op.Create, Requests.Create(s.At("n"))),
            ("create and delete in one", Op.Multi, Requests.Multi(
                (Op.Create, Requests.Create(s.At("n/x"))), (Op.Delete, Requests.Versioned(s.At("n/x"))), (Op.Delete, Requests.Versioned(s.At("n"))))),
        })
        {
            await armAsync(s);
            await s.DoAsync(label, type, body);
        }
    }

    private static async Task ArmOneShotAsync(Stage s)
    {
        foreach (var path in new[] { s.Root, s.At("n"), s.At("n/c") })
        {
            await s.DoAsync("arm exists", "w", Op.Exists, Requests.Read(path, watch: true));
            await s.DoAsync("arm data", "w", Op.GetData, Requests.Read(path, watch: true));
            await s.DoAsync("arm children", "w", Op.GetChildren, Requests.Read(path, watch: true));
        }
    }

    private static async Task ArmLastingAsync(Stage s, int mode)
    {
        foreach (var path in new[] { s.Root, s.At("n"), s.At("n/c") })
        {
            await s.DoAsync("arm", "w", Op.AddWatch, Requests.Watch(path, mode));
        }
    }

    private static async Task SeveralAsync(Stage s)
    {
        foreach (var name in new[] { "data", "children", "both", "recursive" })
        {
            await s.EnterAsync(name);
        }

        await s.DoAsync("create n", Op.Create, Requests.Create(s.At("n")));
        await s.DoAsync("data", "data", Op.GetData, Requests.Read(s.At("n"), true));
        await s.DoAsync("children", "children", Op.GetChildren2, Requests.Read(s.At("n"), true));
        await s.DoAsync("both 1", "both", Op.Exists, Requests.Read(s.At("n"), true));
        await s.DoAsync("both 2", "both", Op.GetChildren, Requests.Read(s.At("n"), true));
        await s.DoAsync("recursive", "recursive", Op.AddWatch, Requests.Watch(s.Root, Recursive));
        await s.DoAsync("create n/c", Op.Create, Requests.Create(s.At("n/c")));
        await s.DoAsync("children again", "children", Op.GetChildren2, Requests.Read(s.At("n"), true));
        await s.DoAsync("both again", "both", Op.GetChildren, Requests.Read(s.At("n"), true));
        await s.DoAsync("delete n/c", Op.Delete, Requests.Versioned(s.At("n/c")));
        await s.DoAsync("children once more", "children", Op.GetChildren2, Requests.Read(s.At("n"), true));
        await s.DoAsync("both once more", "both", Op.GetChildren, Requests.Read(s.At("n"), true));
        await s.DoAsync("delete n", Op.Delete, Requests.Versioned(s.At("n")));
        await s.DoAsync("create n anew", Op.Create, Requests.Create(s.At("n")));
    }

    private static async Task MissingAsync(Stage s)
    {
        await s.EnterAsync("w");
        foreach (var type in new[] { Op.Exists, Op.GetData, Op.GetChildren, Op.GetChildren2 })
        {
            var path = s.At(Op.NameOf(type));
            await s.DoAsync($"watch with {Op.NameOf(type)}", "w", type, Requests.Read(path, true));
            await s.DoAsync($"create for {Op.NameOf(type)}", Op.Create, Requests.Create(path));
            await s.DoAsync($"set for {Op.NameOf(type)}", Op.SetData, Requests.SetData(path, "x"));
            await s.DoAsync($"delete for {Op.NameOf(type)}", Op.Delete, Requests.Versioned(path));
        }

        await s.DoAsync("lasting, below nothing", "w", Op.AddWatch, Requests.Watch(s.At("x/y/z"), Persistent));
        foreach (var name in new[] { "x", "x/y", "x/y/z", "x/y/z/a" })
        {
            await s.DoAsync($"create {name}", Op.Create, Requests.Create(s.At(name)));
        }
    }

    private static async Task RemovalAsync(Stage s)
    {
        await s.EnterAsync("w");
        foreach (var type in new[] { 1, 2, 3 })
        {
            var path = s.At($"n{type}");
            await s.DoAsync("create", Op.Create, Requests.Create(path));
            await s.DoAsync($"check {type} before", "w", Op.CheckWatches, Requests.Watch(path, type));
            await s.DoAsync($"remove {type} before", "w", Op.RemoveWatches, Requests.Watch(path, type));
            await s.DoAsync("watch data", "w", Op.GetData, Requests.Read(path, true));
            foreach (var checkedType in new[] { 1, 2, 3 })
            {
                await s.DoAsync($"data: check {checkedType}", "w", Op.CheckWatches, Requests.Watch(path, checkedType));
            }

            await s.DoAsync("watch children", "w", Op.GetChildren, Requests.Read(path, true));
            await s.DoAsync($"remove {type}", "w", Op.RemoveWatches, Requests.Watch(path, type));
            foreach (var checkedType in new[] { 1, 2, 3 })
            {
                await s.DoAsync($"after removal of {type}: check {checkedType}", "w", Op.CheckWatches, Requests.Watch(path, checkedType));
            }

            await s.DoAsync($"remove {type} again", "w", Op.RemoveWatches, Requests.Watch(path, type));
            await s.DoAsync("another connection's", "a", Op.RemoveWatches, Requests.Watch(path, 3));
            await s.DoAsync("create a child", Op.Create, Requests.Create(path + "/c"));
            await s.DoAsync("set", Op.SetData, Requests.SetData(path, "x"));
        }
    }

    private static async Task RemovalOfLastingAsync(Stage s)
    {
        await s.EnterAsync("w");
        foreach (var mode in new[] { Persistent, Recursive })
        {
            var path = s.At($"m{mode}");
            await s.DoAsync("create", Op.Create, Requests.Create(path));
            await s.DoAsync($"watch, mode {mode}", "w", Op.AddWatch, Requests.Watch(path, mode));
            await s.DoAsync($"check any, mode {mode}", "w", Op.CheckWatches, Requests.Watch(path, 3));
            await s.DoAsync("change", Op.SetData, Requests.SetData(path, "x"));
            await s.DoAsync($"remove any, mode {mode}", "w", Op.RemoveWatches, Requests.Watch(path, 3));
            await s.DoAsync($"check any after, mode {mode}", "w", Op.CheckWatches, Requests.Watch(path, 3));
            await s.DoAsync("change after", Op.SetData, Requests.SetData(path, "x"));
            await s.DoAsync("child after", Op.Create, Requests.Create(path + "/c"));
        }
    }

    private static async Task OddArgumentsAsync(Stage s)
    {
        foreach (var mode in new[] { 2, -1, 99 })
        {
            await s.DoAloneAsync($"add with mode {mode}", Op.AddWatch, Requests.Watch(s.Root, mode));
        }

        foreach (var type in new[] { 0, 6, -1, 99 })
        {
            await s.DoAloneAsync($"check with type {type}", Op.CheckWatches, Requests.Watch(s.Root, type));
            await s.DoAloneAsync($"remove with type {type}", Op.RemoveWatches, Requests.Watch(s.Root, type));
        }

        foreach (var type in new[] { 4, 5 })
        {
            await s.DoAloneAsync($"check with type {type}", Op.CheckWatches, Requests.Watch(s.Root, type));
            await s.DoAloneAsync($"remove with type {type}", Op.RemoveWatches, Requests.Watch(s.Root, type));
        }

        await s.DoAloneAsync("remove from a node that is not there", Op.RemoveWatches, Requests.Watch(s.At("none"), 3));
        await s.DoAloneAsync("check a node that is not there", Op.CheckWatches, Requests.Watch(s.At("none"), 3));
    }

    private static async Task ModesOnOnePathAsync(Stage s)
    {
        await s.EnterAsync("w");
        await s.DoAsync("create", Op.Create, Requests.Create(s.At("n")));
        await s.DoAsync("persistent", "w", Op.AddWatch, Requests.Watch(s.At("n"), Persistent));
        await s.DoAsync("and one-shot", "w", Op.GetData, Requests.Read(s.At("n"), true));
        await s.DoAsync("first set", Op.SetData, Requests.SetData(s.At("n"), "1"));
        await s.DoAsync("second set: the persistent one stays", Op.SetData, Requests.SetData(s.At("n"), "2"));
    }

    private static async Task EndOfSessionAsync(Stage s)
    {
        foreach (var name in new[] { "data", "children", "persistent", "recursive", "owner" })
        {
            await s.EnterAsync(name);
        }

        await s.DoAsync("ephemeral", "owner", Op.Create, Requests.Create(s.At("e"), "", 1));
        await s.DoAsync("data", "data", Op.GetData, Requests.Read(s.At("e"), true));
        await s.DoAsync("children", "children", Op.GetChildren, Requests.Read(s.Root, true));
        await s.DoAsync("persistent", "persistent", Op.AddWatch, Requests.Watch(s.Root, Persistent));
        await s.DoAsync("recursive", "recursive", Op.AddWatch, Requests.Watch(s.Root, Recursive));
        await s.DoAsync("owner watches itself", "owner", Op.GetData, Requests.Read(s.At("e"), true));
        await s.DoAsync("owner closes", "owner", Op.CloseSession, Body.Empty);
        await s.DoAsync("stat", Op.Exists, Requests.Read(s.Root));
    }

    private static async Task FilteredAsync(Stage s)
    {
        await s.EnterAsync("guest");
        await s.EnterAsync("watcher");
        AclEntry[] secret = [new(31, "digest", "owner:VUTH9hjA4j6UvdW757ivL6qHwk8=")];
        await s.IdentifyAsync("a", "owner:own");
        await s.DoAsync("guest watches", "guest", Op.AddWatch, Requests.Watch(s.Root, Recursive));
        await s.DoAsync("one-shot", "watcher", Op.Exists, Requests.Read(s.At("n"), true));
        await s.DoAsync("create", Op.Create, Requests.CreateWith(s.At("n"), [], [new(31, "auth", "")], 0));
        await s.DoAsync("set", Op.SetData, Requests.SetData(s.At("n"), "x"));
        await s.DoAsync("open child", Op.Create, Requests.Create(s.At("n/c")));
        await s.DoAsync("children of a closed node", "watcher", Op.AddWatch, Requests.Watch(s.At("n"), Persistent));
        await s.DoAsync("second child", Op.Create, Requests.Create(s.At("n/d")));
        await s.DoAsync("delete child", Op.Delete, Requests.Versioned(s.At("n/d")));
        await s.DoAsync("open it", Op.SetAcl, Requests.SetAcl(s.At("n"), AclEntry.Open));
        await s.DoAsync("set, open", Op.SetData, Requests.SetData(s.At("n"), "y"));
        await s.DoAsync("close it", Op.SetAcl, Requests.SetAcl(s.At("n"), secret));
        await s.DoAsync("set, closed", Op.SetData, Requests.SetData(s.At("n"), "y"));
        await s.DoAsync("delete the child", Op.Delete, Requests.Versioned(s.At("n/c")));
        await s.DoAsync("delete it", Op.Delete, Requests.Versioned(s.At("n")));
    }

    private static async Task OwnChangesAsync(Stage s)
    {
        await s.DoAsync("watch", Op.Exists, Requests.Read(s.At("n"), true));
        await s.DoAsync("watch children", Op.GetChildren, Requests.Read(s.Root, true));
        await s.DoAsync("own create: the events come first", Op.Create, Requests.Create(s.At("n")));
        await s.DoAsync("watch lastingly", Op.AddWatch, Requests.Watch(s.Root, Recursive));
        await s.PipelineAsync(
            "events between pipelined replies", "a",
            (Op.SetData, Requests.SetData(s.At("n"), "1")), (Op.GetData, Requests.Read(s.At("n"), true)), (Op.SetData, Requests.SetData(s.At("n"), "2")),
            (Op.Create, Requests.Create(s.At("n/c"))), (Op.Exists, Requests.Read(s.At("n"))), (Op.Delete, Requests.Versioned(s.At("none"))),
            (Op.Delete, Requests.Versioned(s.At("n/c"))), (Op.Delete, Requests.Versioned(s.At("n"))));
    }
}
