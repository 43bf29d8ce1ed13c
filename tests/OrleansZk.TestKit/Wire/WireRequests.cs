using System.Text;
using OrleansZk.Protocol;
using OrleansZk.Protocol.Records;

namespace OrleansZk.TestKit.Wire;

/// <summary>Every request of the protocol, built on the product's records.</summary>
public static class WireRequests
{
    public static WireRequest Create(
        string path, byte[]? data = null, CreateMode mode = CreateMode.Persistent, IReadOnlyList<Acl>? acl = null) =>
        Creation(OpCode.Create, path, data, (int)mode, acl ?? Acl.OpenUnsafe);

    public static WireRequest Create(string path, string data, CreateMode mode = CreateMode.Persistent, IReadOnlyList<Acl>? acl = null) =>
        Create(path, Encoding.UTF8.GetBytes(data), mode, acl);

    public static WireRequest Create2(
        string path, byte[]? data = null, CreateMode mode = CreateMode.Persistent, IReadOnlyList<Acl>? acl = null) =>
        Creation(OpCode.Create2, path, data, (int)mode, acl ?? Acl.OpenUnsafe);

    public static WireRequest CreateContainer(string path, byte[]? data = null, IReadOnlyList<Acl>? acl = null) =>
        Creation(OpCode.CreateContainer, path, data, (int)CreateMode.Container, acl ?? Acl.OpenUnsafe);

    /// <param name="ttl">Milliseconds.</param>
    public static WireRequest CreateTtl(
        string path, long ttl, byte[]? data = null, CreateMode mode = CreateMode.PersistentWithTtl, IReadOnlyList<Acl>? acl = null) =>
        Creation(OpCode.CreateTtl, path, data, (int)mode, acl ?? Acl.OpenUnsafe, ttl);

    /// <summary>A creation with whatever flags, list and time to live; a null list is sent as one.</summary>
    public static WireRequest Creation(OpCode type, string path, byte[]? data, int flags, IReadOnlyList<Acl>? acl, long? ttl = null) =>
        WireRequest.Of(type, new CreateRequest(path, data, acl, flags, ttl).Write);

    public static WireRequest Delete(string path, int version = -1) =>
        WireRequest.Of(OpCode.Delete, new PathVersionRequest(path, version).Write);

    public static WireRequest Check(string path, int version = -1) =>
        WireRequest.Of(OpCode.Check, new PathVersionRequest(path, version).Write);

    public static WireRequest SetData(string path, byte[]? data, int version = -1) =>
        WireRequest.Of(OpCode.SetData, new SetDataRequest(path, data, version).Write);

    public static WireRequest SetData(string path, string data, int version = -1) => SetData(path, Encoding.UTF8.GetBytes(data), version);

    public static WireRequest SetAcl(string path, IReadOnlyList<Acl>? acl, int version = -1) =>
        WireRequest.Of(OpCode.SetAcl, new SetAclRequest(path, acl, version).Write);

    public static WireRequest Multi(params IReadOnlyList<WireRequest> parts) => Parts(OpCode.Multi, parts);

    public static WireRequest MultiRead(params IReadOnlyList<WireRequest> parts) => Parts(OpCode.MultiRead, parts);

    public static WireRequest Reconfig(string? joining = null, string? leaving = null, string? members = null, long configId = -1) =>
        WireRequest.Of(OpCode.Reconfig, new ReconfigRequest(joining, leaving, members, configId).Write);

    public static WireRequest Sync(string? path = "/") => WireRequest.Of(OpCode.Sync, new PathRequest(path).Write);

    public static WireRequest DeleteContainer(string path) => WireRequest.Of(OpCode.DeleteContainer, new PathRequest(path).Write);

    public static WireRequest CreateSession(int timeout) => WireRequest.Of(OpCode.CreateSession, writer => writer.WriteInt(timeout));

    public static WireRequest CloseSession() => WireRequest.Of(OpCode.CloseSession);

    public static WireRequest Ping() => WireRequest.Of(OpCode.Ping);

    public static WireRequest Exists(string path, bool watch = false) => Read(OpCode.Exists, path, watch);

    public static WireRequest GetData(string path, bool watch = false) => Read(OpCode.GetData, path, watch);

    public static WireRequest GetChildren(string path, bool watch = false) => Read(OpCode.GetChildren, path, watch);

    public static WireRequest GetChildren2(string path, bool watch = false) => Read(OpCode.GetChildren2, path, watch);

    public static WireRequest GetAcl(string path) => WireRequest.Of(OpCode.GetAcl, new PathRequest(path).Write);

    public static WireRequest GetAllChildrenNumber(string path) =>
        WireRequest.Of(OpCode.GetAllChildrenNumber, new PathRequest(path).Write);

    public static WireRequest GetEphemerals(string? prefix = "/") => WireRequest.Of(OpCode.GetEphemerals, new PathRequest(prefix).Write);

    public static WireRequest WhoAmI() => WireRequest.Of(OpCode.WhoAmI);

    public static WireRequest AddWatch(string path, AddWatchMode mode = AddWatchMode.Persistent) =>
        WireRequest.Of(OpCode.AddWatch, new AddWatchRequest(path, (int)mode).Write);

    public static WireRequest CheckWatches(string path, WatcherType type) =>
        WireRequest.Of(OpCode.CheckWatches, new WatcherTypeRequest(path, (int)type).Write);

    public static WireRequest RemoveWatches(string path, WatcherType type) =>
        WireRequest.Of(OpCode.RemoveWatches, new WatcherTypeRequest(path, (int)type).Write);

    public static WireRequest SetWatches(
        long relativeZxid, IReadOnlyList<string>? data = null, IReadOnlyList<string>? exist = null, IReadOnlyList<string>? child = null) =>
        WireRequest.Of(
            OpCode.SetWatches,
            writer => new SetWatchesRequest(relativeZxid, data ?? [], exist ?? [], child ?? [], [], []).Write(writer, withPersistent: false));

    public static WireRequest SetWatches2(
        long relativeZxid,
        IReadOnlyList<string>? data = null,
        IReadOnlyList<string>? exist = null,
        IReadOnlyList<string>? child = null,
        IReadOnlyList<string>? persistent = null,
        IReadOnlyList<string>? recursive = null) =>
        WireRequest.Of(
            OpCode.SetWatches2,
            writer => new SetWatchesRequest(relativeZxid, data ?? [], exist ?? [], child ?? [], persistent ?? [], recursive ?? [])
                .Write(writer, withPersistent: true));

    public static WireRequest Auth(string scheme, string credentials) => Auth(scheme, Encoding.UTF8.GetBytes(credentials));

    public static WireRequest Auth(string scheme, byte[] credentials) =>
        WireRequest.Of(OpCode.Auth, new AuthRequest(0, scheme, credentials).Write);

    public static WireRequest Sasl(byte[] token) => WireRequest.Of(OpCode.Sasl, writer => writer.WriteBuffer(token));

    /// <summary>A connection's first frame.</summary>
    public static byte[] ConnectFrame(in ConnectRequest request)
    {
        var writer = new JuteWriter();
        writer.WriteInt(0);
        request.Write(writer);
        writer.SetInt(0, writer.Length - Frame.HeaderLength);
        return writer.Written.ToArray();
    }

    private static WireRequest Read(OpCode type, string path, bool watch) => WireRequest.Of(type, new PathWatchRequest(path, watch).Write);

    private static WireRequest Parts(OpCode type, IReadOnlyList<WireRequest> parts) => WireRequest.Of(type, writer =>
    {
        foreach (WireRequest part in parts)
        {
            new MultiHeader(part.Type, false, -1).Write(writer);
            writer.WriteRaw(part.Body);
        }

        MultiHeader.End.Write(writer);
    });
}
