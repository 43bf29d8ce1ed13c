using FsCheck;
using FsCheck.Fluent;

namespace OrleansZk.Model.Histories;

/// <summary>Random histories over few paths, few clients and few identities, so that things meet.</summary>
internal static class Generators
{
    public const int Slots = 4;

    private static readonly string[] Users = ["u:1", "v:2"];

    private static readonly Gen<string> CommonPath = Gen.Frequency(
        (4, Gen.Constant("/a")),
        (4, Gen.Constant("/a/x")),
        (2, Gen.Constant("/b")),
        (2, Gen.Constant("/a/x/z")),
        (5, Gen.Elements("/a/y", "/b/č", "/c", "/t", "/c/k")));

    private static readonly Gen<string> AnyPath = Gen.Frequency(
        (30, CommonPath),
        (2, Gen.Elements("/a/s-0000000000", "/a/s-0000000001", "/a/s-0000000002", "/b/s-0000000000", "/s-0000000001", "/s-0000000003")),
        (1, Gen.Elements("/", "/zookeeper", "/zookeeper/config", "/zookeeper/quota", "/zookeeper/quota/a/zookeeper_stats")),
        (1, Gen.Elements("", "a", "a/b", "/a/", "/a//x", "/a/.", "/\u0001", "/a/\u0000")));

    private static readonly Gen<string> NewPath = Gen.Frequency((6, AnyPath), (2, Gen.Elements("/a/s-", "/b/s-", "/s-", "/a/")));

    private static readonly Gen<string?> Data = Gen.Elements<string?>(null, "", "x", "yy", "zzzzzzzz", "longer data than the quota allows");

    private static readonly Gen<int> Version = Gen.Frequency((6, Gen.Constant(-1)), (4, Gen.Choose(0, 3)), (1, Gen.Constant(-2)));

    private static readonly Gen<IReadOnlyList<Acl>?> InvalidAcl = Gen.Elements<IReadOnlyList<Acl>?>(
        null,
        [],
        [new Acl(Permissions.All, new AclId("nobody", "x"))],
        [new Acl(Permissions.All, new AclId("digest", "x"))]);

    private static readonly Gen<IReadOnlyList<Acl>?> AnyAcl = Gen.Frequency(
        (20, Gen.Constant<IReadOnlyList<Acl>?>(Acl.OpenUnsafe)),
        (2, Gen.Constant<IReadOnlyList<Acl>?>(Acl.CreatorAll)),
        (2, List(Entry(Permissions.All, Users[0]), new Acl(Permissions.Read, AclId.Anyone))),
        (2, List(Entry(Permissions.Read | Permissions.Create, Users[1]), new Acl(Permissions.Write | Permissions.Admin, AclId.Anyone))),
        (1, List(Entry(Permissions.All, Users[0]), Entry(Permissions.All, Users[1]), Entry(Permissions.All, Users[0]))),
        (1, List(
            new Acl(Permissions.All, new AclId("ip", "10.0.0.1")), new Acl(Permissions.Create | Permissions.Delete, AclId.Anyone))),
        (1, InvalidAcl));

    private static readonly Gen<WriteOp> PlainCreate =
        from path in NewPath
        from data in Data
        from acl in AnyAcl
        from flags in Gen.Frequency((16, Gen.Elements(0, 0, 0, 0, 1, 1, 2, 3)), (1, Gen.Choose(-1, 7)))
        from type in Gen.Elements(OpCode.Create, OpCode.Create2)
        select (WriteOp)new CreateOp(type, path, data, acl, flags);

    private static readonly Gen<WriteOp> ContainerCreate =
        from path in Gen.Frequency((2, Gen.Constant("/c")), (1, NewPath))
        from acl in AnyAcl
        from flags in Gen.Frequency((8, Gen.Constant(4)), (1, Gen.Choose(0, 6)))
        select (WriteOp)new CreateOp(OpCode.CreateContainer, path, "x", acl, flags);

    private static readonly Gen<WriteOp> TtlCreate =
        from path in Gen.Frequency((2, Gen.Constant("/t")), (1, NewPath))
        from ttl in Gen.Elements(1L, 1500L, 6000L, 0L, -1L, 1L << 40)
        from flags in Gen.Frequency((8, Gen.Choose(5, 6)), (1, Gen.Choose(0, 7)))
        select (WriteOp)new CreateOp(OpCode.CreateTtl, path, "x", Acl.OpenUnsafe, flags, ttl);

    private static readonly Gen<WriteOp> Create = Gen.Frequency((10, PlainCreate), (2, ContainerCreate), (2, TtlCreate));

    private static readonly Gen<string> QuotaFolder = Gen.Elements("/a", "/b", "/a/x").Select(path => $"/zookeeper/quota{path}");

    private static readonly Gen<WriteOp> WholeQuota =
        from folder in QuotaFolder
        select (WriteOp)new MultiOp(
        [
            new CreateOp(OpCode.Create, folder, "", Acl.OpenUnsafe, 0),
            Limits(folder, 3, 20),
            new CreateOp(OpCode.Create, $"{folder}/zookeeper_stats", "count=0,bytes=0", Acl.OpenUnsafe, 0),
        ]);

    private static readonly Gen<WriteOp> QuotaLimits =
        from folder in QuotaFolder
        from count in Gen.Choose(-1, 4)
        from bytes in Gen.Choose(-1, 30)
        select (WriteOp)Limits(folder, count, bytes);

    private static readonly Gen<WriteOp> QuotaEdit =
        from folder in QuotaFolder
        from text in Gen.Elements("count=5,bytes=5", "nonsense", "", "count=-1,bytes=-1=;byteHardLimit=9;countHardLimit=2")
        from name in Gen.Elements("zookeeper_limits", "zookeeper_stats")
        select (WriteOp)new SetDataOp($"{folder}/{name}", text, -1);

    private static readonly Gen<WriteOp> QuotaEnd =
        from folder in QuotaFolder
        from name in Gen.Elements("/zookeeper_limits", "/zookeeper_stats", "")
        select (WriteOp)new DeleteOp(folder + name, -1);

    private static readonly Gen<WriteOp> Quota = Gen.OneOf(WholeQuota, QuotaLimits, QuotaEdit, QuotaEnd);

    private static readonly Gen<WriteOp> Delete = from path in AnyPath from version in Version select (WriteOp)new DeleteOp(path, version);

    private static readonly Gen<WriteOp> SetData =
        from path in AnyPath from data in Data from version in Version select (WriteOp)new SetDataOp(path, data, version);

    private static readonly Gen<WriteOp> Check = from path in AnyPath from version in Version select (WriteOp)new CheckOp(path, version);

    private static readonly Gen<WriteOp> Part = Gen.Frequency((6, Create), (4, Delete), (4, SetData), (2, Check));

    private static readonly Gen<WriteOp> Multi =
        from count in Gen.Frequency((1, Gen.Constant(0)), (12, Gen.Choose(1, 3)), (4, Gen.Choose(4, 6)))
        from parts in Gen.ListOf(Part, count)
        select (WriteOp)new MultiOp([.. parts]);

    private static readonly Gen<WriteOp> Write = Gen.Frequency(
        (16, Create),
        (6, Delete),
        (10, SetData),
        (3, from path in AnyPath from acl in AnyAcl from version in Version select (WriteOp)new SetAclOp(path, acl, version)),
        (6, Multi),
        (2, Quota),
        (1, from path in AnyPath select (WriteOp)new SyncOp(path)),
        (1, Gen.Constant<WriteOp>(new ReconfigOp())));

    private static readonly Gen<OpCode> NodeRead =
        Gen.Elements(OpCode.Exists, OpCode.GetData, OpCode.GetChildren, OpCode.GetChildren2, OpCode.GetAcl, OpCode.GetAllChildrenNumber);

    private static readonly Gen<IReadOnlyList<string>> Paths =
        from count in Gen.Choose(0, 3) from paths in Gen.ListOf(AnyPath, count) select (IReadOnlyList<string>)[.. paths];

    private static readonly Gen<Op> ReadNode =
        from type in NodeRead
        from path in AnyPath
        from watch in Gen.Elements(true, true, false)
        select (Op)new NodeReadOp(type, path, watch);

    private static readonly Gen<Op> AddWatch =
        from path in Gen.Frequency((1, Gen.Constant("/")), (9, AnyPath))
        from mode in Gen.Frequency((20, Gen.Choose(0, 1)), (1, Gen.Choose(-1, 3)))
        select (Op)new AddWatchOp(path, mode);

    private static readonly Gen<Op> WatcherType =
        from type in Gen.Elements(OpCode.CheckWatches, OpCode.RemoveWatches)
        from path in AnyPath
        from kind in Gen.Choose(0, 6)
        select (Op)new WatcherTypeOp(type, path, kind);

    private static readonly Gen<NodeReadOp> ReadPart =
        from type in Gen.Elements(OpCode.GetData, OpCode.GetChildren) from path in AnyPath select new NodeReadOp(type, path, true);

    private static readonly Gen<Op> MultiRead =
        from count in Gen.Choose(0, 4) from parts in Gen.ListOf(ReadPart, count) select (Op)new MultiReadOp([.. parts]);

    private static readonly Gen<Op> SetWatches =
        from type in Gen.Elements(OpCode.SetWatches, OpCode.SetWatches2)
        from behind in Gen.Choose(0, 8)
        from data in Paths
        from exist in Paths
        from child in Paths
        from persistent in Paths
        from recursive in Paths
        select (Op)new SetWatchesOp(type, behind, data, exist, child, persistent, recursive);

    private static readonly Gen<OpCode> WithRecord =
        Gen.Elements(OpCode.Create, OpCode.SetData, OpCode.GetData, OpCode.Multi, OpCode.AddWatch, OpCode.SetWatches2);

    private static readonly Gen<Op> Read = Gen.Frequency<Op>(
        (24, ReadNode),
        (8, AddWatch),
        (4, WatcherType),
        (2, Gen.Elements<string?>(null, "", "/", "/a", "/a/s", "none").Select(prefix => (Op)new GetEphemeralsOp(prefix))),
        (2, MultiRead),
        (3, SetWatches),
        (1, Gen.Constant<Op>(new WhoAmIOp())),
        (1, Gen.Constant<Op>(new PingOp())),
        (1, WithRecord.Select(type => (Op)new MalformedOp(type))));

    private static readonly Gen<OpCode> ForbiddenType =
        Gen.Elements(OpCode.Check, OpCode.DeleteContainer, OpCode.CreateSession, (OpCode)55);

    private static readonly Gen<Op> Rare = Gen.Frequency<Op>(
        (6, Gen.Elements(Users).Select(user => (Op)new AuthOp("digest", user))),
        (1, Gen.Constant<Op>(new AuthOp("digest", EngineSettings.SuperPassword))),
        (1, Gen.Elements(new AuthOp("ip", "x"), new AuthOp("none", "x")).Select(op => (Op)op)),
        (3, Gen.Constant<Op>(new CloseOp())),
        (1, ForbiddenType.Select(type => (Op)new ForbiddenOp(type))));

    private static readonly Gen<Op> AnyOp = Gen.Frequency((20, Write.Select(op => (Op)op)), (18, Read), (2, Rare));

    private static readonly Gen<int> Slot = Gen.Elements(0, 0, 1, 1, 2, 3);

    private static readonly Gen<int> Timeout = Gen.Elements(4000, 6000, 10_000, 40_000, 1);

    private static readonly Gen<Step> Send =
        from slot in Slot
        from count in Gen.Frequency((6, Gen.Constant(1)), (3, Gen.Choose(2, 6)))
        from ops in Gen.ListOf(AnyOp, count)
        select (Step)new SendStep(slot, [.. ops]);

    private static readonly Gen<Step> Resume =
        from slot in Slot
        from timeout in Timeout
        from right in Gen.Elements(true, true, true, true, false)
        select (Step)new ResumeStep(slot, timeout, right);

    private static readonly Gen<Step> AnyStep = Gen.Frequency<Step>(
        (60, Send),
        (6, from slot in Slot from ops in Gen.ListOf(AnyOp, 2) select (Step)new SendStep(slot, [.. ops], ByOld: true)),
        (20, from slot in Slot from timeout in Timeout select (Step)new OpenStep(slot, timeout)),
        (3, from slot in Slot select (Step)new DisconnectStep(slot)),
        (6, Resume),
        (7, from time in Gen.Elements(1, 700, 1000, 3000, 7000) select (Step)new AdvanceStep(time)),
        (3, Gen.Constant<Step>(new ReapStep())),
        (6, Gen.Constant<Step>(new HoldStep())),
        (10, from all in Gen.Elements(true, false, false) select (Step)new ReleaseStep(all)),
        (2, from fails in Gen.Elements(true, false, false) select (Step)new CheckpointStep(fails)),
        (1, from keep in Gen.Elements(true, false) select (Step)new RestartStep(keep)));

    private static readonly Step[] Beginning =
    [
        new OpenStep(0, 40_000),
        new OpenStep(1, 10_000),
        new SendStep(0, [.. new[] { "/a", "/b" }.Select(path => new CreateOp(OpCode.Create2, path, "x", Acl.OpenUnsafe, 0))]),
    ];

    // A quota that is nearly used up, so that requests on their way count.
    private static readonly Step QuotaBeginning = new SendStep(0,
    [
        new CreateOp(OpCode.Create, "/zookeeper/quota/a", "", Acl.OpenUnsafe, 0),
        Limits("/zookeeper/quota/a", 3, 12),
        new CreateOp(OpCode.Create, "/zookeeper/quota/a/zookeeper_stats", "", Acl.OpenUnsafe, 0),
    ]);

    /// <summary>Whole histories, with a shrinker that leaves out steps and requests.</summary>
    public static Arbitrary<History> Histories { get; } = Arb.From(
        from count in Gen.Choose(5, 200) from steps in Gen.ListOf(AnyStep, count) from withQuota in Gen.Elements(true, false, false)
        select new History([.. Beginning, .. withQuota ? [QuotaBeginning] : Array.Empty<Step>(), .. steps]),
        history => history.Shrunk());

    private static Acl Entry(Permissions permissions, string user) => new(permissions, new AclId("digest", EngineSettings.DigestId(user)));

    private static Gen<IReadOnlyList<Acl>?> List(params Acl[] entries) => Gen.Constant<IReadOnlyList<Acl>?>(entries);

    private static CreateOp Limits(string folder, int count, int bytes) => new(
        OpCode.Create, $"{folder}/zookeeper_limits", $"count=-1,bytes=-1=;byteHardLimit={bytes};countHardLimit={count}", Acl.OpenUnsafe, 0);
}
