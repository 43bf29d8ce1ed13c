using OrleansZk.Protocol;
using OrleansZk.Protocol.Records;

namespace OrleansZk.Client;

/// <summary>Requests and answers as they are on the wire, without the length of the frame.</summary>
public static class ClientCodec
{
    /// <param name="xid">Ignored where the protocol gives the operation an xid of its own.</param>
    public static void WriteRequest(JuteWriter writer, int xid, ClientRequest request)
    {
        int sent = request.Code switch
        {
            OpCode.Ping => ReservedXid.Ping,
            OpCode.Auth => ReservedXid.Auth,
            OpCode.SetWatches2 => ReservedXid.SetWatches,
            _ => xid,
        };
        new RequestHeader(sent, request.Code).Write(writer);
        WriteRecord(writer, request);
    }

    /// <summary>Reads what follows the answer's header.</summary>
    /// <exception cref="JuteException">The bytes are not an answer to the request.</exception>
    public static ClientReply ReadReply(ref JuteReader reader, in ReplyHeader header, ClientRequest request)
    {
        var reply = new ClientReply(header.Error, header.Zxid);
        return header.Error == ErrorCode.Ok ? ReadRecord(ref reader, reply, request.Code) : reply;
    }

    private static void WriteRecord(JuteWriter writer, ClientRequest request)
    {
        switch (request.Code)
        {
            case OpCode.Ping or OpCode.CloseSession or OpCode.WhoAmI:
                break;
            case OpCode.Create2 or OpCode.CreateContainer:
                new CreateRequest(request.Path, request.Data, request.Acl, request.Number).Write(writer);
                break;
            case OpCode.CreateTtl:
                new CreateRequest(request.Path, request.Data, request.Acl, request.Number, request.TimeToLive).Write(writer);
                break;
            case OpCode.Delete or OpCode.Check:
                new PathVersionRequest(request.Path, request.Number).Write(writer);
                break;
            case OpCode.SetData:
                new SetDataRequest(request.Path, request.Data, request.Number).Write(writer);
                break;
            case OpCode.SetAcl:
                new SetAclRequest(request.Path, request.Acl, request.Number).Write(writer);
                break;
            case OpCode.Exists or OpCode.GetData or OpCode.GetChildren2:
                new PathWatchRequest(request.Path, request.Watch).Write(writer);
                break;
            case OpCode.GetAcl or OpCode.Sync or OpCode.GetEphemerals:
                new PathRequest(request.Path).Write(writer);
                break;
            case OpCode.AddWatch:
                new AddWatchRequest(request.Path, request.Number).Write(writer);
                break;
            case OpCode.RemoveWatches:
                new WatcherTypeRequest(request.Path, request.Number).Write(writer);
                break;
            case OpCode.Auth:
                new AuthRequest(0, request.Path, request.Data ?? []).Write(writer);
                break;
            case OpCode.SetWatches2 when request.Watches is { } watches:
                new SetWatchesRequest(
                    watches.LastZxid, watches.Data, watches.Exist, watches.Children, watches.Persistent, watches.PersistentRecursive).Write(writer, withPersistent: true);
                break;
            case OpCode.Multi:
                foreach (ClientRequest part in request.Parts)
                {
                    new MultiHeader(part.Code, false, -1).Write(writer);
                    WriteRecord(writer, part);
                }

                MultiHeader.End.Write(writer);
                break;
            default:
                throw new KeeperException(ErrorCode.Unimplemented, request.Path);
        }
    }

    private static ClientReply ReadRecord(ref JuteReader reader, ClientReply reply, OpCode code)
    {
        switch (code)
        {
            case OpCode.Create2 or OpCode.CreateContainer or OpCode.CreateTtl:
                return reply with { Path = reader.ReadString(), Stat = reader.ReadStat() };
            case OpCode.Exists or OpCode.SetData or OpCode.SetAcl:
                return reply with { Stat = reader.ReadStat() };
            case OpCode.GetData:
                DataResponse data = DataResponse.Read(ref reader);
                return reply with { Data = data.Data ?? [], Stat = data.Stat };
            case OpCode.GetChildren2:
                return reply with { Names = reader.ReadStrings(), Stat = reader.ReadStat() };
            case OpCode.GetEphemerals:
                return reply with { Names = reader.ReadStrings() };
            case OpCode.GetAcl:
                AclResponse acl = AclResponse.Read(ref reader);
                return reply with { Acl = acl.Acl ?? [], Stat = acl.Stat };
            case OpCode.Sync:
                return reply with { Path = reader.ReadString() };
            case OpCode.Multi:
                return ReadParts(ref reader, reply);
            default:
                return reply;
        }
    }

    /// <summary>A multi that was refused answers without an error of its own; its parts have them.</summary>
    private static ClientReply ReadParts(ref JuteReader reader, ClientReply reply)
    {
        var parts = new List<ClientReply>();
        for (MultiHeader header = MultiHeader.Read(ref reader); !header.Done; header = MultiHeader.Read(ref reader))
        {
            parts.Add(header.Type == OpCode.Error
                ? new ClientReply((ErrorCode)reader.ReadInt(), 0)
                : ReadRecord(ref reader, new ClientReply(ErrorCode.Ok, 0), header.Type));
        }

        return reply with { Parts = parts };
    }
}
