using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace OrleansZk.Core.Paths;

/// <summary>Enumerates a path and all paths above it, the root first, each with a hash: one pass over the path, however deep it is.</summary>
/// <remarks>
/// To hash each prefix by itself reads n² characters of a path of n segments, and clients choose n. Here the hash of a path is made of its parent's hash and its own last
/// segment. The hash has a secret seed, is the same for equal paths within the process only, and says nothing about paths that are not valid.
/// </remarks>
internal ref struct PathPrefixes(ReadOnlySpan<char> path)
{
    // Secrets of the process, so that nobody can choose paths that all have one hash.
    private static readonly ulong Seed = (ulong)Random.Shared.NextInt64();
    private static readonly ulong Multiplier = (ulong)Random.Shared.NextInt64() | 0x9000_0000_0000_0001;

    private readonly ReadOnlySpan<char> _path = path;
    private int _next;

    /// <summary>Characters of the path that belong to the current prefix; 0 before the first <see cref="MoveNext"/>.</summary>
    public int Length { get; private set; }

    /// <summary>The hash of the current prefix.</summary>
    public ulong Hash { get; private set; }

    /// <summary>The current prefix.</summary>
    public readonly ReadOnlySpan<char> Current => _path[..Length];

    /// <summary>The hash of a whole path.</summary>
    public static ulong HashOf(ReadOnlySpan<char> path)
    {
        var prefixes = new PathPrefixes(path);
        while (prefixes.MoveNext())
        {
        }

        return prefixes.Hash;
    }

    public bool MoveNext()
    {
        if (_next == 0)
        {
            Hash = Seed;
            if (_path.StartsWith('/'))
            {
                (Length, Hash, _next) = (1, Mix(Seed), 1);
                return true;
            }
        }

        // Clients may watch any text, so that a segment may be empty, and the first one too.
        if (_next >= _path.Length)
        {
            return false;
        }

        ReadOnlySpan<char> rest = _path[_next..];
        int length = rest.IndexOf('/');
        ReadOnlySpan<char> segment = length < 0 ? rest : rest[..length];
        Hash = Add(Hash, MemoryMarshal.AsBytes(segment));
        Length = _next + segment.Length;
        _next = Length + 1;
        return true;
    }

    /// <summary>Eight bytes at a time; segments are short, and a call for each would cost more than this.</summary>
    private static ulong Add(ulong hash, ReadOnlySpan<byte> segment)
    {
        // With the length, so that a segment is told from one that goes on with zeros.
        hash ^= (ulong)segment.Length << 32;
        for (; segment.Length >= sizeof(ulong); segment = segment[sizeof(ulong)..])
        {
            hash = Mix(hash ^ BinaryPrimitives.ReadUInt64LittleEndian(segment));
        }

        ulong last = 0;
        for (int i = 0; i < segment.Length; i += sizeof(char))
        {
            last = (last << 16) | BinaryPrimitives.ReadUInt16LittleEndian(segment[i..]);
        }

        return Mix(hash ^ last);
    }

    private static ulong Mix(ulong value)
    {
        ulong high = Math.BigMul(value, Multiplier, out ulong low);
        return high ^ low;
    }
}
