namespace OrleansZk.Protocol.Tests.Recordings;

/// <summary>Reads each kind of reply, and writes with the product's writer what was read.</summary>
internal static class ReplyRecords
{
    public static void Copy(OpCode type, ref JuteReader reader, JuteWriter writer)
    {
        switch (type)
        {
            case OpCode.Create or OpCode.Sync:
                writer.WriteString(reader.ReadString());
                break;
            case OpCode.Create2 or OpCode.CreateContainer or OpCode.CreateTtl:
                writer.WriteString(reader.ReadString());
                writer.WriteStat(reader.ReadStat());
                break;
            case OpCode.Exists or OpCode.SetData or OpCode.SetAcl:
                writer.WriteStat(reader.ReadStat());
                break;
            case OpCode.GetData:
                DataResponse data = DataResponse.Read(ref reader);
                writer.WriteBuffer(data.Data);
                writer.WriteStat(data.Stat);
                break;
            case OpCode.GetAcl:
                AclResponse acl = AclResponse.Read(ref reader);
                writer.WriteAcl(acl.Acl);
                writer.WriteStat(acl.Stat);
                break;
            case OpCode.GetChildren or OpCode.GetEphemerals:
                writer.WriteStrings(reader.ReadStrings());
                break;
            case OpCode.GetChildren2:
                writer.WriteStrings(reader.ReadStrings());
                writer.WriteStat(reader.ReadStat());
                break;
            case OpCode.GetAllChildrenNumber or OpCode.AddWatch:
                writer.WriteInt(reader.ReadInt());
                break;
            case OpCode.WhoAmI:
                CopyIdentities(ref reader, writer);
                break;
            case OpCode.Multi or OpCode.MultiRead:
                CopyParts(ref reader, writer);
                break;
            case OpCode.Delete or OpCode.Check or OpCode.Ping or OpCode.Auth or OpCode.CloseSession
                or OpCode.SetWatches or OpCode.SetWatches2 or OpCode.CheckWatches or OpCode.RemoveWatches:
                break;
            default:
                throw new InvalidOperationException($"a recording holds replies to type {(int)type}, and this table does not");
        }
    }

    private static void CopyIdentities(ref JuteReader reader, JuteWriter writer)
    {
        int count = reader.ReadCount(2 * sizeof(int));
        writer.WriteInt(count);
        for (int i = 0; i < count; i++)
        {
            ClientInfo.Read(ref reader).Write(writer);
        }
    }

    private static void CopyParts(ref JuteReader reader, JuteWriter writer)
    {
        MultiHeader header;
        while (!(header = MultiHeader.Read(ref reader)).Done)
        {
            header.Write(writer);
            if (header.Type == OpCode.Error)
            {
                writer.WriteInt(reader.ReadInt());
            }
            else
            {
                Copy(header.Type, ref reader, writer);
            }
        }

        header.Write(writer);
    }
}
