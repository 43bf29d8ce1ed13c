using OrleansZk.Core.Tree;
using OrleansZk.Core.Watches;
using OrleansZk.Protocol;

namespace OrleansZk.Core.Operations;

/// <summary>What getChildren and getChildren2 share.</summary>
public abstract class ChildrenReading(OpCode code, bool withStat) : ReadOperation(code, "GETC")
{
    internal override ErrorCode Execute(ref JuteReader request, in ReadContext context, JuteWriter reply)
    {
        ReadOnlySpan<byte> path = request.ReadSpan();
        bool watch = request.ReadBool();
        ErrorCode error = context.FindReadable(path, Permissions.Read, out ZNode node);
        if (error != ErrorCode.Ok)
        {
            return error;
        }

        if (watch && context.MayWatch)
        {
            context.Watch(context.Watches.Children, node, path, WatchModes.Standard);
        }

        reply.WriteInt(node.ChildCount);
        foreach (ZNode child in node.Children)
        {
            reply.WriteString(child.Name);
        }

        if (withStat)
        {
            reply.WriteStat(node.Stat);
        }

        return ErrorCode.Ok;
    }
}
