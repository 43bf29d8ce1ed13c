using OrleansZk.Core.Tree;
using OrleansZk.Core.Watches;
using OrleansZk.Protocol;
using OrleansZk.Protocol.Records;

namespace OrleansZk.Core.Operations;

/// <summary>What setWatches and setWatches2 share: a client that comes back arms its watches again, and hears of what fired them meanwhile.</summary>
/// <remarks>ZooKeeper: <c>DataTree.setWatches</c>. Unlike there, no event goes to a connection that may not read the node.</remarks>
public abstract class WatchResetting(OpCode code, string mnemonic, bool withPersistent) : ReadOperation(code, mnemonic)
{
    internal override bool IsHeavy => true;

    internal override ErrorCode Execute(ref JuteReader request, in ReadContext context, JuteWriter reply)
    {
        SetWatchesRequest record = SetWatchesRequest.Read(ref request, withPersistent);
        var missed = new List<(EventType Type, string Path)>();
        foreach (string path in record.Data)
        {
            ZNode? node = context.Tree.Find(path);
            Reset(context, context.Watches.Data, path, node, node?.Mzxid > record.RelativeZxid, EventType.NodeDataChanged, missed);
        }

        foreach (string path in record.Exist)
        {
            if (context.Tree.Find(path) is not { } node)
            {
                context.Watches.Data.Add(path, context.Connection, WatchModes.Standard);
            }
            else if (context.Allows(node, Permissions.Read))
            {
                missed.Add((EventType.NodeCreated, path));
            }
        }

        foreach (string path in record.Child)
        {
            ZNode? node = context.Tree.Find(path);
            Reset(context, context.Watches.Children, path, node, node?.Pzxid > record.RelativeZxid, EventType.NodeChildrenChanged, missed);
        }

        foreach (string path in record.Persistent)
        {
            AddWatch.Arm(context, path, AddWatchMode.Persistent);
        }

        foreach (string path in record.PersistentRecursive)
        {
            AddWatch.Arm(context, path, AddWatchMode.PersistentRecursive);
        }

        context.Connection.SendBeforeReply(missed);
        return ErrorCode.Ok;
    }

    private static void Reset(
        in ReadContext context,
        WatchTable<Sessions.ClientConnection> table,
        string path,
        ZNode? node,
        bool changed,
        EventType change,
        List<(EventType Type, string Path)> missed)
    {
        if (node is null)
        {
            missed.Add((EventType.NodeDeleted, path));
        }
        else if (!changed)
        {
            table.Add(path, context.Connection, WatchModes.Standard);
        }
        else if (context.Allows(node, Permissions.Read))
        {
            missed.Add((change, path));
        }
    }
}
