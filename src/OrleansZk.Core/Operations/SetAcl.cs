using OrleansZk.Core.Paths;
using OrleansZk.Core.Replication;
using OrleansZk.Core.Transactions;
using OrleansZk.Protocol;
using OrleansZk.Protocol.Records;

namespace OrleansZk.Core.Operations;

public sealed class SetAcl() : WriteOperation<SetAclRequest>(OpCode.SetAcl, "SETA")
{
    protected override SetAclRequest Read(ref JuteReader reader) => SetAclRequest.Read(ref reader);

    internal override void Write(SetAclRequest record, JuteWriter writer) => record.Write(writer);

    internal override ErrorCode Prepare(SetAclRequest record, Preparation preparation)
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

        if (preparation.Resolve(record.Acl) is not { } acl)
        {
            return ErrorCode.InvalidAcl;
        }

        NodeView node = preparation.Overlay.Find(record.Path);
        if (!node.Exists)
        {
            return ErrorCode.NoNode;
        }

        if (!preparation.Allows(node.Acl, Permissions.Admin) || !preparation.AllowsQuota(record.Path))
        {
            return ErrorCode.NoAuth;
        }

        if (!Preparation.TryNextVersion(node.Aversion, record.Version, out int aversion))
        {
            return ErrorCode.BadVersion;
        }

        preparation.Set(record.Path, node with { Acl = acl, Aversion = aversion });
        preparation.Body = new SetAclBody(record.Path, acl, aversion);
        return ErrorCode.Ok;
    }

    internal override void Reply(SetAclRequest record, TransactionBody? body, in Stat stat, ApplyContext context, JuteWriter reply) =>
        reply.WriteStat(stat);
}
