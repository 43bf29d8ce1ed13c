using System.Buffers.Binary;
using System.Text;

namespace OrleansZk.Protocol;

/// <summary>Writes jute-encoded fields into one contiguous pooled buffer that grows as needed.</summary>
/// <remarks>Not thread-safe. <see cref="Reset"/> gives the buffer back; the writer can be used again after it.</remarks>
public sealed class JuteWriter
{
    private const int FirstCapacity = 512;

    private byte[] _buffer = [];
    private int _length;

    /// <summary>Bytes written so far.</summary>
    public int Length => _length;

    public ReadOnlySpan<byte> Written => _buffer.AsSpan(0, _length);

    public ReadOnlyMemory<byte> WrittenMemory => _buffer.AsMemory(0, _length);

    public void WriteInt(int value) => BinaryPrimitives.WriteInt32BigEndian(Claim(sizeof(int)), value);

    public void WriteLong(long value) => BinaryPrimitives.WriteInt64BigEndian(Claim(sizeof(long)), value);

    public void WriteByte(byte value) => Claim(1)[0] = value;

    public void WriteBool(bool value) => Claim(1)[0] = value ? (byte)1 : (byte)0;

    /// <summary>Writes bytes as they are, without a length.</summary>
    public void WriteRaw(ReadOnlySpan<byte> bytes) => bytes.CopyTo(Claim(bytes.Length));

    public void WriteBuffer(byte[]? bytes)
    {
        if (bytes is null)
        {
            WriteInt(-1);
            return;
        }

        WriteBuffer(bytes.AsSpan());
    }

    public void WriteBuffer(ReadOnlySpan<byte> bytes)
    {
        WriteInt(bytes.Length);
        WriteRaw(bytes);
    }

    public void WriteString(string? value)
    {
        if (value is null)
        {
            WriteInt(-1);
            return;
        }

        WriteString(value.AsSpan());
    }

    public void WriteString(ReadOnlySpan<char> value)
    {
        int start = _length;
        WriteInt(0);
        Reserve(Encoding.UTF8.GetMaxByteCount(value.Length));
        int written = Encoding.UTF8.GetBytes(value, _buffer.AsSpan(_length));
        _length += written;
        SetInt(start, written);
    }

    public void WriteStrings(IReadOnlyList<string> values)
    {
        WriteInt(values.Count);
        foreach (string value in values)
        {
            WriteString(value);
        }
    }

    public void WriteStat(in Stat stat)
    {
        Span<byte> to = Claim(Stat.EncodedLength);
        BinaryPrimitives.WriteInt64BigEndian(to, stat.Czxid);
        BinaryPrimitives.WriteInt64BigEndian(to[8..], stat.Mzxid);
        BinaryPrimitives.WriteInt64BigEndian(to[16..], stat.Ctime);
        BinaryPrimitives.WriteInt64BigEndian(to[24..], stat.Mtime);
        BinaryPrimitives.WriteInt32BigEndian(to[32..], stat.Version);
        BinaryPrimitives.WriteInt32BigEndian(to[36..], stat.Cversion);
        BinaryPrimitives.WriteInt32BigEndian(to[40..], stat.Aversion);
        BinaryPrimitives.WriteInt64BigEndian(to[44..], stat.EphemeralOwner);
        BinaryPrimitives.WriteInt32BigEndian(to[52..], stat.DataLength);
        BinaryPrimitives.WriteInt32BigEndian(to[56..], stat.NumChildren);
        BinaryPrimitives.WriteInt64BigEndian(to[60..], stat.Pzxid);
    }

    public void WriteAcl(IReadOnlyList<Acl>? acl)
    {
        if (acl is null)
        {
            WriteInt(-1);
            return;
        }

        WriteInt(acl.Count);
        foreach (Acl entry in acl)
        {
            WriteInt((int)entry.Permissions);
            WriteString(entry.Id.Scheme);
            WriteString(entry.Id.Id);
        }
    }

    /// <summary>Overwrites an int that was written before.</summary>
    public void SetInt(int position, int value) => BinaryPrimitives.WriteInt32BigEndian(_buffer.AsSpan(position, sizeof(int)), value);

    /// <summary>Overwrites a long that was written before.</summary>
    public void SetLong(int position, long value) => BinaryPrimitives.WriteInt64BigEndian(_buffer.AsSpan(position, sizeof(long)), value);

    /// <summary>Forgets everything written from <paramref name="length"/> on.</summary>
    public void Truncate(int length)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)length, (uint)_length, nameof(length));
        _length = length;
    }

    /// <summary>Forgets everything and gives the memory back.</summary>
    public void Reset()
    {
        byte[] buffer = _buffer;
        _buffer = [];
        _length = 0;
        PooledBytes.Return(buffer);
    }

    /// <summary>Forgets everything; keeps the memory unless it is more than <paramref name="keepUpTo"/> bytes.</summary>
    public void Clear(int keepUpTo)
    {
        if (_buffer.Length > keepUpTo)
        {
            Reset();
        }
        else
        {
            _length = 0;
        }
    }

    /// <summary>Makes room for <paramref name="length"/> bytes and counts them as written.</summary>
    public Span<byte> Claim(int length)
    {
        Reserve(length);
        Span<byte> claimed = _buffer.AsSpan(_length, length);
        _length += length;
        return claimed;
    }

    private void Reserve(int length)
    {
        if (_buffer.Length - _length < length)
        {
            Grow(length);
        }
    }

    private void Grow(int length)
    {
        int needed = checked(_length + length);
        int capacity = (int)Math.Max(Math.Max(FirstCapacity, needed), Math.Min(2L * _buffer.Length, Array.MaxLength));
        byte[] grown = PooledBytes.Rent(capacity);
        _buffer.AsSpan(0, _length).CopyTo(grown);
        byte[] old = _buffer;
        _buffer = grown;
        PooledBytes.Return(old);
    }
}
