using OrleansZk.Protocol;
using OrleansZk.Protocol.Records;

namespace OrleansZk.Core.Operations;

/// <summary>multiRead: several reads at one state of the tree; each succeeds or fails for itself, none leaves a watch.</summary>
/// <remarks>A few bytes can name a large node, and a request can do that thousands of times: an answer that would be too long is refused as a whole.</remarks>
public sealed class MultiRead() : ReadOperation(OpCode.MultiRead, "MLTR")
{
    internal override bool IsHeavy => true;

    internal override ErrorCode Execute(ref JuteReader request, in ReadContext context, JuteWriter reply)
    {
        ReadContext inMulti = context.WithoutWatches();
        int longest = reply.Length + context.MaxMultiReadLength;
        for (MultiHeader header = MultiHeader.Read(ref request); !header.Done; header = MultiHeader.Read(ref request))
        {
            if (OperationTable.Find(header.Type) is not ReadOperation { IsAllowedInMultiRead: true } operation)
            {
                throw new JuteException($"a multiRead cannot hold operation {(int)header.Type}");
            }

            int start = reply.Length;
            new MultiHeader(header.Type, false, 0).Write(reply);
            ErrorCode error = operation.Execute(ref request, inMulti, reply);
            if (error != ErrorCode.Ok)
            {
                reply.Truncate(start);
                Multi.WriteError(error, reply);
            }

            if (reply.Length > longest)
            {
                return ErrorCode.BadArguments;
            }
        }

        MultiHeader.End.Write(reply);
        return ErrorCode.Ok;
    }
}
