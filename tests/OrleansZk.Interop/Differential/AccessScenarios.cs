using OrleansZk.Interop.Servers;
using OrleansZk.Interop.Wire;

namespace OrleansZk.Interop.Differential;

/// <summary>Identities and what they may do.</summary>
public static class AccessScenarios
{
    public static IReadOnlyList<Scenario> All { get; } =
    [
        new("auth packets", AuthAsync),
        new("access matrix", MatrixAsync),
        new("access of super", SuperAsync),
        new("access expansion of auth", ExpansionAsync),
        new("access by address", AddressAsync),
    ];

    private static async Task AuthAsync(Stage s)
    {
        foreach (var (label, body) in new (string, byte[])[]
        {
            ("digest", Requests.Auth("digest", "user:password")),
            ("digest without a colon", Requests.Auth("digest", "user")),
            ("digest with two colons", Requests.Auth("digest", "user:pass:word")),
            ("digest, empty", Requests.Auth("digest", "")),
            ("digest, only a colon", Requests.Auth("digest", ":")),
            ("digest, type 5", Requests.Auth("digest", "user:password", 5)),
            ("super, right", Requests.Auth("digest", ServerSettings.SuperUser)),
            ("super, wrong", Requests.Auth("digest", "super:wrong")),
            ("scheme super", Requests.Auth("super", "x")),
            ("ip", Requests.Auth("ip", "127.0.0.1")),
            ("world", Requests.Auth("world", "anyone")),
            ("auth", Requests.Auth("auth", "")),
            ("unknown scheme", Requests.Auth("nosuch", "x")),
            ("empty scheme", Requests.Auth("", "x")),
            ("cut off", Requests.Auth("digest", "user:password")[..10]),
            ("nothing", Body.Empty),
        })
        {
            await s.EnterAsync("alone");
            await s.DoAsync(label, "alone", Op.Auth, body, Xid.Auth);
            await s.DoAsync($"who after {label}", "alone", Op.WhoAmI, Body.Empty);
            await s.LeaveAsync("alone");
        }

        await s.DoAsync("first", "a", Op.Auth, Requests.Auth("digest", "one:1"), Xid.Auth);
        await s.DoAsync("the same again", "a", Op.Auth, Requests.Auth("digest", "one:1"), Xid.Auth);
        await s.DoAsync("second", "a", Op.Auth, Requests.Auth("digest", "two:2"), Xid.Auth);
        await s.DoAsync("who", Op.WhoAmI, Body.Empty);
    }

    private static async Task MatrixAsync(Stage s)
    {
        await s.EnterAsync("guest");
        await s.IdentifyAsync("a", "owner:own");
        await s.IdentifyAsync("guest", "guest:gst");
        foreach (var perms in new[] { 0, 1, 2, 4, 8, 16, 31 })
        {
            var node = s.At($"p{perms}");
            await s.DoAsync($"create for {perms}", Op.Create, Requests.CreateWith(node, [], [new(31, "auth", ""), new(perms, "digest", "guest:xMsLNpqauQFKuaOFoq+uGroYkSk=")], 0));
            await s.DoAsync($"child for {perms}", Op.Create, Requests.Create(node + "/c"));
            foreach (var (type, path) in new[]
            {
                (Op.GetData, node), (Op.GetChildren, node), (Op.GetChildren2, node), (Op.GetAllChildrenNumber, node), (Op.GetAcl, node),
                (Op.SetData, node), (Op.Create, node + "/x"), (Op.Create2, node + "/y"), (Op.CreateContainer, node + "/z"), (Op.CreateTtl, node + "/t"),
                (Op.Delete, node + "/c"), (Op.Sync, node), (Op.GetEphemerals, node), (Op.AddWatch, node), (Op.RemoveWatches, node),
            })
            {
                await s.DoAsync($"{Op.NameOf(type)} with {perms}", "guest", type, Requests.Sample(type, path));
            }

            await s.DoAsync($"check with {perms}", "guest", Op.Multi, Requests.Multi((Op.Check, Requests.Versioned(node))));
            await s.DoAsync($"exists with {perms}", "guest", Op.Exists, Requests.Read(node));
            await s.DoAsync($"set acl with {perms}", "guest", Op.SetAcl, Requests.SetAcl(node, AclEntry.Open));
        }
    }

    private static async Task SuperAsync(Stage s)
    {
        await s.DoAsync("closed", Op.Create, Requests.CreateWith(s.At("c"), [], [new(31, "digest", "nobody:knows")], 0));
        await s.DoAsync("closed child", Op.Create, Requests.Create(s.At("c/x")));
        await s.EnterAsync("super");
        await s.IdentifyAsync("super", ServerSettings.SuperUser);
        foreach (var type in new[] { Op.GetData, Op.GetChildren, Op.GetAcl, Op.SetData, Op.Exists, Op.GetAllChildrenNumber })
        {
            await s.DoAsync(Op.NameOf(type), "super", type, Requests.Sample(type, s.At("c")));
        }

        await s.DoAsync("create", "super", Op.Create, Requests.CreateWith(s.At("c/y"), [], [new(31, "auth", "")], 0));
        await s.DoAsync("what auth stands for", "super", Op.GetAcl, Requests.Path(s.At("c/y")));
        await s.DoAsync("set config", "super", Op.SetData, Requests.SetData("/zookeeper/config", "x", 99));
        await s.DoAsync("reconfig", "super", Op.Reconfig, Requests.Reconfig(null, "1", null));
        await s.DoAsync("open it", "super", Op.SetAcl, Requests.SetAcl(s.At("c"), AclEntry.Open));
        await s.DoAsync("open", Op.GetData, Requests.Read(s.At("c")));
    }

    private static async Task ExpansionAsync(Stage s)
    {
        await s.DoAsync("nobody", Op.Create, Requests.CreateWith(s.At("n"), [], [new(31, "auth", "")], 0));
        await s.IdentifyAsync("a", "one:1");
        await s.DoAsync("one creates", Op.Create, Requests.CreateWith(s.At("one"), [], [new(31, "auth", "ignored")], 0));
        await s.DoAsync("acl of one", Op.GetAcl, Requests.Path(s.At("one")));
        await s.DoAsync("with others", Op.Create, Requests.CreateWith(s.At("mixed"), [], [new(1, "world", "anyone"), new(3, "auth", ""), new(31, "ip", "127.0.0.1")], 0));
        await s.DoAsync("acl with others", Op.GetAcl, Requests.Path(s.At("mixed")));
        await s.DoAsync("twice", Op.SetAcl, Requests.SetAcl(s.At("one"), [new(31, "auth", ""), new(1, "auth", "")]));
        await s.DoAsync("acl of twice", Op.GetAcl, Requests.Path(s.At("one")));
    }

    private static async Task AddressAsync(Stage s)
    {
        foreach (var (id, number) in new[] { "127.0.0.1", "127.0.0.1/32", "127.0.0.0/8", "127.0.0.1/8", "0.0.0.0/0", "10.0.0.0/8", "128.0.0.0/1", "126.0.0.0/7" }.Select((id, i) => (id, i)))
        {
            var path = s.At($"n{number}");
            await s.DoAsync($"create for {id}", Op.Create, Requests.CreateWith(path, [], [new(31, "ip", id)], 0));
            await s.DoAsync($"read with {id}", Op.GetData, Requests.Read(path));
            await s.DoAsync($"acl of {id}", Op.GetAcl, Requests.Path(path));
        }
    }
}
