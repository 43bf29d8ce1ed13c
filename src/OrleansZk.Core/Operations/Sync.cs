using OrleansZk.Core.Replication;
using OrleansZk.Core.Transactions;
using OrleansZk.Protocol;
using OrleansZk.Protocol.Records;

namespace OrleansZk.Core.Operations;

/// <summary>sync: comes back behind everything that the leader had sequenced when it got there, so that a read that follows sees it.</summary>
public sealed class Sync() : WriteOperation<PathRequest>(OpCode.Sync, "SYNC")
{
    protected override PathRequest Read(ref JuteReader reader) => PathRequest.Read(ref reader);

    internal override void Write(PathRequest record, JuteWriter writer) => record.Write(writer);

    internal override ErrorCode Prepare(PathRequest record, Preparation preparation) => preparation.CheckSession();

    internal override void Reply(PathRequest record, TransactionBody? body, in Stat stat, ApplyContext context, JuteWriter reply) =>
        reply.WriteString(record.Path);
}
