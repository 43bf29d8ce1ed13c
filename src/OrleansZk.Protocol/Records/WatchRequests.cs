namespace OrleansZk.Protocol.Records;

public readonly record struct AddWatchRequest(string Path, int Mode)
{
    public static AddWatchRequest Read(ref JuteReader reader) => new(reader.ReadString() ?? "", reader.ReadInt());

    public void Write(JuteWriter writer)
    {
        writer.WriteString(Path);
        writer.WriteInt(Mode);
    }
}

/// <summary>checkWatches and removeWatches.</summary>
/// <param name="Type">A <see cref="WatcherType"/>, not yet checked.</param>
public readonly record struct WatcherTypeRequest(string Path, int Type)
{
    public static WatcherTypeRequest Read(ref JuteReader reader) => new(reader.ReadString() ?? "", reader.ReadInt());

    public void Write(JuteWriter writer)
    {
        writer.WriteString(Path);
        writer.WriteInt(Type);
    }
}

/// <summary>setWatches; setWatches2 has the two vectors of lasting watches as well.</summary>
/// <param name="RelativeZxid">The newest zxid that the client has seen.</param>
public readonly record struct SetWatchesRequest(
    long RelativeZxid,
    IReadOnlyList<string> Data,
    IReadOnlyList<string> Exist,
    IReadOnlyList<string> Child,
    IReadOnlyList<string> Persistent,
    IReadOnlyList<string> PersistentRecursive)
{
    public static SetWatchesRequest Read(ref JuteReader reader, bool withPersistent) => new(
        reader.ReadLong(),
        reader.ReadStrings(),
        reader.ReadStrings(),
        reader.ReadStrings(),
        withPersistent ? reader.ReadStrings() : [],
        withPersistent ? reader.ReadStrings() : []);

    public void Write(JuteWriter writer, bool withPersistent)
    {
        writer.WriteLong(RelativeZxid);
        writer.WriteStrings(Data);
        writer.WriteStrings(Exist);
        writer.WriteStrings(Child);
        if (withPersistent)
        {
            writer.WriteStrings(Persistent);
            writer.WriteStrings(PersistentRecursive);
        }
    }
}

public readonly record struct AuthRequest(int Type, string Scheme, byte[] Auth)
{
    public static AuthRequest Read(ref JuteReader reader) => new(reader.ReadInt(), reader.ReadString() ?? "", reader.ReadBuffer() ?? []);

    public void Write(JuteWriter writer)
    {
        writer.WriteInt(Type);
        writer.WriteString(Scheme);
        writer.WriteBuffer(Auth);
    }
}
