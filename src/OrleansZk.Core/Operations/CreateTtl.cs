using OrleansZk.Core.Replication;
using OrleansZk.Core.Tree;
using OrleansZk.Protocol.Records;

namespace OrleansZk.Core.Operations;

/// <summary>createTTL: a node that the server deletes when it has no children and was not modified for its time to live.</summary>
public sealed class CreateTtl() : NodeCreationWithStat(OpCode.CreateTtl)
{
    private protected override ErrorCode TryGetOwner(in CreateRequest record, Preparation preparation, out long owner)
    {
        owner = NodeOwner.None;
        var mode = (CreateMode)record.Flags;
        long ttl = record.Ttl ?? -1;
        if (!mode.IsTtl())
        {
            // Only a time to live says that this is not what the client meant.
            owner = mode.IsEphemeral() ? preparation.Request.SessionId : NodeOwner.None;
            return ttl >= 0 ? ErrorCode.BadArguments : ErrorCode.Ok;
        }

        if (!preparation.Options.TtlEnabled)
        {
            return ErrorCode.Unimplemented;
        }

        if (ttl is < 1 or > NodeOwner.MaxTtl)
        {
            return ErrorCode.BadArguments;
        }

        owner = NodeOwner.ForTtl(ttl);
        return ErrorCode.Ok;
    }
}
