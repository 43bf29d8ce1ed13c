namespace OrleansZk.Protocol.Records;

/// <summary>What every request but the first begins with.</summary>
public readonly record struct RequestHeader(int Xid, OpCode Type)
{
    public static RequestHeader Read(ref JuteReader reader) => new(reader.ReadInt(), (OpCode)reader.ReadInt());

    public void Write(JuteWriter writer)
    {
        writer.WriteInt(Xid);
        writer.WriteInt((int)Type);
    }
}

/// <summary>What every reply but the first begins with; no record follows an error.</summary>
public readonly record struct ReplyHeader(int Xid, long Zxid, ErrorCode Error)
{
    public const int EncodedLength = sizeof(int) + sizeof(long) + sizeof(int);

    public static ReplyHeader Read(ref JuteReader reader) => new(reader.ReadInt(), reader.ReadLong(), (ErrorCode)reader.ReadInt());

    public void Write(JuteWriter writer)
    {
        writer.WriteInt(Xid);
        writer.WriteLong(Zxid);
        writer.WriteInt((int)Error);
    }
}

/// <summary>xids with a meaning of their own (ZooKeeper: <c>ClientCnxn</c>).</summary>
public static class ReservedXid
{
    public const int Notification = -1;
    public const int Ping = -2;
    public const int Auth = -4;
    public const int SetWatches = -8;
}

/// <summary>A watch event's record, in a frame whose header has <see cref="ReservedXid.Notification"/>.</summary>
public readonly record struct WatcherEvent(EventType Type, KeeperState State, string Path)
{
    public static WatcherEvent Read(ref JuteReader reader) =>
        new((EventType)reader.ReadInt(), (KeeperState)reader.ReadInt(), reader.ReadString() ?? "");

    public void Write(JuteWriter writer)
    {
        writer.WriteInt((int)Type);
        writer.WriteInt((int)State);
        writer.WriteString(Path);
    }
}

/// <summary>Separates the operations, and the results, of a multi; the last one has type -1 and done.</summary>
public readonly record struct MultiHeader(OpCode Type, bool Done, int Error)
{
    public static MultiHeader End { get; } = new(OpCode.Error, true, -1);

    public static MultiHeader Read(ref JuteReader reader) => new((OpCode)reader.ReadInt(), reader.ReadBool(), reader.ReadInt());

    public void Write(JuteWriter writer)
    {
        writer.WriteInt((int)Type);
        writer.WriteBool(Done);
        writer.WriteInt(Error);
    }
}
