using OrleansZk.Core.Replication;
using OrleansZk.Core.Tree;
using OrleansZk.Protocol.Records;

namespace OrleansZk.Core.Operations;

/// <summary>createContainer: a node that the server deletes some time after its last child went.</summary>
public sealed class CreateContainer() : NodeCreationWithStat(OpCode.CreateContainer)
{
    private protected override ErrorCode TryGetOwner(in CreateRequest record, Preparation preparation, out long owner)
    {
        owner = NodeOwner.Container;
        if (((CreateMode)record.Flags).IsTtl())
        {
            return preparation.Options.TtlEnabled ? ErrorCode.BadArguments : ErrorCode.Unimplemented;
        }

        return ErrorCode.Ok;
    }
}
