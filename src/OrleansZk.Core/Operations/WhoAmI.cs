using OrleansZk.Protocol;
using OrleansZk.Protocol.Records;

namespace OrleansZk.Core.Operations;

/// <summary>whoAmI: the connection's identities, without hashes.</summary>
public sealed class WhoAmI() : ReadOperation(OpCode.WhoAmI, "HOMI")
{
    internal override ErrorCode Execute(ref JuteReader request, in ReadContext context, JuteWriter reply)
    {
        IReadOnlyList<AclId> identities = context.Identities;
        reply.WriteInt(identities.Count);
        foreach (AclId identity in identities)
        {
            // Only digest ids have a part that is nobody's business; an IPv6 address has colons of its own.
            int colon = identity.Scheme == AclScheme.Digest ? identity.Id.IndexOf(':', StringComparison.Ordinal) : -1;
            new ClientInfo(identity.Scheme, colon < 0 ? identity.Id : identity.Id[..colon]).Write(reply);
        }

        return ErrorCode.Ok;
    }
}
