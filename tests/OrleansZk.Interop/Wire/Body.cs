using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace OrleansZk.Interop.Wire;

/// <summary>Writes a record field by field. It checks nothing: broken records must be expressible.</summary>
public sealed class Body
{
    private readonly ArrayBufferWriter<byte> _bytes = new();

    public static byte[] Empty { get; } = [];

    public byte[] Bytes => _bytes.WrittenSpan.ToArray();

    public static implicit operator byte[](Body body)
    {
        ArgumentNullException.ThrowIfNull(body);
        return body.Bytes;
    }

    public Body Int(int value)
    {
        Span<byte> field = stackalloc byte[4];
        BinaryPrimitives.WriteInt32BigEndian(field, value);
        _bytes.Write(field);
        return this;
    }

    public Body Long(long value)
    {
        Span<byte> field = stackalloc byte[8];
        BinaryPrimitives.WriteInt64BigEndian(field, value);
        _bytes.Write(field);
        return this;
    }

    public Body Bool(bool value) => Raw([value ? (byte)1 : (byte)0]);

    /// <summary>A string; <see langword="null"/> has length -1.</summary>
    public Body Text(string? value) => value is null ? Int(-1) : Buffer(Encoding.UTF8.GetBytes(value));

    /// <summary>A buffer; <see langword="null"/> has length -1.</summary>
    public Body Buffer(byte[]? value) => value is null ? Int(-1) : Int(value.Length).Raw(value);

    public Body Texts(params string?[] values)
    {
        ArgumentNullException.ThrowIfNull(values);
        Int(values.Length);
        foreach (var value in values)
        {
            Text(value);
        }

        return this;
    }

    /// <summary>An ACL vector; <see langword="null"/> has count -1.</summary>
    public Body Acl(IReadOnlyList<AclEntry>? entries)
    {
        Int(entries?.Count ?? -1);
        foreach (var entry in entries ?? [])
        {
            Int(entry.Perms).Text(entry.Scheme).Text(entry.Id);
        }

        return this;
    }

    public Body Raw(ReadOnlySpan<byte> value)
    {
        _bytes.Write(value);
        return this;
    }
}

/// <summary>An entry of an access control list, as written.</summary>
public sealed record AclEntry(int Perms, string? Scheme, string? Id)
{
    public static IReadOnlyList<AclEntry> Open { get; } = [new(31, "world", "anyone")];

    public static IReadOnlyList<AclEntry> ReadOnly { get; } = [new(1, "world", "anyone")];
}
