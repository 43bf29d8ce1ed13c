using System.Buffers;
using System.IO.Hashing;
using System.Text;
using System.Text.Unicode;

namespace OrleansZk.Core.Tree;

/// <summary>Finds nodes by path, also by a path's UTF-8 bytes as they came over the wire, without making a string of them.</summary>
/// <remarks>One writer, or any number of readers, at a time. Chained through the nodes themselves, so that a node costs one pointer.</remarks>
internal sealed class PathTable
{
    // A secret of the process, so that nobody can choose paths that all fall into one bucket.
    private static readonly long Seed = Random.Shared.NextInt64();

    private ZNode?[] _buckets = new ZNode?[1024];

    public int Count { get; private set; }

    public static int HashOf(ReadOnlySpan<byte> utf8Path)
    {
        ulong hash = XxHash3.HashToUInt64(utf8Path, Seed);
        return (int)(hash ^ (hash >> 32));
    }

    public static int HashOf(string path)
    {
        const int OnStack = 512;
        int most = Encoding.UTF8.GetMaxByteCount(path.Length);
        byte[]? rented = null;
        Span<byte> utf8 = most <= OnStack ? stackalloc byte[OnStack] : rented = ArrayPool<byte>.Shared.Rent(most);
        int hash = HashOf(utf8[..Encoding.UTF8.GetBytes(path, utf8)]);
        if (rented is not null)
        {
            ArrayPool<byte>.Shared.Return(rented);
        }

        return hash;
    }

    /// <summary>Looks at the nodes of some buckets.</summary>
    /// <param name="position">The bucket to go on with; 0 after the last.</param>
    public ZNode? FindFirst(ref int position, int mostBuckets, Func<ZNode, bool> isWanted)
    {
        int end = (int)Math.Min(_buckets.Length, (long)position + mostBuckets);
        for (; position < end; position++)
        {
            for (ZNode? node = _buckets[position]; node is not null; node = node.NextInBucket)
            {
                if (isWanted(node))
                {
                    return node;
                }
            }
        }

        position = end < _buckets.Length ? end : 0;
        return null;
    }

    public ZNode? Find(string path)
    {
        int hash = HashOf(path);
        for (ZNode? node = Bucket(hash); node is not null; node = node.NextInBucket)
        {
            if (node.Hash == hash && node.Path == path)
            {
                return node;
            }
        }

        return null;
    }

    public ZNode? Find(ReadOnlySpan<byte> utf8Path)
    {
        int hash = HashOf(utf8Path);
        for (ZNode? node = Bucket(hash); node is not null; node = node.NextInBucket)
        {
            if (node.Hash == hash && Same(utf8Path, node.Path))
            {
                return node;
            }
        }

        return null;
    }

    public void Add(ZNode node)
    {
        if (Count == _buckets.Length)
        {
            Grow();
        }

        Link(node);
        Count++;
    }

    public void Remove(ZNode node)
    {
        ref ZNode? bucket = ref Bucket(node.Hash);
        if (ReferenceEquals(bucket, node))
        {
            bucket = node.NextInBucket;
        }
        else
        {
            ZNode before = bucket!;
            while (!ReferenceEquals(before.NextInBucket, node))
            {
                before = before.NextInBucket!;
            }

            before.NextInBucket = node.NextInBucket;
        }

        node.NextInBucket = null;
        Count--;
    }

    private static bool Same(ReadOnlySpan<byte> utf8Path, string path) =>
        Ascii.IsValid(utf8Path) ? Ascii.Equals(utf8Path, path) : SameSlowly(utf8Path, path);

    private static bool SameSlowly(ReadOnlySpan<byte> utf8Path, string path) =>
        Utf8.IsValid(utf8Path) && Encoding.UTF8.GetString(utf8Path) == path;

    private ref ZNode? Bucket(int hash) => ref _buckets[hash & (_buckets.Length - 1)];

    private void Link(ZNode node)
    {
        ref ZNode? bucket = ref Bucket(node.Hash);
        node.NextInBucket = bucket;
        bucket = node;
    }

    private void Grow()
    {
        ZNode?[] old = _buckets;
        _buckets = new ZNode?[old.Length * 2];
        foreach (ZNode? first in old)
        {
            ZNode? node = first;
            while (node is not null)
            {
                ZNode? next = node.NextInBucket;
                Link(node);
                node = next;
            }
        }
    }
}
