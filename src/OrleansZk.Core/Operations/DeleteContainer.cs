using OrleansZk.Core.Paths;
using OrleansZk.Core.Reaping;
using OrleansZk.Core.Replication;
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

    // The node may have changed since the reaper saw it: each of the reaper's conditions is looked at again, with all that was sequenced meanwhile.
    internal override ErrorCode Prepare(PathRequest record, Preparation preparation)
    {
        string path = record.Path!;
        NodeView node = preparation.Overlay.Find(path);
        if (!node.Exists)
        {
            return ErrorCode.NoNode;
        }

        if (node.ChildCount > 0)
        {
            return ErrorCode.NotEmpty;
        }

        if (!Reaper.IsDue(node.Owner, node.Cversion, node.Mtime, preparation.Time, preparation.Options.MaxNeverUsedContainer))
        {
            return ErrorCode.BadVersion;
        }

        Delete.Remove(path, node, preparation.Overlay.Find(ZPath.Parent(path)), preparation);
        return ErrorCode.Ok;
    }
}
