using OrleansZk.Core.Paths;
using OrleansZk.Core.Replication;
using OrleansZk.Core.Transactions;
using OrleansZk.Protocol;
using OrleansZk.Protocol.Records;

namespace OrleansZk.Core.Operations;

/// <summary>check: a part of a multi that wants a node to have a version; by itself it is no request (ZOOKEEPER-2623).</summary>
public sealed class Check() : WriteOperation<PathVersionRequest>(OpCode.Check, "CHEC")
{
    public override bool IsAllowedInMulti => true;

    public override bool IsForClients => false;

    protected override PathVersionRequest Read(ref JuteReader reader) => PathVersionRequest.Read(ref reader);

    internal override void Write(PathVersionRequest record, JuteWriter writer) => record.Write(writer);

    internal override ErrorCode Prepare(PathVersionRequest record, Preparation preparation)
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

        if (!preparation.Allows(node.Acl, Permissions.Read))
        {
            return ErrorCode.NoAuth;
        }

        if (!Preparation.TryNextVersion(node.Version, record.Version, out _))
        {
            return ErrorCode.BadVersion;
        }

        preparation.Body = CheckBody.Instance;
        return ErrorCode.Ok;
    }
}
