namespace OrleansZk.Interop.Wire;

/// <summary>The bodies of the requests, by name.</summary>
public static class Requests
{
    public static byte[] Create(string? path, string? data = "", int flags = 0, IReadOnlyList<AclEntry>? acl = null) =>
        CreateWith(path, data is null ? null : System.Text.Encoding.UTF8.GetBytes(data), acl ?? AclEntry.Open, flags);

    public static byte[] CreateWith(string? path, byte[]? data, IReadOnlyList<AclEntry>? acl, int flags) =>
        new Body().Text(path).Buffer(data).Acl(acl).Int(flags);

    public static byte[] CreateTtl(string? path, int flags, long ttl) =>
        new Body().Raw(CreateWith(path, null, AclEntry.Open, flags)).Long(ttl);

    public static byte[] Path(string? path) => new Body().Text(path);

    /// <summary>exists, getData, getChildren and getChildren2.</summary>
    public static byte[] Read(string? path, bool watch = false) => new Body().Text(path).Bool(watch);

    /// <summary>delete and check.</summary>
    public static byte[] Versioned(string? path, int version = -1) => new Body().Text(path).Int(version);

    public static byte[] SetData(string? path, string? data, int version = -1) =>
        new Body().Text(path).Buffer(data is null ? null : System.Text.Encoding.UTF8.GetBytes(data)).Int(version);

    public static byte[] SetAcl(string? path, IReadOnlyList<AclEntry>? acl, int version = -1) => new Body().Text(path).Acl(acl).Int(version);

    /// <summary>checkWatches, removeWatches (a type) and addWatch (a mode).</summary>
    public static byte[] Watch(string? path, int typeOrMode) => new Body().Text(path).Int(typeOrMode);

    public static byte[] SetWatches(long zxid, string[] data, string[] exists, string[] children) =>
        new Body().Long(zxid).Texts(data).Texts(exists).Texts(children);

    public static byte[] SetWatches2(long zxid, string[] data, string[] exists, string[] children, string[] persistent, string[] recursive) =>
        new Body().Raw(SetWatches(zxid, data, exists, children)).Texts(persistent).Texts(recursive);

    public static byte[] Auth(string? scheme, string? credentials, int type = 0) =>
        new Body().Int(type).Text(scheme).Buffer(credentials is null ? null : System.Text.Encoding.UTF8.GetBytes(credentials));

    public static byte[] Reconfig(string? joining, string? leaving, string? members, long version = -1) =>
        new Body().Text(joining).Text(leaving).Text(members).Long(version);

    /// <summary>multi and multiRead.</summary>
    public static byte[] Multi(params (int Type, byte[] Body)[] operations)
    {
        ArgumentNullException.ThrowIfNull(operations);
        var body = new Body();
        foreach (var (type, operation) in operations)
        {
            body.Int(type).Bool(false).Int(-1).Raw(operation);
        }

        return body.Int(-1).Bool(true).Int(-1);
    }

    /// <summary>A well-formed request of the given type, about a path.</summary>
    public static byte[] Sample(int type, string path) => type switch
    {
        Op.Create or Op.Create2 => Create(path),
        Op.CreateContainer => Create(path, "", 4),
        Op.CreateTtl => CreateTtl(path, 5, 3_600_000),
        Op.Delete or Op.Check => Versioned(path),
        Op.Exists or Op.GetData or Op.GetChildren or Op.GetChildren2 => Read(path),
        Op.SetData => SetData(path, "x"),
        Op.GetAcl or Op.Sync or Op.GetEphemerals or Op.GetAllChildrenNumber => Path(path),
        Op.SetAcl => SetAcl(path, AclEntry.Open),
        Op.Multi => Multi((Op.Create, Create(path))),
        Op.MultiRead => Multi((Op.GetData, Read(path))),
        Op.CheckWatches or Op.RemoveWatches => Watch(path, 3),
        Op.AddWatch => Watch(path, 0),
        Op.SetWatches => SetWatches(0, [], [path], []),
        Op.SetWatches2 => SetWatches2(0, [], [path], [], [], []),
        Op.WhoAmI => Body.Empty,
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, "No sample for this request type."),
    };
}
