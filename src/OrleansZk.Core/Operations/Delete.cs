using OrleansZk.Core.Paths;
using OrleansZk.Core.Replication;
using OrleansZk.Core.Transactions;
using OrleansZk.Core.Tree;
using OrleansZk.Protocol;
using OrleansZk.Protocol.Records;

namespace OrleansZk.Core.Operations;

public sealed class Delete() : WriteOperation<PathVersionRequest>(OpCode.Delete, "DELE")
{
    public override bool IsAllowedInMulti => true;

    protected override PathVersionRequest Read(ref JuteReader reader) => PathVersionRequest.Read(ref reader);

    internal override void Write(PathVersionRequest record, JuteWriter writer) => record.Write(writer);

    internal override ErrorCode Prepare(PathVersionRequest record, Preparation preparation)
    {
        ErrorCode error = preparation.CheckSession();
        if (error != ErrorCode.Ok)
        {
            return error;
        }

        string path = record.Path;
        if (!path.Contains('/', StringComparison.Ordinal) || path.Contains('\0', StringComparison.Ordinal) || SystemPaths.IsSystem(path))
        {
            return ErrorCode.BadArguments;
        }

        // Any other path that cannot be is simply not there, as in ZooKeeper.

        NodeView parent = preparation.Overlay.Find(ZPath.Parent(path));
        if (!parent.Exists)
        {
            return ErrorCode.NoNode;
        }

        if (!preparation.Allows(parent.Acl, Permissions.Delete) || !preparation.AllowsQuota(path))
        {
            return ErrorCode.NoAuth;
        }

        NodeView node = preparation.Overlay.Find(path);
        if (!node.Exists)
        {
            return ErrorCode.NoNode;
        }

        if (!Preparation.TryNextVersion(node.Version, record.Version, out _))
        {
            return ErrorCode.BadVersion;
        }

        if (node.ChildCount > 0)
        {
            return ErrorCode.NotEmpty;
        }

        Remove(path, node, parent, preparation);
        return ErrorCode.Ok;
    }

    /// <summary>Notes a deletion that has been decided.</summary>
    internal static void Remove(string path, in NodeView node, in NodeView parent, Preparation preparation)
    {
        preparation.Set(ZPath.Parent(path), parent with { ChildCount = parent.ChildCount - 1 });
        preparation.Set(path, NodeView.Missing);
        preparation.ChangeUsage(path, -1, -(node.Data?.Length ?? 0));
        if (NodeOwner.IsSession(node.Owner))
        {
            preparation.Overlay.CountEphemeral(node.Owner, path, -1);
        }

        preparation.Body = new DeleteBody(path);
    }
}
