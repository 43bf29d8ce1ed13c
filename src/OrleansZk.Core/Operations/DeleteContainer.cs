using OrleansZk.Core.Paths;
using OrleansZk.Core.Replication;
using OrleansZk.Core.Tree;
using OrleansZk.Protocol;
using OrleansZk.Protocol.Records;

namespace OrleansZk.Core.Operations;

/// <summary>deleteContainer: the reaper's own deletion of a container or a node whose time to live is up.</summary>
/// <remarks>ZooKeeper takes it from clients too, without asking for any permission; here it is the server's own.</remarks>
public sealed class DeleteContainer() : WriteOperation<PathRequest>(OpCode.DeleteContainer, "DELE")
{
    public override bool IsForClients => false;

    protected override PathRequest Read(ref JuteReader reader) => PathRequest.Read(ref reader);

    internal override void Write(PathRequest record, JuteWriter writer) => record.Write(writer);

    // The node may have changed since the reaper saw it: only one that is still empty, and still of its kind, goes.
    internal override ErrorCode Prepare(PathRequest record, Preparation preparation)
    {
        string path = record.Path!;
        NodeView node = preparation.Overlay.Find(path);
        if (!node.Exists)
        {
            return ErrorCode.NoNode;
        }

        if (node.Owner != NodeOwner.Container && !NodeOwner.IsTtl(node.Owner))
        {
            return ErrorCode.BadVersion;
        }

        if (node.ChildCount > 0)
        {
            return ErrorCode.NotEmpty;
        }

        Delete.Remove(path, node, preparation.Overlay.Find(ZPath.Parent(path)), preparation);
        return ErrorCode.Ok;
    }
}
