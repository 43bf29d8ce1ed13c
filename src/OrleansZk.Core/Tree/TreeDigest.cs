using System.Buffers.Binary;
using System.IO.Hashing;
using System.Runtime.InteropServices;

namespace OrleansZk.Core.Tree;

/// <summary>The digest of a tree: the sum, modulo 2^64, of a hash of each node, so that a change costs two hashes whatever the tree's size.</summary>
/// <remarks>
/// The idea is ZooKeeper's (<c>AdHash</c>); the hash and the fields are ours, and the data is included.
/// Replicas with equal trees have equal digests; a replica whose digest differs from the leader's at the same zxid has diverged.
/// </remarks>
public static class TreeDigest
{
    /// <summary>The hash of one node.</summary>
    public static ulong Of(ZNode node)
    {
        const int FixedLength = (8 * sizeof(long)) + (4 * sizeof(int));
        Span<byte> stats = stackalloc byte[FixedLength];
        BinaryPrimitives.WriteInt64LittleEndian(stats, node.Czxid);
        BinaryPrimitives.WriteInt64LittleEndian(stats[8..], node.Mzxid);
        BinaryPrimitives.WriteInt64LittleEndian(stats[16..], node.Pzxid);
        BinaryPrimitives.WriteInt64LittleEndian(stats[24..], node.Ctime);
        BinaryPrimitives.WriteInt64LittleEndian(stats[32..], node.Mtime);
        BinaryPrimitives.WriteInt64LittleEndian(stats[40..], node.Owner);
        BinaryPrimitives.WriteInt32LittleEndian(stats[48..], node.Version);
        BinaryPrimitives.WriteInt32LittleEndian(stats[52..], node.Cversion);
        BinaryPrimitives.WriteInt32LittleEndian(stats[56..], node.Aversion);
        BinaryPrimitives.WriteInt32LittleEndian(stats[60..], node.Data?.Length ?? -1);
        BinaryPrimitives.WriteInt64LittleEndian(stats[64..], (long)XxHash3.HashToUInt64(MemoryMarshal.AsBytes(node.Path.AsSpan())));
        BinaryPrimitives.WriteUInt64LittleEndian(stats[72..], node.Acl.Digest);
        ulong hash = XxHash3.HashToUInt64(stats);
        if (node.Data is { Length: > 0 } data)
        {
            hash = XxHash3.HashToUInt64(data, (long)hash);
        }

        return hash;
    }
}
