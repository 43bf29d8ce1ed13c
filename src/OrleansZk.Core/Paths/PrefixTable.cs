using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;

namespace OrleansZk.Core.Paths;

/// <summary>Values by path, for those who look for the values of all paths above a path: what that costs follows the length of the path.</summary>
/// <remarks>Not thread-safe. The paths need no nodes.</remarks>
internal sealed class PrefixTable<T>
    where T : class
{
    /// <summary>Values up to which it is worth while to look which bits are still there: with more, hardly any is free.</summary>
    private const int MaxRecounted = 64;

    private readonly Dictionary<ulong, Entry> _entries = [];

    // A bit for each hash that occurs, of those that end alike: most prefixes of most paths need no look into the dictionary. Bits of values that have gone stay for a while.
    private ulong _bits;

    /// <summary>Paths that have a value.</summary>
    public int Count { get; private set; }

    public T? Find(string path) => TryGet(PathPrefixes.HashOf(path), path, out T? value) ? value : null;

    /// <summary>The value of the prefix that <paramref name="prefixes"/> stands at.</summary>
    public bool TryGet(in PathPrefixes prefixes, [NotNullWhen(true)] out T? value) => TryGet(prefixes.Hash, prefixes.Current, out value);

    /// <summary>The value of the longest path with a value that is <paramref name="path"/> or above it; null when there is none.</summary>
    public T? FindDeepest(ReadOnlySpan<char> path)
    {
        T? deepest = null;
        var prefixes = new PathPrefixes(path);
        while (prefixes.MoveNext())
        {
            if (TryGet(prefixes, out T? value))
            {
                deepest = value;
            }
        }

        return deepest;
    }

    /// <summary>Adds a value for a path that has none.</summary>
    public void Add(string path, T value)
    {
        ulong hash = PathPrefixes.HashOf(path);
        ref Entry? first = ref CollectionsMarshal.GetValueRefOrAddDefault(_entries, hash, out _);
        first = new Entry(path, value, first);
        _bits |= BitOf(hash);
        Count++;
    }

    public void Remove(string path)
    {
        ulong hash = PathPrefixes.HashOf(path);
        if (!_entries.TryGetValue(hash, out Entry? entry))
        {
            return;
        }

        Entry? before = null;
        for (; entry is not null && entry.Path != path; entry = entry.Next)
        {
            before = entry;
        }

        if (entry is null)
        {
            return;
        }

        Count--;
        if (before is not null)
        {
            before.Next = entry.Next;
        }
        else if (entry.Next is not null)
        {
            _entries[hash] = entry.Next;
        }
        else
        {
            _entries.Remove(hash);
            if (_entries.Count <= MaxRecounted)
            {
                _bits = 0;
                foreach (ulong left in _entries.Keys)
                {
                    _bits |= BitOf(left);
                }
            }
        }
    }

    private static ulong BitOf(ulong hash) => 1UL << (int)(hash & 63);

    private bool TryGet(ulong hash, ReadOnlySpan<char> path, [NotNullWhen(true)] out T? value)
    {
        if ((_bits & BitOf(hash)) == 0)
        {
            value = null;
            return false;
        }

        _entries.TryGetValue(hash, out Entry? entry);
        while (entry is not null && !path.SequenceEqual(entry.Path))
        {
            entry = entry.Next;
        }

        value = entry?.Value;
        return value is not null;
    }

    private sealed class Entry(string path, T value, Entry? next)
    {
        public string Path => path;

        public T Value => value;

        /// <summary>Another path with the same hash.</summary>
        public Entry? Next { get; set; } = next;
    }
}
