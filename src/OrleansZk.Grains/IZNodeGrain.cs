namespace OrleansZk.Grains;

/// <summary>A znode; the key is its path. Calls have no session: for ephemeral nodes and order, open one (<see cref="GrainZooKeeper"/>).</summary>
/// <remarks>
/// <para>Answered by the replica of the silo that the call reaches; a write returns when that replica has it. Every answer names the newest zxid that the silo had
/// applied. Who hands it to the next call never reads backwards, whichever silo answers (a silo that is behind waits).</para>
/// <para>Callers are anybody to ACLs: they have no identity. Errors arrive as <see cref="KeeperException"/>.</para>
/// </remarks>
[Alias("OrleansZk.IZNodeGrain")]
public interface IZNodeGrain : IGrainWithStringKey
{
    /// <summary>Creates the node; for a sequential mode, one whose name begins with the key.</summary>
    [Alias("Create")]
    Task<Seen<CreatedNode>> Create(NodeCreation creation);

    [Alias("Delete")]
    Task<Seen<bool>> Delete(int version = -1);

    /// <returns>Null when there is no such node.</returns>
    [Alias("Exists")]
    Task<Seen<Stat?>> Exists(long seenZxid = 0);

    [Alias("GetData")]
    Task<Seen<NodeData>> GetData(long seenZxid = 0);

    /// <param name="version">That the node must have; -1 for any.</param>
    [Alias("SetData")]
    Task<Seen<Stat>> SetData([Immutable] byte[] data, int version = -1);

    [Alias("GetChildren")]
    Task<Seen<NodeChildren>> GetChildren(long seenZxid = 0);

    [Alias("GetAcl")]
    Task<Seen<NodeAcl>> GetAcl(long seenZxid = 0);

    /// <param name="version">The aversion that the node must have; -1 for any.</param>
    [Alias("SetAcl")]
    Task<Seen<Stat>> SetAcl([Immutable] IReadOnlyList<Acl> acl, int version = -1);

    /// <summary>Leaves a watch that stays, for a session: its events come on the session's stream (<see cref="WatchStreams"/>).</summary>
    [Alias("Watch")]
    Task Watch(long sessionId, AddWatchMode mode = AddWatchMode.Persistent);
}

/// <summary>An answer, and how new it is.</summary>
/// <param name="Zxid">The newest transaction that the silo had applied.</param>
[GenerateSerializer, Immutable, Alias("OrleansZk.Seen`1")]
public readonly record struct Seen<T>([property: Id(0)] T Value, [property: Id(1)] long Zxid);

/// <param name="Acl">Null lets everybody do everything.</param>
/// <param name="TimeToLive">For the two modes that have one.</param>
[GenerateSerializer, Immutable, Alias("OrleansZk.NodeCreation")]
public sealed record NodeCreation(
    [property: Id(0)] byte[]? Data = null,
    [property: Id(1)] CreateMode Mode = CreateMode.Persistent,
    [property: Id(2)] IReadOnlyList<Acl>? Acl = null,
    [property: Id(3)] TimeSpan? TimeToLive = null);
