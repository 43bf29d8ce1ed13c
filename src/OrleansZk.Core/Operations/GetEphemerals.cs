using OrleansZk.Core.Tree;
using OrleansZk.Protocol;

namespace OrleansZk.Core.Operations;

/// <summary>getEphemerals: the session's own ephemerals whose paths begin with a prefix.</summary>
public sealed class GetEphemerals() : ReadOperation(OpCode.GetEphemerals, "GETE")
{
    internal override bool IsHeavy => true;

    internal override ErrorCode Execute(ref JuteReader request, in ReadContext context, JuteWriter reply)
    {
        string prefix = request.ReadString() ?? "";
        bool all = prefix.Trim() is "" or "/";
        int start = reply.Length;
        int count = 0;
        reply.WriteInt(0);
        foreach (ZNode node in context.Tree.EphemeralsOf(context.Connection.SessionId))
        {
            if (all || node.Path.StartsWith(prefix, StringComparison.Ordinal))
            {
                reply.WriteString(node.Path);
                count++;
            }
        }

        reply.SetInt(start, count);
        return ErrorCode.Ok;
    }
}
