namespace OrleansZk.LoadGenerator;

/// <summary>Whole request frames, as the ZooKeeper wire protocol has them.</summary>
internal static class Request
{
    public const int Create = 1;
    public const int Delete = 2;
    public const int GetData = 4;
    public const int SetData = 5;
    public const int CloseSession = -11;

    public const int Persistent = 0;
    public const int EphemeralSequential = 3;

    /// <summary>Bytes of data in every node.</summary>
    public const int DataLength = 100;

    /// <summary>Bytes before the record of a reply: length, xid, zxid, err.</summary>
    public const int ReplyHeader = 20;

    public const int NodeExists = -110;

    public static void Handshake(FrameBuffer frames, int timeoutMilliseconds)
    {
        const int passwordLength = 16;
        frames.Int(4 + 8 + 4 + 8 + 4 + passwordLength + 1);
        frames.Int(0);
        frames.Long(0);
        frames.Int(timeoutMilliseconds);
        frames.Long(0);
        frames.Int(passwordLength);
        frames.Long(0);
        frames.Long(0);
        frames.Bool(false);
    }

    public static void CreateNode(FrameBuffer frames, int xid, string prefix, long number, int digits, int dataLength)
    {
        frames.Begin(xid, Create);
        frames.Path(prefix, number, digits);
        frames.Data(dataLength);
        frames.OpenAcl();
        frames.Int(Persistent);
        frames.End();
    }

    public static void DeleteNode(FrameBuffer frames, int xid, string prefix, long number, int digits)
    {
        frames.Begin(xid, Delete);
        frames.Path(prefix, number, digits);
        frames.Int(-1);
        frames.End();
    }

    public static void ReadNode(FrameBuffer frames, int xid, string prefix, long number, int digits, bool watch = false)
    {
        frames.Begin(xid, GetData);
        frames.Path(prefix, number, digits);
        frames.Bool(watch);
        frames.End();
    }

    public static void WriteNode(FrameBuffer frames, int xid, string prefix, long number, int digits)
    {
        frames.Begin(xid, SetData);
        frames.Path(prefix, number, digits);
        frames.Data(DataLength);
        frames.Int(-1);
        frames.End();
    }

    public static void Close(FrameBuffer frames, int xid)
    {
        frames.Begin(xid, CloseSession);
        frames.End();
    }
}
