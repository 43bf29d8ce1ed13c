using OrleansZk.Protocol;

namespace OrleansZk.TestKit.Wire;

/// <summary>One reply as it came: its header, and the bytes of its record.</summary>
/// <param name="Body">Empty after an error.</param>
public sealed record WireReply(int Xid, long Zxid, ErrorCode Error, byte[] Body)
{
    public bool IsOk => Error == ErrorCode.Ok;

    /// <summary>Fails when the request was refused.</summary>
    public WireReply ThrowIfError() => IsOk ? this : throw new KeeperException(Error);

    /// <summary>The record of setData, exists.</summary>
    public Stat ReadStat() => new JuteReader(ThrowIfError().Body).ReadStat();

    /// <summary>The record of create, sync.</summary>
    public string ReadPath() => new JuteReader(ThrowIfError().Body).ReadString() ?? "";

    /// <summary>The record of create2.</summary>
    public (string Path, Stat Stat) ReadPathAndStat()
    {
        var reader = new JuteReader(ThrowIfError().Body);
        return (reader.ReadString() ?? "", reader.ReadStat());
    }

    /// <summary>The record of getData.</summary>
    public (byte[]? Data, Stat Stat) ReadDataAndStat()
    {
        var reader = new JuteReader(ThrowIfError().Body);
        return (reader.ReadBuffer(), reader.ReadStat());
    }

    /// <summary>The record of getChildren2.</summary>
    public (List<string> Names, Stat Stat) ReadChildrenAndStat()
    {
        var reader = new JuteReader(ThrowIfError().Body);
        return (reader.ReadStrings(), reader.ReadStat());
    }
}

/// <summary>The connection ended before the answer came: whether the request was executed is unknown.</summary>
public sealed class WireConnectionLostException : IOException
{
    public WireConnectionLostException(string message, Exception? inner = null)
        : base(message, inner)
    {
    }
}

/// <summary>The server broke the protocol: an answer out of order, bytes that are no frame.</summary>
public sealed class WireProtocolException(string message) : Exception(message);

/// <summary>What a client needs to resume its session on another connection.</summary>
/// <param name="Timeout">As negotiated, milliseconds.</param>
public sealed record WireSession(long Id, byte[] Password, int Timeout);
