using System.Buffers.Binary;
using System.Text;

namespace OrleansZk.Protocol;

/// <summary>Reads jute-encoded fields from a span; every read is checked against the span's end and against the length it was told.</summary>
/// <remarks>A null buffer, string or vector has length -1. Strings that are not UTF-8 decode to U+FFFD, which no valid path holds.</remarks>
public ref struct JuteReader(ReadOnlySpan<byte> bytes)
{
    private ReadOnlySpan<byte> _rest = bytes;

    /// <summary>Bytes that have not been read yet.</summary>
    public readonly ReadOnlySpan<byte> Rest => _rest;

    public byte ReadByte() => Take(1)[0];

    public int ReadInt() => BinaryPrimitives.ReadInt32BigEndian(Take(sizeof(int)));

    public long ReadLong() => BinaryPrimitives.ReadInt64BigEndian(Take(sizeof(long)));

    public bool ReadBool() => Take(1)[0] != 0;

    /// <summary>Reads the bytes of a string or buffer without copying them; null reads as empty.</summary>
    public ReadOnlySpan<byte> ReadSpan()
    {
        int length = ReadInt();
        return length == -1 ? default : Take(length);
    }

    public byte[]? ReadBuffer()
    {
        int length = ReadInt();
        return length == -1 ? null : Take(length).ToArray();
    }

    public string? ReadString()
    {
        int length = ReadInt();
        return length == -1 ? null : Encoding.UTF8.GetString(Take(length));
    }

    /// <summary>Reads the count of a vector; null reads as an empty one.</summary>
    /// <param name="minimumElementLength">Fewest bytes that an element takes; a count that cannot fit the rest is malformed.</param>
    public int ReadCount(int minimumElementLength)
    {
        int count = ReadInt();
        if (count == -1)
        {
            return 0;
        }

        if (count < 0 || (long)count * minimumElementLength > _rest.Length)
        {
            throw new JuteException($"a vector of {count} elements does not fit the {_rest.Length} bytes that follow");
        }

        return count;
    }

    public List<string> ReadStrings()
    {
        int count = ReadCount(sizeof(int));
        var strings = new List<string>(count);
        for (int i = 0; i < count; i++)
        {
            strings.Add(ReadString() ?? "");
        }

        return strings;
    }

    public Stat ReadStat() => new(
        Czxid: ReadLong(),
        Mzxid: ReadLong(),
        Ctime: ReadLong(),
        Mtime: ReadLong(),
        Version: ReadInt(),
        Cversion: ReadInt(),
        Aversion: ReadInt(),
        EphemeralOwner: ReadLong(),
        DataLength: ReadInt(),
        NumChildren: ReadInt(),
        Pzxid: ReadLong());

    /// <summary>Reads an ACL; null (which some clients send) reads as null, since it is not the same as an empty one.</summary>
    public Acl[]? ReadAcl()
    {
        JuteReader before = this;
        if (ReadInt() == -1)
        {
            return null;
        }

        this = before;
        var acl = new Acl[ReadCount(3 * sizeof(int))];
        for (int i = 0; i < acl.Length; i++)
        {
            acl[i] = new Acl((Permissions)ReadInt(), new AclId(ReadString() ?? "", JavaText.Decode(ReadSpan())));
        }

        return acl;
    }

    private ReadOnlySpan<byte> Take(int length)
    {
        if ((uint)length > (uint)_rest.Length)
        {
            throw new JuteException($"a field of {length} bytes does not fit the {_rest.Length} bytes that follow");
        }

        ReadOnlySpan<byte> taken = _rest[..length];
        _rest = _rest[length..];
        return taken;
    }
}

/// <summary>Bytes that are not the jute record they should be.</summary>
public sealed class JuteException(string message) : Exception(message);
