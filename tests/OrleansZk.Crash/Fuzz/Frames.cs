using System.Text;
using OrleansZk.Protocol;
using OrleansZk.Protocol.Records;

namespace OrleansZk.Crash.Fuzz;

/// <summary>Sound frames, length included, for the mutations to begin with.</summary>
internal static class Frames
{
    public static byte[] Handshake(long sessionId, byte[] password, int timeout) =>
        Build(writer => new ConnectRequest(0, 0, timeout, sessionId, password, false).Write(writer));

    public static byte[] Request(int xid, OpCode type, Action<JuteWriter>? record = null) => Build(writer =>
    {
        new RequestHeader(xid, type).Write(writer);
        record?.Invoke(writer);
    });

    /// <summary>A sound request of any kind, on paths below <c>/fuzz</c>.</summary>
    public static byte[] RandomRequest(Random random, int xid)
    {
        string path = $"/fuzz/n{random.Next(200)}";
        byte[] data = Encoding.ASCII.GetBytes(new string('d', random.Next(300)));
        return random.Next(52) switch
        {
            0 => Request(xid, OpCode.Create, new CreateRequest(path, data, Acl.OpenUnsafe, random.Next(4)).Write),
            1 => Request(xid, OpCode.Create2, new CreateRequest(path, data, Acl.OpenUnsafe, random.Next(4)).Write),
            2 => Request(xid, OpCode.CreateTtl, new CreateRequest(path, data, Acl.OpenUnsafe, 5, 60_000).Write),
            3 => Request(xid, OpCode.Delete, new PathVersionRequest(path, -1).Write),
            4 => Request(xid, OpCode.Exists, new PathWatchRequest(path, true).Write),
            5 => Request(xid, OpCode.GetData, new PathWatchRequest(path, true).Write),
            6 => Request(xid, OpCode.SetData, new SetDataRequest(path, data, -1).Write),
            7 => Request(xid, OpCode.GetAcl, new PathRequest(path).Write),
            8 => Request(xid, OpCode.SetAcl, new SetAclRequest(path, Acl.OpenUnsafe, -1).Write),
            9 => Request(xid, OpCode.GetChildren2, new PathWatchRequest("/fuzz", true).Write),
            10 => Request(xid, OpCode.Sync, new PathRequest(path).Write),
            11 => Request(ReservedXid.Ping, OpCode.Ping),
            12 => Request(xid, OpCode.Multi, writer => WriteMulti(writer, random, path, data)),
            13 => Request(ReservedXid.SetWatches, OpCode.SetWatches2, writer => new SetWatchesRequest(0, [path], [path], [path], [path], [path]).Write(writer, withPersistent: true)),
            14 => Request(xid, OpCode.AddWatch, new AddWatchRequest(path, random.Next(2)).Write),
            15 => Request(ReservedXid.Auth, OpCode.Auth, new AuthRequest(0, "digest", "fuzz:fuzz"u8.ToArray()).Write),
            16 => Request(xid, OpCode.CloseSession),
            17 => Request(xid, OpCode.WhoAmI),
            var other => RandomRequestOnNode(other % 3, path, data, xid),
        };
    }

    private static byte[] RandomRequestOnNode(int kind, string path, byte[] data, int xid) => kind switch
    {
        0 => Request(xid, OpCode.Create, new CreateRequest(path, data, Acl.OpenUnsafe, 0).Write),
        1 => Request(xid, OpCode.SetData, new SetDataRequest(path, data, -1).Write),
        _ => Request(xid, OpCode.GetData, new PathWatchRequest(path, false).Write),
    };

    /// <summary>Frames a body.</summary>
    public static byte[] Build(Action<JuteWriter> body)
    {
        var writer = new JuteWriter();
        writer.WriteInt(0);
        body(writer);
        writer.SetInt(0, writer.Length - Frame.HeaderLength);
        return writer.Written.ToArray();
    }

    private static void WriteMulti(JuteWriter writer, Random random, string path, byte[] data)
    {
        for (int i = random.Next(5); i > 0; i--)
        {
            if (random.Next(2) == 0)
            {
                new MultiHeader(OpCode.SetData, false, -1).Write(writer);
                new SetDataRequest(path, data, -1).Write(writer);
            }
            else
            {
                new MultiHeader(OpCode.Check, false, -1).Write(writer);
                new PathVersionRequest(path, -1).Write(writer);
            }
        }

        MultiHeader.End.Write(writer);
    }
}
