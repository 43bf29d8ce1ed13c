using System.Buffers.Binary;
using System.Text;

namespace OrleansZk.Interop.Wire;

/// <summary>A reply or an event, as it came.</summary>
public sealed record Frame(int Xid, long Zxid, int Error, byte[] Body)
{
    public bool IsEvent => Xid == Wire.Xid.Notification;

    public static Frame Parse(byte[] bytes)
    {
        var reader = new FieldReader(bytes);
        return new Frame(reader.Int(), reader.Long(), reader.Int(), reader.Rest());
    }

    public FieldReader Read() => new(Body);
}

/// <summary>Reads a record field by field.</summary>
public sealed class FieldReader(byte[] bytes)
{
    private int _position;

    public int Left => bytes.Length - _position;

    public int Int() => BinaryPrimitives.ReadInt32BigEndian(Take(4));

    public long Long() => BinaryPrimitives.ReadInt64BigEndian(Take(8));

    public bool Bool() => Take(1)[0] != 0;

    public byte[]? Buffer() => Int() is >= 0 and var length ? Take(length).ToArray() : null;

    public string? Text() => Buffer() is { } buffer ? Encoding.UTF8.GetString(buffer) : null;

    public List<T>? Vector<T>(Func<FieldReader, T> item)
    {
        ArgumentNullException.ThrowIfNull(item);
        var count = Int();
        return count < 0 ? null : Enumerable.Range(0, count).Select(_ => item(this)).ToList();
    }

    public byte[] Rest() => Take(Left).ToArray();

    private ReadOnlySpan<byte> Take(int count)
    {
        if (count > Left)
        {
            throw new InvalidDataException($"The record ends after {bytes.Length} bytes; {count} were wanted at {_position}.");
        }

        _position += count;
        return bytes.AsSpan(_position - count, count);
    }
}
