namespace OrleansZk.Protocol.Tests.Recordings;

/// <summary>Reads each kind of request with the product's records, and writes with them what was read.</summary>
internal static class RequestRecords
{
    public static void Copy(OpCode type, ref JuteReader reader, JuteWriter writer)
    {
        switch (type)
        {
            case OpCode.Create or OpCode.Create2 or OpCode.CreateContainer:
                CreateRequest.Read(ref reader, withTtl: false).Write(writer);
                break;
            case OpCode.CreateTtl:
                CreateRequest.Read(ref reader, withTtl: true).Write(writer);
                break;
            case OpCode.Delete or OpCode.Check:
                PathVersionRequest.Read(ref reader).Write(writer);
                break;
            case OpCode.Exists or OpCode.GetData or OpCode.GetChildren or OpCode.GetChildren2:
                PathWatchRequest.Read(ref reader).Write(writer);
                break;
            case OpCode.SetData:
                SetDataRequest.Read(ref reader).Write(writer);
                break;
            case OpCode.GetAcl or OpCode.Sync or OpCode.GetEphemerals or OpCode.GetAllChildrenNumber:
                PathRequest.Read(ref reader).Write(writer);
                break;
            case OpCode.SetAcl:
                SetAclRequest.Read(ref reader).Write(writer);
                break;
            case OpCode.Reconfig:
                ReconfigRequest.Read(ref reader).Write(writer);
                break;
            case OpCode.CheckWatches or OpCode.RemoveWatches:
                WatcherTypeRequest.Read(ref reader).Write(writer);
                break;
            case OpCode.AddWatch:
                AddWatchRequest.Read(ref reader).Write(writer);
                break;
            case OpCode.SetWatches:
                SetWatchesRequest.Read(ref reader, withPersistent: false).Write(writer, withPersistent: false);
                break;
            case OpCode.SetWatches2:
                SetWatchesRequest.Read(ref reader, withPersistent: true).Write(writer, withPersistent: true);
                break;
            case OpCode.Auth:
                AuthRequest.Read(ref reader).Write(writer);
                break;
            case OpCode.Multi or OpCode.MultiRead:
                CopyParts(ref reader, writer);
                break;
            case OpCode.Ping or OpCode.CloseSession or OpCode.WhoAmI:
                break;
            default:
                throw new InvalidOperationException($"a recording holds requests of type {(int)type}, and this table does not");
        }
    }

    private static void CopyParts(ref JuteReader reader, JuteWriter writer)
    {
        MultiHeader header;
        while (!(header = MultiHeader.Read(ref reader)).Done)
        {
            header.Write(writer);
            Copy(header.Type, ref reader, writer);
        }

        header.Write(writer);
    }
}
