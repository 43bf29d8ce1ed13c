namespace OrleansZk.Protocol.Records;

/// <summary>A connection's first frame.</summary>
/// <param name="LastZxidSeen">The newest zxid that the client has seen anywhere; a server that is behind it must not serve it.</param>
/// <param name="Timeout">Session timeout wanted, milliseconds.</param>
/// <param name="SessionId">0 for a new session.</param>
/// <param name="ReadOnly">Null when a client older than 3.4 left the field out; then the answer must leave it out too (ZOOKEEPER-4814).</param>
public readonly record struct ConnectRequest(
    int ProtocolVersion, long LastZxidSeen, int Timeout, long SessionId, byte[]? Password, bool? ReadOnly)
{
    public static ConnectRequest Read(ref JuteReader reader) => new(
        reader.ReadInt(),
        reader.ReadLong(),
        reader.ReadInt(),
        reader.ReadLong(),
        reader.ReadBuffer(),
        reader.Rest.IsEmpty ? null : reader.ReadBool());

    public void Write(JuteWriter writer)
    {
        writer.WriteInt(ProtocolVersion);
        writer.WriteLong(LastZxidSeen);
        writer.WriteInt(Timeout);
        writer.WriteLong(SessionId);
        writer.WriteBuffer(Password);
        if (ReadOnly is { } readOnly)
        {
            writer.WriteBool(readOnly);
        }
    }
}

/// <summary>The answer to a <see cref="ConnectRequest"/>; a session id of 0 says that the session has expired.</summary>
public readonly record struct ConnectResponse(int ProtocolVersion, int Timeout, long SessionId, byte[] Password, bool? ReadOnly)
{
    public const int PasswordLength = 16;

    public static ConnectResponse Read(ref JuteReader reader) => new(
        reader.ReadInt(),
        reader.ReadInt(),
        reader.ReadLong(),
        reader.ReadBuffer() ?? [],
        reader.Rest.IsEmpty ? null : reader.ReadBool());

    public void Write(JuteWriter writer)
    {
        writer.WriteInt(ProtocolVersion);
        writer.WriteInt(Timeout);
        writer.WriteLong(SessionId);
        writer.WriteBuffer(Password);
        if (ReadOnly is { } readOnly)
        {
            writer.WriteBool(readOnly);
        }
    }
}
