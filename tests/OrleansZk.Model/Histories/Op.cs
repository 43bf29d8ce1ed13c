using System.Text;

namespace OrleansZk.Model.Histories;

/// <summary>A request of a history: what the model understands, and how it goes over the wire.</summary>
internal abstract record Op
{
    /// <param name="seen">The highest zxid that the client has seen.</param>
    public abstract WireRequest ToWire(long seen);

    protected static byte[]? Bytes(string? data) => data is null ? null : Encoding.UTF8.GetBytes(data);

    protected static string Show(IReadOnlyList<Acl>? acl) =>
        acl is null ? "null" : string.Join(',', acl.Select(entry => $"{entry.Id.Scheme}:{entry.Id.Id}:{(int)entry.Permissions}"));
}

internal abstract record WriteOp : Op;

internal abstract record ReadOp : Op;

internal sealed record CreateOp(OpCode Type, string Path, string? Data, IReadOnlyList<Acl>? Acl, int Flags, long? Ttl = null) : WriteOp
{
    public byte[]? Payload => Bytes(Data);

    public override WireRequest ToWire(long seen) =>
        WireRequests.Creation(Type, Path, Payload, Flags, Acl, Type == OpCode.CreateTtl ? Ttl ?? -1 : null);

    public override string ToString() => $"{Type} {Path} '{Data}' flags {Flags} ttl {Ttl} acl {Show(Acl)}";
}

internal sealed record DeleteOp(string Path, int Version) : WriteOp
{
    public override WireRequest ToWire(long seen) => WireRequests.Delete(Path, Version);
}

internal sealed record CheckOp(string Path, int Version) : WriteOp
{
    public override WireRequest ToWire(long seen) => WireRequests.Check(Path, Version);
}

internal sealed record SetDataOp(string Path, string? Data, int Version) : WriteOp
{
    public byte[]? Payload => Bytes(Data);

    public override WireRequest ToWire(long seen) => WireRequests.SetData(Path, Payload, Version);

    public override string ToString() => $"SetData {Path} '{Data}' version {Version}";
}

internal sealed record SetAclOp(string Path, IReadOnlyList<Acl>? Acl, int Version) : WriteOp
{
    public override WireRequest ToWire(long seen) => WireRequests.SetAcl(Path, Acl, Version);

    public override string ToString() => $"SetAcl {Path} version {Version} acl {Show(Acl)}";
}

internal sealed record MultiOp(IReadOnlyList<WriteOp> Parts) : WriteOp
{
    public override WireRequest ToWire(long seen) => WireRequests.Multi([.. Parts.Select(part => part.ToWire(seen))]);

    public override string ToString() => $"Multi [{string.Join(" | ", Parts)}]";
}

internal sealed record SyncOp(string Path) : WriteOp
{
    public override WireRequest ToWire(long seen) => WireRequests.Sync(Path);
}

internal sealed record ReconfigOp : WriteOp
{
    public override WireRequest ToWire(long seen) => WireRequests.Reconfig();
}

internal sealed record CloseOp : WriteOp
{
    public override WireRequest ToWire(long seen) => WireRequests.CloseSession();
}

/// <summary>exists, getData, getChildren, getChildren2, getACL, getAllChildrenNumber.</summary>
internal sealed record NodeReadOp(OpCode Type, string Path, bool Watch) : ReadOp
{
    public override WireRequest ToWire(long seen) => Type switch
    {
        OpCode.Exists => WireRequests.Exists(Path, Watch),
        OpCode.GetData => WireRequests.GetData(Path, Watch),
        OpCode.GetChildren => WireRequests.GetChildren(Path, Watch),
        OpCode.GetChildren2 => WireRequests.GetChildren2(Path, Watch),
        OpCode.GetAcl => WireRequests.GetAcl(Path),
        _ => WireRequests.GetAllChildrenNumber(Path),
    };
}

internal sealed record GetEphemeralsOp(string? Prefix) : ReadOp
{
    public override WireRequest ToWire(long seen) => WireRequests.GetEphemerals(Prefix);
}

internal sealed record MultiReadOp(IReadOnlyList<NodeReadOp> Parts) : ReadOp
{
    public override WireRequest ToWire(long seen) => WireRequests.MultiRead([.. Parts.Select(part => part.ToWire(seen))]);

    public override string ToString() => $"MultiRead [{string.Join(" | ", Parts)}]";
}

internal sealed record WhoAmIOp : ReadOp
{
    public override WireRequest ToWire(long seen) => WireRequests.WhoAmI();
}

internal sealed record PingOp : ReadOp
{
    public override WireRequest ToWire(long seen) => WireRequests.Ping();
}

internal sealed record AddWatchOp(string Path, int Mode) : ReadOp
{
    public override WireRequest ToWire(long seen) => WireRequests.AddWatch(Path, (AddWatchMode)Mode);
}

/// <summary>checkWatches and removeWatches.</summary>
internal sealed record WatcherTypeOp(OpCode Type, string Path, int WatcherType) : ReadOp
{
    public override WireRequest ToWire(long seen) => Type == OpCode.CheckWatches
        ? WireRequests.CheckWatches(Path, (WatcherType)WatcherType)
        : WireRequests.RemoveWatches(Path, (WatcherType)WatcherType);
}

/// <summary>setWatches, setWatches2.</summary>
/// <param name="Behind">How many transactions before the last one seen the client claims to be.</param>
internal sealed record SetWatchesOp(
    OpCode Type,
    int Behind,
    IReadOnlyList<string> Data,
    IReadOnlyList<string> Exist,
    IReadOnlyList<string> Child,
    IReadOnlyList<string> Persistent,
    IReadOnlyList<string> Recursive) : ReadOp
{
    /// <summary>The zxid that the client claims to have seen, when the request is sent.</summary>
    public long Relative { get; init; }

    public override WireRequest ToWire(long seen) => Type == OpCode.SetWatches
        ? WireRequests.SetWatches(seen - Behind, Data, Exist, Child)
        : WireRequests.SetWatches2(seen - Behind, Data, Exist, Child, Persistent, Recursive);

    public override string ToString()
    {
        static string Show(IReadOnlyList<string> paths) => $"[{string.Join(' ', paths)}]";
        return $"{Type} -{Behind} data {Show(Data)} exist {Show(Exist)} child {Show(Child)} persistent {Show(Persistent)} recursive {Show(Recursive)}";
    }
}

internal sealed record AuthOp(string Scheme, string Credentials) : Op
{
    public override WireRequest ToWire(long seen) => WireRequests.Auth(Scheme, Credentials);
}

/// <summary>A request that a client may not make, whole or by itself: −6, and the connection ends.</summary>
internal sealed record ForbiddenOp(OpCode Type) : ReadOp
{
    public override WireRequest ToWire(long seen) => Type switch
    {
        OpCode.Check => WireRequests.Check("/a"),
        OpCode.DeleteContainer => WireRequests.DeleteContainer("/c"),
        OpCode.CreateSession => WireRequests.CreateSession(5000),
        _ => new WireRequest(Type, []),
    };
}

/// <summary>A record that ends too soon: −5, and the connection goes on.</summary>
internal sealed record MalformedOp(OpCode Type) : ReadOp
{
    public override WireRequest ToWire(long seen) => new(Type, [0, 0]);
}
