namespace OrleansZk;

/// <summary>A znode's metadata as clients see it (ZooKeeper: jute record <c>Stat</c>); fields in wire order.</summary>
/// <param name="Czxid">zxid of the transaction that created the node.</param>
/// <param name="Mzxid">zxid of the transaction that last changed the data.</param>
/// <param name="Ctime">Creation time, milliseconds since the Unix epoch.</param>
/// <param name="Mtime">Time of the last change of the data, milliseconds since the Unix epoch.</param>
/// <param name="Version">Changes of the data since creation.</param>
/// <param name="Cversion">Creations and deletions of children.</param>
/// <param name="Aversion">Changes of the ACL since creation.</param>
/// <param name="EphemeralOwner">The owning session's id; 0 for every node that is not ephemeral.</param>
/// <param name="DataLength">Bytes of data.</param>
/// <param name="NumChildren">Children now.</param>
/// <param name="Pzxid">zxid of the last creation or deletion of a child.</param>
public readonly record struct Stat(
    long Czxid,
    long Mzxid,
    long Ctime,
    long Mtime,
    int Version,
    int Cversion,
    int Aversion,
    long EphemeralOwner,
    int DataLength,
    int NumChildren,
    long Pzxid)
{
    /// <summary>Bytes of an encoded stat.</summary>
    public const int EncodedLength = (6 * sizeof(long)) + (5 * sizeof(int));
}
