namespace OrleansZk.Protocol.Records;

/// <summary>create, create2 and createContainer; createTTL with <see cref="Ttl"/>.</summary>
/// <param name="Flags">A <see cref="CreateMode"/>, not yet checked.</param>
/// <param name="Ttl">Milliseconds; null for every operation but createTTL.</param>
public readonly record struct CreateRequest(string Path, byte[]? Data, IReadOnlyList<Acl>? Acl, int Flags, long? Ttl = null)
{
    public static CreateRequest Read(ref JuteReader reader, bool withTtl) => new(
        reader.ReadString() ?? "",
        reader.ReadBuffer(),
        reader.ReadAcl(),
        reader.ReadInt(),
        withTtl ? reader.ReadLong() : null);

    public void Write(JuteWriter writer)
    {
        writer.WriteString(Path);
        writer.WriteBuffer(Data);
        writer.WriteAcl(Acl);
        writer.WriteInt(Flags);
        if (Ttl is { } ttl)
        {
            writer.WriteLong(ttl);
        }
    }
}

/// <summary>delete and check: a path and the version that it must have, -1 for any.</summary>
public readonly record struct PathVersionRequest(string Path, int Version)
{
    public static PathVersionRequest Read(ref JuteReader reader) => new(reader.ReadString() ?? "", reader.ReadInt());

    public void Write(JuteWriter writer)
    {
        writer.WriteString(Path);
        writer.WriteInt(Version);
    }
}

public readonly record struct SetDataRequest(string Path, byte[]? Data, int Version)
{
    public static SetDataRequest Read(ref JuteReader reader) => new(reader.ReadString() ?? "", reader.ReadBuffer(), reader.ReadInt());

    public void Write(JuteWriter writer)
    {
        writer.WriteString(Path);
        writer.WriteBuffer(Data);
        writer.WriteInt(Version);
    }
}

/// <param name="Version">The aversion that the node must have, -1 for any.</param>
public readonly record struct SetAclRequest(string Path, IReadOnlyList<Acl>? Acl, int Version)
{
    public static SetAclRequest Read(ref JuteReader reader) => new(reader.ReadString() ?? "", reader.ReadAcl(), reader.ReadInt());

    public void Write(JuteWriter writer)
    {
        writer.WriteString(Path);
        writer.WriteAcl(Acl);
        writer.WriteInt(Version);
    }
}

public readonly record struct ReconfigRequest(string? JoiningServers, string? LeavingServers, string? NewMembers, long CurrentConfigId)
{
    public static ReconfigRequest Read(ref JuteReader reader) =>
        new(reader.ReadString(), reader.ReadString(), reader.ReadString(), reader.ReadLong());

    public void Write(JuteWriter writer)
    {
        writer.WriteString(JoiningServers);
        writer.WriteString(LeavingServers);
        writer.WriteString(NewMembers);
        writer.WriteLong(CurrentConfigId);
    }
}
