using OrleansZk.Core.Access;
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

        if (context.Allows(node, Permissions.Admin))
        {
            reply.WriteAcl(node.Acl);
        }
        else
        {
            WriteWithoutHashes(node.Acl, reply);
        }

        reply.WriteStat(node.Stat);
        return ErrorCode.Ok;
    }

    private static void WriteWithoutHashes(AclList list, JuteWriter reply)
    {
        reply.WriteInt(list.Count);
        foreach (ref readonly Acl entry in list.AsSpan())
        {
            reply.WriteInt((int)entry.Permissions);
            reply.WriteString(entry.Id.Scheme);
            int colon = entry.Id.Scheme == AclScheme.Digest ? entry.Id.Id.IndexOf(':', StringComparison.Ordinal) : -1;
            if (colon < 0)
            {
                reply.WriteString(entry.Id.Id);
                continue;
            }

            int start = reply.Length;
            reply.WriteString(entry.Id.Id.AsSpan(0, colon + 1));
            reply.Claim(1)[0] = (byte)'x';
            reply.SetInt(start, reply.Length - start - sizeof(int));
        }
    }
}
