using OrleansZk.Core.Tree;
using OrleansZk.Protocol;

namespace OrleansZk.Core.Operations;

/// <summary>getAllChildrenNumber: how many descendants a node has.</summary>
public sealed class GetAllChildrenNumber() : ReadOperation(OpCode.GetAllChildrenNumber, "GETACN")
{
    internal override ErrorCode Execute(ref JuteReader request, in ReadContext context, JuteWriter reply)
    {
        ErrorCode error = context.FindReadable(request.ReadSpan(), Permissions.Read, out ZNode node);
        if (error == ErrorCode.Ok)
        {
            reply.WriteInt(node.SubtreeCount - 1);
        }

        return error;
    }
}
