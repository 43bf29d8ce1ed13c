using static OrleansZk.TestKit.Wire.WireRequests;

namespace OrleansZk.Model.Fuzz;

/// <summary>Whole requests of every operation, to be damaged.</summary>
internal static class Samples
{
    private static readonly Acl[] Lists = [.. Acl.OpenUnsafe, new Acl(Permissions.Read, new AclId("digest", EngineSettings.DigestId("u:1")))];

    public static IReadOnlyDictionary<OpCode, WireRequest[]> All { get; } = new[]
    {
        Create("/f", "data"),
        Create("/f/s-", mode: CreateMode.EphemeralSequential, acl: Lists),
        Create2("/g", "data"u8.ToArray(), CreateMode.PersistentSequential),
        CreateContainer("/c"),
        CreateTtl("/t", 1000),
        CreateTtl("/t-", 5, mode: CreateMode.PersistentSequentialWithTtl),
        Delete("/f"),
        Delete("/a/b", 0),
        DeleteContainer("/c"),
        SetData("/a", "data"),
        SetData("/a/b", (byte[]?)null, 3),
        SetAcl("/a/b", Lists, 0),
        Check("/a", 0),
        Multi(
            Create("/m", "1"),
            SetData("/m", "2"),
            Check("/m", 1),
            CreateTtl("/m/t", 50),
            CreateContainer("/m/c"),
            Delete("/m/c"),
            Create2("/m/e", mode: CreateMode.Ephemeral)),
        Multi(Create("/m2"), Delete("/none")),
        Sync("/a"),
        Reconfig("a", "b", "c"),
        CreateSession(5000),
        CloseSession(),
        Ping(),
        Exists("/a", true),
        GetData("/a", true),
        GetAcl("/a"),
        GetChildren("/a", true),
        GetChildren2("/a", true),
        GetAllChildrenNumber("/a"),
        GetEphemerals("/"),
        WhoAmI(),
        MultiRead(GetData("/a"), GetChildren("/"), GetData("/none")),
        AddWatch("/a"),
        AddWatch("/", AddWatchMode.PersistentRecursive),
        CheckWatches("/a", WatcherType.Any),
        RemoveWatches("/a", WatcherType.Data),
        SetWatches(1, ["/a", "/x"], ["/b"], ["/c"]),
        SetWatches2(1, ["/a"], ["/a/b", "/x"], ["/"], ["/p"], ["/r", "/"]),
        Auth("digest", "u:1"),
        Auth("ip", "10.0.0.1"),
        Sasl([1, 2, 3]),
    }.GroupBy(request => request.Type).ToDictionary(group => group.Key, group => group.ToArray());
}
