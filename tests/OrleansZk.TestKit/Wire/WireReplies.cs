using OrleansZk.Protocol;
using OrleansZk.Protocol.Records;

namespace OrleansZk.TestKit.Wire;

/// <summary>Decodes what a server sends; bytes that should not be there are an error.</summary>
public static class WireReplies
{
    /// <summary>The first frame that a server sends.</summary>
    public static ConnectResponse Connect(ReadOnlySpan<byte> body)
    {
        var reader = new JuteReader(body);
        ConnectResponse response = ConnectResponse.Read(ref reader);
        RequireEnd(reader);
        return response;
    }

    /// <summary>Splits a frame's body into header and record.</summary>
    public static WireReply Read(ReadOnlySpan<byte> body)
    {
        var reader = new JuteReader(body);
        ReplyHeader header = ReplyHeader.Read(ref reader);
        return new WireReply(header.Xid, header.Zxid, header.Error, reader.Rest.ToArray());
    }

    /// <summary>The event in a frame whose header has the xid of notifications.</summary>
    public static WatchedEvent Event(WireReply frame)
    {
        var reader = new JuteReader(frame.Body);
        WatcherEvent happened = WatcherEvent.Read(ref reader);
        RequireEnd(reader);
        return new WatchedEvent(happened.Type, happened.State, happened.Path, frame.Zxid);
    }

    /// <summary>Decodes the record of the answer to a request of a type.</summary>
    public static WireResult Decode(this WireReply reply, OpCode type)
    {
        var reader = new JuteReader(reply.Body);
        WireResult result = reply.Error == ErrorCode.Ok ? Decode(type, ref reader) : WireResult.Failed(reply.Error);
        RequireEnd(reader);
        return result;
    }

    private static WireResult Decode(OpCode type, ref JuteReader reader) => type switch
    {
        OpCode.Create or OpCode.Sync => new WireResult { Path = reader.ReadString() },
        OpCode.Create2 or OpCode.CreateContainer or OpCode.CreateTtl => new WireResult { Path = reader.ReadString(), Stat = reader.ReadStat() },
        OpCode.Exists or OpCode.SetData or OpCode.SetAcl => new WireResult { Stat = reader.ReadStat() },
        OpCode.GetData => new WireResult { HasData = true, Data = reader.ReadBuffer(), Stat = reader.ReadStat() },
        OpCode.GetAcl => new WireResult { Acl = reader.ReadAcl(), Stat = reader.ReadStat() },
        OpCode.GetChildren or OpCode.GetEphemerals => new WireResult { Names = Names(ref reader) },
        OpCode.GetChildren2 => new WireResult { Names = Names(ref reader), Stat = reader.ReadStat() },
        OpCode.GetAllChildrenNumber or OpCode.AddWatch => new WireResult { Number = reader.ReadInt() },
        OpCode.WhoAmI => new WireResult { Identities = Identities(ref reader) },
        OpCode.Multi or OpCode.MultiRead => new WireResult { Parts = Parts(ref reader) },
        _ => new WireResult(),
    };

    private static List<string> Names(ref JuteReader reader)
    {
        List<string> names = reader.ReadStrings();
        names.Sort(StringComparer.Ordinal);
        return names;
    }

    private static ClientInfo[] Identities(ref JuteReader reader)
    {
        var identities = new ClientInfo[reader.ReadCount(2 * sizeof(int))];
        for (int i = 0; i < identities.Length; i++)
        {
            identities[i] = ClientInfo.Read(ref reader);
        }

        return identities;
    }

    private static List<(OpCode Type, WireResult Result)> Parts(ref JuteReader reader)
    {
        var parts = new List<(OpCode, WireResult)>();
        MultiHeader header;
        while (!(header = MultiHeader.Read(ref reader)).Done)
        {
            if (header.Type != OpCode.Error)
            {
                Require(header.Error == 0, $"the header of a part that succeeded has error {header.Error}");
                parts.Add((header.Type, Decode(header.Type, ref reader)));
                continue;
            }

            int error = reader.ReadInt();
            Require(header.Error == error, $"a part's header has error {header.Error}, its record has {error}");
            parts.Add((header.Type, WireResult.Failed((ErrorCode)error)));
        }

        Require(header == MultiHeader.End, $"the last header is {header}");
        return parts;
    }

    private static void RequireEnd(in JuteReader reader) =>
        Require(reader.Rest.IsEmpty, $"{reader.Rest.Length} bytes follow the record");

    private static void Require(bool condition, string message)
    {
        if (!condition)
        {
            throw new WireProtocolException(message);
        }
    }
}
