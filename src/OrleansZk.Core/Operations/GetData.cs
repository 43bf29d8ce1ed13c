using OrleansZk.Core.Tree;
using OrleansZk.Core.Watches;
using OrleansZk.Protocol;

namespace OrleansZk.Core.Operations;

public sealed class GetData() : ReadOperation(OpCode.GetData, "GETD")
{
    public override bool IsAllowedInMultiRead => true;

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
            context.Watch(context.Watches.Data, node, path, WatchModes.Standard);
        }

        reply.WriteBuffer(node.Data);
        reply.WriteStat(node.Stat);
        return ErrorCode.Ok;
    }
}
