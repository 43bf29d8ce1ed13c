using OrleansZk.Protocol;
using OrleansZk.Protocol.Records;

namespace OrleansZk.Core.Operations;

/// <summary>multiRead: several reads at one state of the tree; each succeeds or fails for itself, none leaves a watch.</summary>
public sealed class MultiRead() : ReadOperation(OpCode.MultiRead, "MLTR")
{
    internal override ErrorCode Execute(ref JuteReader request, in ReadContext context, JuteWriter reply)
    {
        ReadContext inMulti = context.WithoutWatches();
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
        }

        MultiHeader.End.Write(reply);
        return ErrorCode.Ok;
    }
}
