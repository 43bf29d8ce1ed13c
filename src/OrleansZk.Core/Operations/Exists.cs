using OrleansZk.Core.Tree;
using OrleansZk.Core.Watches;
using OrleansZk.Protocol;

namespace OrleansZk.Core.Operations;

/// <summary>exists: leaves its watch also where there is no node yet.</summary>
public sealed class Exists() : ReadOperation(OpCode.Exists, "EXIS")
{
    internal override ErrorCode Execute(ref JuteReader request, in ReadContext context, JuteWriter reply)
    {
        ReadOnlySpan<byte> path = request.ReadSpan();
        bool watch = request.ReadBool();
        ErrorCode error = context.FindReadable(path, Permissions.Read, out ZNode node);
        if (watch && error is (ErrorCode.Ok or ErrorCode.NoNode))
        {
            context.Watch(context.Watches.Data, node, path, WatchModes.Standard);
        }

        if (error == ErrorCode.Ok)
        {
            reply.WriteStat(node.Stat);
        }

        return error;
    }
}
