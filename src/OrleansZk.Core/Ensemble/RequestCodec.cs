using OrleansZk.Core.Operations;
using OrleansZk.Core.Replication;
using OrleansZk.Core.Transactions;
using OrleansZk.Protocol;

namespace OrleansZk.Core.Ensemble;

/// <summary>A write on its way to the leader on another server.</summary>
internal static class RequestCodec
{
    /// <summary>Fewest bytes that a request takes.</summary>
    public const int MinimumLength = (3 * sizeof(long)) + (3 * sizeof(int));

    // It has no number on the client's wire, and shares its code with the handshake that opens a session.
    private const int AttachCode = 1001;

    public static void Write(WriteRequest request, JuteWriter writer)
    {
        writer.WriteInt(request.Operation is AttachSession ? AttachCode : (int)request.Operation.Code);
        writer.WriteLong(request.Origin.Number);
        writer.WriteLong(request.SessionId);
        writer.WriteInt(request.Xid);
        writer.WriteLong(request.Owner);
        writer.WriteInt(request.Identities.Count);
        foreach (AclId identity in request.Identities)
        {
            writer.WriteString(identity.Scheme);
            writer.WriteString(identity.Id);
        }

        request.WriteRecord(writer);
    }

    /// <exception cref="JuteException">The bytes are not a request.</exception>
    public static WriteRequest Read(ref JuteReader reader, int serverId, long incarnation)
    {
        int code = reader.ReadInt();
        WriteOperation operation = code == AttachCode
            ? AttachSession.Instance
            : OperationTable.Find((OpCode)code) as WriteOperation ?? throw new JuteException($"operation {code} is no write");
        var origin = new RequestOrigin(serverId, incarnation, reader.ReadLong());
        long sessionId = reader.ReadLong();
        int xid = reader.ReadInt();
        long owner = reader.ReadLong();
        var identities = new AclId[reader.ReadCount(2 * sizeof(int))];
        for (int i = 0; i < identities.Length; i++)
        {
            identities[i] = new AclId(reader.ReadString() ?? "", reader.ReadString() ?? "");
        }

        WriteRequest request = operation.Decode(ref reader);
        request.Origin = origin;
        request.SessionId = sessionId;
        request.Xid = xid;
        request.Owner = owner;
        request.Identities = identities;
        return request;
    }
}
