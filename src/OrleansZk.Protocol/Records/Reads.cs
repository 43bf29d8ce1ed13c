namespace OrleansZk.Protocol.Records;

/// <summary>exists, getData, getChildren, getChildren2: a path and whether to leave a watch.</summary>
public readonly record struct PathWatchRequest(string Path, bool Watch)
{
    public static PathWatchRequest Read(ref JuteReader reader) => new(reader.ReadString() ?? "", reader.ReadBool());

    public void Write(JuteWriter writer)
    {
        writer.WriteString(Path);
        writer.WriteBool(Watch);
    }
}

/// <summary>getACL, sync, getAllChildrenNumber, getEphemerals, deleteContainer: a path and nothing else.</summary>
public readonly record struct PathRequest(string? Path)
{
    public static PathRequest Read(ref JuteReader reader) => new(reader.ReadString());

    public void Write(JuteWriter writer) => writer.WriteString(Path);
}

public readonly record struct DataResponse(byte[]? Data, Stat Stat)
{
    public static DataResponse Read(ref JuteReader reader) => new(reader.ReadBuffer(), reader.ReadStat());
}

public readonly record struct AclResponse(IReadOnlyList<Acl>? Acl, Stat Stat)
{
    public static AclResponse Read(ref JuteReader reader) => new(reader.ReadAcl(), reader.ReadStat());
}

/// <summary>An identity of a connection as whoAmI shows it: without the hash.</summary>
public readonly record struct ClientInfo(string AuthScheme, string User)
{
    public static ClientInfo Read(ref JuteReader reader) => new(reader.ReadString() ?? "", reader.ReadString() ?? "");

    public void Write(JuteWriter writer)
    {
        writer.WriteString(AuthScheme);
        writer.WriteString(User);
    }
}
