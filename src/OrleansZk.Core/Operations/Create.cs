using OrleansZk.Core.Replication;
using OrleansZk.Core.Transactions;
using OrleansZk.Core.Tree;
using OrleansZk.Protocol;
using OrleansZk.Protocol.Records;

namespace OrleansZk.Core.Operations;

/// <summary>create: answers with the path.</summary>
public sealed class Create() : NodeCreation(OpCode.Create)
{
    internal override void Reply(CreateRequest record, TransactionBody? body, in Stat stat, ApplyContext context, JuteWriter reply) =>
        reply.WriteString(((CreateBody)body!).Path);

    private protected override ErrorCode TryGetOwner(in CreateRequest record, Preparation preparation, out long owner) =>
        TryGetPlainOwner(record, preparation, out owner);

    /// <summary>create and create2 make persistent and ephemeral nodes; the container flag makes a plain persistent one, as in ZooKeeper.</summary>
    internal static ErrorCode TryGetPlainOwner(in CreateRequest record, Preparation preparation, out long owner)
    {
        var mode = (CreateMode)record.Flags;
        owner = mode.IsEphemeral() ? preparation.Request.SessionId : NodeOwner.None;
        if (!mode.IsTtl())
        {
            return ErrorCode.Ok;
        }

        return preparation.Options.TtlEnabled ? ErrorCode.BadArguments : ErrorCode.Unimplemented;
    }
}
