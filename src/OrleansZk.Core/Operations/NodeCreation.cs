using System.Globalization;
using OrleansZk.Core.Paths;
using OrleansZk.Core.Replication;
using OrleansZk.Core.Transactions;
using OrleansZk.Core.Tree;
using OrleansZk.Protocol;
using OrleansZk.Protocol.Records;

namespace OrleansZk.Core.Operations;

/// <summary>What create, create2, createTTL and createContainer share.</summary>
public abstract class NodeCreation(OpCode code) : WriteOperation<CreateRequest>(code, "CREA")
{
    public override bool IsAllowedInMulti => true;

    protected override CreateRequest Read(ref JuteReader reader) => CreateRequest.Read(ref reader, withTtl: Code == OpCode.CreateTtl);

    internal override void Write(CreateRequest record, JuteWriter writer) => record.Write(writer);

    /// <summary>Checks the flags and gives the stored ephemeralOwner; the first checks that a creation goes through.</summary>
    private protected abstract ErrorCode TryGetOwner(in CreateRequest record, Preparation preparation, out long owner);

    // The order of the checks is ZooKeeper's (PrepRequestProcessor): clients' tests depend on which error wins.
    internal sealed override ErrorCode Prepare(CreateRequest record, Preparation preparation)
    {
        if (!CreateModes.IsDefined(record.Flags))
        {
            return ErrorCode.BadArguments;
        }

        ErrorCode error = TryGetOwner(record, preparation, out long owner);
        if (error == ErrorCode.Ok)
        {
            error = preparation.CheckSession();
        }

        if (error != ErrorCode.Ok)
        {
            return error;
        }

        int slash = record.Path.LastIndexOf('/');
        if (slash < 0 || record.Path.Contains('\0', StringComparison.Ordinal))
        {
            return ErrorCode.BadArguments;
        }

        if (preparation.Resolve(record.Acl) is not { } acl)
        {
            return ErrorCode.InvalidAcl;
        }

        string parentPath = slash == 0 ? ZPath.Root : record.Path[..slash];
        NodeView parent = preparation.Overlay.Find(parentPath);
        if (!parent.Exists)
        {
            return ErrorCode.NoNode;
        }

        if (!preparation.Allows(parent.Acl, Permissions.Create))
        {
            return ErrorCode.NoAuth;
        }

        var mode = (CreateMode)record.Flags;
        string path = mode.IsSequential()
            ? record.Path + parent.Cversion.ToString(parent.Cversion < 0 ? "D9" : "D10", CultureInfo.InvariantCulture)
            : record.Path;
        if (!ZPath.IsValid(path))
        {
            return ErrorCode.BadArguments;
        }

        if (!preparation.AllowsQuota(path))
        {
            return ErrorCode.NoAuth;
        }

        if (preparation.Overlay.Find(path).Exists)
        {
            return ErrorCode.NodeExists;
        }

        if (NodeOwner.IsSession(parent.Owner))
        {
            return ErrorCode.NoChildrenForEphemerals;
        }

        error = preparation.CheckQuota(path, 1, record.Data?.Length ?? 0);
        if (error != ErrorCode.Ok)
        {
            return error;
        }

        if (NodeOwner.IsSession(owner))
        {
            (int owned, long bytes) = preparation.Overlay.Ephemerals.Of(owner);
            if (owned >= preparation.Options.MaxEphemeralsPerSession
                || bytes + EphemeralUsage.BytesOf(path) > preparation.Options.MaxEphemeralBytesPerSession)
            {
                return ErrorCode.QuotaExceeded;
            }

            preparation.Overlay.CountEphemeral(owner, path, 1);
        }

        int cversion = unchecked(parent.Cversion + 1);
        preparation.Set(parentPath, parent with { Cversion = cversion, ChildCount = parent.ChildCount + 1 });
        preparation.Set(path, new NodeView(true, acl, record.Data, 0, 0, 0, 0, owner, preparation.Time));
        preparation.ChangeUsage(path, 1, record.Data?.Length ?? 0);
        preparation.Body = new CreateBody(path, record.Data, acl, owner, cversion);
        return ErrorCode.Ok;
    }
}

/// <summary>A creation whose answer has the node's stat too.</summary>
public abstract class NodeCreationWithStat(OpCode code) : NodeCreation(code)
{
    internal override void Reply(CreateRequest record, TransactionBody? body, in Stat stat, ApplyContext context, JuteWriter reply)
    {
        reply.WriteString(((CreateBody)body!).Path);
        reply.WriteStat(stat);
    }
}
