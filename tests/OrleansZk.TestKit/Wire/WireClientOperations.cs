using System.Text;
using OrleansZk.Protocol;
using OrleansZk.Protocol.Records;

namespace OrleansZk.TestKit.Wire;

/// <summary>The requests that tests of a whole server send most; replies come as they are, errors included.</summary>
public static class WireClientOperations
{
    /// <summary>Sends an encoded request, such as one of <see cref="WireRequests"/>.</summary>
    public static Task<WireReply> SendAsync(this WireClient client, WireRequest request) =>
        client.SendAsync(request.Type, writer => writer.WriteRaw(request.Body));

    public static Task<WireReply> CreateAsync(this WireClient client, string path, byte[]? data, CreateMode mode = CreateMode.Persistent) =>
        client.SendAsync(OpCode.Create2, new CreateRequest(path, data, Acl.OpenUnsafe, (int)mode).Write);

    public static Task<WireReply> CreateAsync(this WireClient client, string path, string data = "", CreateMode mode = CreateMode.Persistent) =>
        client.CreateAsync(path, Encoding.UTF8.GetBytes(data), mode);

    public static Task<WireReply> SetDataAsync(this WireClient client, string path, byte[]? data, int version = -1) =>
        client.SendAsync(OpCode.SetData, new SetDataRequest(path, data, version).Write);

    public static Task<WireReply> SetDataAsync(this WireClient client, string path, string data, int version = -1) =>
        client.SetDataAsync(path, Encoding.UTF8.GetBytes(data), version);

    public static Task<WireReply> DeleteAsync(this WireClient client, string path, int version = -1) =>
        client.SendAsync(OpCode.Delete, new PathVersionRequest(path, version).Write);

    public static Task<WireReply> GetDataAsync(this WireClient client, string path, bool watch = false) =>
        client.SendAsync(OpCode.GetData, new PathWatchRequest(path, watch).Write);

    public static Task<WireReply> ExistsAsync(this WireClient client, string path, bool watch = false) =>
        client.SendAsync(OpCode.Exists, new PathWatchRequest(path, watch).Write);

    public static Task<WireReply> GetChildrenAsync(this WireClient client, string path, bool watch = false) =>
        client.SendAsync(OpCode.GetChildren2, new PathWatchRequest(path, watch).Write);

    public static Task<WireReply> AddWatchAsync(this WireClient client, string path, AddWatchMode mode) =>
        client.SendAsync(OpCode.AddWatch, new AddWatchRequest(path, (int)mode).Write);

    public static Task<WireReply> SyncAsync(this WireClient client, string path = "/") =>
        client.SendAsync(OpCode.Sync, new PathRequest(path).Write);

    public static Task<WireReply> PingAsync(this WireClient client) => client.SendAsync(OpCode.Ping);

    /// <summary>Sends a multi; <see cref="WireMultiResult.Read"/> reads its answer.</summary>
    public static Task<WireReply> MultiAsync(this WireClient client, IReadOnlyList<WireMultiPart> parts) => client.SendAsync(OpCode.Multi, writer =>
    {
        foreach (WireMultiPart part in parts)
        {
            new MultiHeader(part.Type, false, -1).Write(writer);
            part.Record(writer);
        }

        MultiHeader.End.Write(writer);
    });
}

/// <summary>One operation of a multi.</summary>
public sealed record WireMultiPart(OpCode Type, Action<JuteWriter> Record)
{
    public static WireMultiPart Create(string path, string data, CreateMode mode = CreateMode.Persistent) =>
        new(OpCode.Create2, new CreateRequest(path, Encoding.UTF8.GetBytes(data), Acl.OpenUnsafe, (int)mode).Write);

    public static WireMultiPart SetData(string path, string data, int version = -1) =>
        new(OpCode.SetData, new SetDataRequest(path, Encoding.UTF8.GetBytes(data), version).Write);

    public static WireMultiPart Delete(string path, int version = -1) => new(OpCode.Delete, new PathVersionRequest(path, version).Write);

    public static WireMultiPart Check(string path, int version) => new(OpCode.Check, new PathVersionRequest(path, version).Write);
}

/// <summary>What became of one operation of a multi.</summary>
public sealed record WireMultiResult(OpCode Type, ErrorCode Error, string? Path, Stat? Stat)
{
    public static IReadOnlyList<WireMultiResult> Read(WireReply reply)
    {
        var results = new List<WireMultiResult>();
        var reader = new JuteReader(reply.ThrowIfError().Body);
        for (MultiHeader header = MultiHeader.Read(ref reader); !header.Done; header = MultiHeader.Read(ref reader))
        {
            results.Add(header.Type switch
            {
                OpCode.Error => new WireMultiResult(header.Type, (ErrorCode)reader.ReadInt(), null, null),
                OpCode.Create => new WireMultiResult(header.Type, ErrorCode.Ok, reader.ReadString(), null),
                OpCode.Create2 => new WireMultiResult(header.Type, ErrorCode.Ok, reader.ReadString(), reader.ReadStat()),
                OpCode.SetData => new WireMultiResult(header.Type, ErrorCode.Ok, null, reader.ReadStat()),
                OpCode.Delete or OpCode.Check => new WireMultiResult(header.Type, ErrorCode.Ok, null, null),
                var other => throw new WireProtocolException($"a multi's answer holds a result of type {(int)other}"),
            });
        }

        return results;
    }
}
