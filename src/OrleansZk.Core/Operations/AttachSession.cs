using OrleansZk.Core.Replication;
using OrleansZk.Core.Transactions;
using OrleansZk.Protocol;

namespace OrleansZk.Core.Operations;

/// <summary>What a replica makes of a handshake that resumes a session: the leader says whether it is still alive, and who owns it from now on.</summary>
/// <remarks>
/// A write like any other: requests of the connection that lost the session are refused from exactly here on, by the next leader too. It has no number on the client's wire (ZooKeeper: <c>REVALIDATE</c> between servers).
/// </remarks>
public sealed class AttachSession() : WriteOperation<SessionRequest>(OpCode.CreateSession, "SESS")
{
    internal static AttachSession Instance { get; } = new();

    public override bool IsForClients => false;

    protected override SessionRequest Read(ref JuteReader reader) => SessionRequest.Read(ref reader);

    internal override void Write(SessionRequest record, JuteWriter writer) => record.Write(writer);

    internal override ErrorCode Prepare(SessionRequest record, Preparation preparation)
    {
        long owner = preparation.Request.Owner;
        if (!preparation.Sessions.TryMove(record.SessionId, owner, record.Timeout, preparation.Now))
        {
            return ErrorCode.SessionExpired;
        }

        preparation.Body = new MoveSessionBody(record.SessionId, record.Timeout, owner);
        return ErrorCode.Ok;
    }
}
