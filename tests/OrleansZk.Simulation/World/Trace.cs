using System.Globalization;
using System.Runtime.InteropServices;

namespace OrleansZk.Simulation.World;

/// <summary>What happened: a hash of all of it, and the newest of it for people.</summary>
internal sealed class Trace(EventQueue queue)
{
    private const int Kept = 4096;

    private readonly Entry[] _entries = new Entry[Kept];
    private readonly Dictionary<string, int> _counts = new(StringComparer.Ordinal);
    private long _count;

    public ulong Hash { get; private set; } = 14695981039346656037;

    /// <summary>How often each thing happened.</summary>
    public IReadOnlyDictionary<string, int> Counts => _counts;

    /// <param name="what">A few constant words.</param>
    public void Add(string what, string who, long a = 0, long b = 0) => Add(what, who, a, b, what);

    /// <summary>Something that a server has said.</summary>
    /// <param name="kind">What it is, whatever its words are.</param>
    public void Say(string words, string who, string kind) => Add(words, who, 0, 0, kind);

    private void Add(string what, string who, long a, long b, string kind)
    {
        CollectionsMarshal.GetValueRefOrAddDefault(_counts, kind, out _)++;
        _entries[_count++ % Kept] = new Entry(queue.Now, what, who, a, b);
        Mix((ulong)queue.Now);
        Mix((ulong)what.Length);
        Mix(who.Length == 0 ? 0 : (ulong)(who.Length << 16 | who[^1]));
        Mix((ulong)a);
        Mix((ulong)b);
    }

    /// <summary>Counts bytes that went over a wire into the hash.</summary>
    public void AddBytes(ReadOnlySpan<byte> bytes)
    {
        foreach (byte value in bytes)
        {
            Hash = (Hash ^ value) * 1099511628211;
        }
    }

    /// <summary>What happened since a time, in order; the oldest may be forgotten.</summary>
    public IEnumerable<(TimeSpan At, string Text)> Since(TimeSpan time)
    {
        for (long i = Math.Max(0, _count - Kept); i < _count; i++)
        {
            Entry entry = _entries[i % Kept];
            if (entry.At >= time.Ticks)
            {
                var at = TimeSpan.FromTicks(entry.At);
                yield return (at, string.Create(CultureInfo.InvariantCulture, $"       {at.TotalSeconds,9:F4} {entry.Who} {entry.What} {entry.A:x} {entry.B:x}"));
            }
        }
    }

    private void Mix(ulong value) => Hash = (Hash ^ value) * 1099511628211;

    private readonly record struct Entry(long At, string What, string Who, long A, long B);
}
