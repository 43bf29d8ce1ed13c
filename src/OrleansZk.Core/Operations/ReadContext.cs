using System.Text;
using OrleansZk.Core.Paths;
using OrleansZk.Core.Replication;
using OrleansZk.Core.Sessions;
using OrleansZk.Core.Tree;
using OrleansZk.Core.Watches;

namespace OrleansZk.Core.Operations;

/// <summary>What a read can see. Reads hold the replica's read lock, so that a watch is set at the very state that the answer shows.</summary>
internal readonly ref struct ReadContext(
    Replica replica, ClientConnection connection, IReadOnlyList<AclId> identities, bool mayWatch = true)
{
    public DataTree Tree => replica.Tree;

    public WatchSet Watches => replica.Watches;

    public ClientConnection Connection => connection;

    /// <summary>Who asks.</summary>
    public IReadOnlyList<AclId> Identities => identities;

    /// <summary>Bytes (see <see cref="ReplicaLimits.MaxMultiReadLength"/>).</summary>
    public int MaxMultiReadLength => replica.Limits.MaxMultiReadLength;

    /// <summary>Finds a node that the connection may read.</summary>
    /// <returns>BadArguments, NoNode or NoAuth when there is none.</returns>
    public ErrorCode FindReadable(ReadOnlySpan<byte> utf8Path, Permissions wanted, out ZNode node)
    {
        node = Tree.Find(utf8Path)!;
        if (node is null)
        {
            return ZPath.IsValid(Encoding.UTF8.GetString(utf8Path)) ? ErrorCode.NoNode : ErrorCode.BadArguments;
        }

        return Allows(node, wanted) ? ErrorCode.Ok : ErrorCode.NoAuth;
    }

    /// <summary>False inside a multiRead, which leaves no watches.</summary>
    public bool MayWatch => mayWatch;

    public ReadContext WithoutWatches() => new(replica, connection, identities, mayWatch: false);

    /// <param name="node">The node at the path, or null when there is none.</param>
    public void Watch(WatchTable<ClientConnection> table, ZNode? node, ReadOnlySpan<byte> utf8Path, WatchModes mode) =>
        table.Add(node?.Path ?? Encoding.UTF8.GetString(utf8Path), connection, mode);

    public bool Allows(ZNode node, Permissions wanted) => replica.Access.Allows(node.Acl, wanted, identities);
}
