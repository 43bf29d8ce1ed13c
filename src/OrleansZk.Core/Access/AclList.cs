using System.Collections;
using System.IO.Hashing;
using System.Text;
using OrleansZk.Protocol;

namespace OrleansZk.Core.Access;

/// <summary>An immutable access control list; nodes with equal lists share one through <see cref="AclTable"/>.</summary>
public sealed class AclList : IReadOnlyList<Acl>, IEquatable<AclList>
{
    private readonly Acl[] _entries;
    private readonly int _hash;
    private CompiledAcl? _compiled;

    public AclList(IEnumerable<Acl> entries)
    {
        _entries = [.. entries];
        var hash = new HashCode();
        foreach (Acl entry in _entries)
        {
            hash.Add(entry);
        }

        _hash = hash.ToHashCode();
        OfAnyone = _entries.Where(entry => entry.Id == AclId.Anyone).Aggregate(Permissions.None, (all, entry) => all | entry.Permissions);
        Digest = DigestOf(_entries);
    }

    /// <summary>No entry at all: open to everybody.</summary>
    public static AclList Empty { get; } = new([]);

    /// <summary>Everybody may do everything.</summary>
    public static AclList Open { get; } = new(Acl.OpenUnsafe);

    /// <summary>Everybody may read.</summary>
    public static AclList WorldReadable { get; } = new(Acl.ReadUnsafe);

    /// <summary>What the list allows everybody.</summary>
    public Permissions OfAnyone { get; }

    public int Count => _entries.Length;

    public Acl this[int index] => _entries[index];

    /// <summary>A hash of the contents that is the same in every process.</summary>
    public ulong Digest { get; }

    public ReadOnlySpan<Acl> AsSpan() => _entries;

    /// <summary>The list as <paramref name="owner"/> asks it: made when it is asked first, and once unless two ask at the same moment.</summary>
    internal CompiledAcl CompiledBy(AccessControl owner)
    {
        CompiledAcl? compiled = _compiled;
        return compiled?.Owner == owner ? compiled : _compiled = new CompiledAcl(owner, this);
    }

    public bool Equals(AclList? other) =>
        ReferenceEquals(this, other) || (other is not null && _hash == other._hash && _entries.AsSpan().SequenceEqual(other._entries));

    public override bool Equals(object? obj) => Equals(obj as AclList);

    public override int GetHashCode() => _hash;

    public IEnumerator<Acl> GetEnumerator() => ((IEnumerable<Acl>)_entries).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <summary>Bytes of an entry on the wire.</summary>
    internal static int LengthOf(in Acl entry) =>
        (3 * sizeof(int)) + Encoding.UTF8.GetByteCount(entry.Id.Scheme) + Encoding.UTF8.GetByteCount(entry.Id.Id);

    private static ulong DigestOf(Acl[] entries)
    {
        var writer = new JuteWriter();
        writer.WriteAcl(entries);
        ulong digest = XxHash3.HashToUInt64(writer.Written);
        writer.Reset();
        return digest;
    }
}
