using OrleansZk.Core.Tree;
using OrleansZk.Protocol;

namespace OrleansZk.Core.Operations;

/// <summary>getACL: for those who may read or administer the node; only the latter see the hashes.</summary>
public sealed class GetAcl() : ReadOperation(OpCode.GetAcl, "GETA")
{
    internal override ErrorCode Execute(ref JuteReader request, in ReadContext context, JuteWriter reply)
    {
        ErrorCode error = context.FindReadable(request.ReadSpan(), Permissions.Read | Permissions.Admin, out ZNode node);
        if (error != ErrorCode.Ok)
        {
            return error;
        }

        reply.WriteAcl(context.Allows(node, Permissions.Admin) ? node.Acl : [.. node.Acl.Select(WithoutHash)]);
        reply.WriteStat(node.Stat);
        return ErrorCode.Ok;
    }

    private static Acl WithoutHash(Acl entry)
    {
        int colon = entry.Id.Id.IndexOf(':', StringComparison.Ordinal);
        return entry.Id.Scheme == AclScheme.Digest && colon >= 0
            ? entry with { Id = entry.Id with { Id = entry.Id.Id[..colon] + ":x" } }
            : entry;
    }
}
