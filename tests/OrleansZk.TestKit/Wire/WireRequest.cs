using OrleansZk.Protocol;
using OrleansZk.Protocol.Records;

namespace OrleansZk.TestKit.Wire;

/// <summary>One request, encoded: its number and the bytes of its record. Nothing is checked, so that broken ones can be expressed.</summary>
public sealed record WireRequest(OpCode Type, byte[] Body)
{
    /// <summary>The xid that clients give this kind of request; null when they number it.</summary>
    public int? ReservedXid => Type switch
    {
        OpCode.Ping => Protocol.Records.ReservedXid.Ping,
        OpCode.Auth => Protocol.Records.ReservedXid.Auth,
        OpCode.SetWatches or OpCode.SetWatches2 => Protocol.Records.ReservedXid.SetWatches,
        _ => null,
    };

    public static WireRequest Of(OpCode type, Action<JuteWriter>? record = null)
    {
        var writer = new JuteWriter();
        record?.Invoke(writer);
        return new WireRequest(type, writer.Written.ToArray());
    }

    /// <summary>The whole frame: length, header, record.</summary>
    public byte[] ToFrame(int xid)
    {
        var writer = new JuteWriter();
        writer.WriteInt(2 * sizeof(int) + Body.Length);
        new RequestHeader(xid, Type).Write(writer);
        writer.WriteRaw(Body);
        return writer.Written.ToArray();
    }
}
