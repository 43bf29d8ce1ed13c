using OrleansZk.Core.Paths;
using OrleansZk.Core.Replication;
using OrleansZk.Core.Transactions;
using OrleansZk.Protocol;
using OrleansZk.Protocol.Records;

namespace OrleansZk.Core.Operations;

public sealed class SetData() : WriteOperation<SetDataRequest>(OpCode.SetData, "SETD")
{
    public override bool IsAllowedInMulti => true;

    protected override SetDataRequest Read(ref JuteReader reader) => SetDataRequest.Read(ref reader);

    internal override void Write(SetDataRequest record, JuteWriter writer) => record.Write(writer);

    internal override ErrorCode Prepare(SetDataRequest record, Preparation preparation)
    {
        ErrorCode error = preparation.CheckSession();
        if (error != ErrorCode.Ok)
        {
            return error;
        }

        if (!ZPath.IsValid(record.Path))
        {
            return ErrorCode.BadArguments;
        }

        NodeView node = preparation.Overlay.Find(record.Path);
        if (!node.Exists)
        {
            return ErrorCode.NoNode;
        }

        if (!preparation.Allows(node.Acl, Permissions.Write) || !preparation.AllowsQuota(record.Path))
        {
            return ErrorCode.NoAuth;
        }

        int growth = (record.Data?.Length ?? 0) - (node.Data?.Length ?? 0);
        error = preparation.CheckQuota(record.Path, 0, growth);
        if (error != ErrorCode.Ok)
        {
            return error;
        }

        if (!Preparation.TryNextVersion(node.Version, record.Version, out int version))
        {
            return ErrorCode.BadVersion;
        }

        preparation.Set(record.Path, node with { Data = record.Data, Version = version, Mtime = preparation.Time });
        preparation.ChangeUsage(record.Path, 0, growth);
        preparation.Body = new SetDataBody(record.Path, record.Data, version);
        return ErrorCode.Ok;
    }

    internal override void Reply(SetDataRequest record, TransactionBody? body, in Stat stat, ApplyContext context, JuteWriter reply) =>
        reply.WriteStat(stat);
}
