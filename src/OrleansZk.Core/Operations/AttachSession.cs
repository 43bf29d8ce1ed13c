using OrleansZk.Core.Replication;
using OrleansZk.Protocol;

namespace OrleansZk.Core.Operations;

/// <summary>What a replica makes of a handshake that resumes a session: the leader says whether it is still alive, and who owns it from now on.</summary>
/// <remarks>
/// Sequenced like a write, so that requests of the connection that lost the session are refused from exactly here on; nothing is logged.
/// It has no number on the client's wire (ZooKeeper: <c>REVALIDATE</c> between servers).
/// </remarks>
public sealed class AttachSession() : WriteOperation<SessionRequest>(OpCode.CreateSession, "SESS")
{
    internal static AttachSession Instance { get; } = new();

    public override bool IsForClients => false;

    protected override SessionRequest Read(ref JuteReader reader) => new(reader.ReadLong(), reader.ReadInt());

    internal override ErrorCode Prepare(SessionRequest record, Preparation preparation) =>
        preparation.Sessions.TryMove(record.SessionId, preparation.Request.Owner, record.Timeout, preparation.Now)
            ? ErrorCode.Ok
            : ErrorCode.SessionExpired;
}
