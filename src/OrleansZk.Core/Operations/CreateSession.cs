using OrleansZk.Core.Replication;
using OrleansZk.Core.Transactions;
using OrleansZk.Protocol;

namespace OrleansZk.Core.Operations;

/// <summary>createSession: what a replica makes of a handshake that wants a new session. ZooKeeper takes it from the wire by mistake.</summary>
public sealed class CreateSession() : WriteOperation<SessionRequest>(OpCode.CreateSession, "SESS")
{
    public override bool IsForClients => false;

    protected override SessionRequest Read(ref JuteReader reader) => SessionRequest.Read(ref reader);

    internal override void Write(SessionRequest record, JuteWriter writer) => record.Write(writer);

    internal override ErrorCode Prepare(SessionRequest record, Preparation preparation)
    {
        preparation.Sessions.Open(record.SessionId, record.Timeout, preparation.Request.Owner, preparation.Now);
        preparation.Body = new CreateSessionBody(record.SessionId, record.Timeout, preparation.Request.Owner);
        return ErrorCode.Ok;
    }
}

/// <param name="Timeout">Milliseconds.</param>
public readonly record struct SessionRequest(long SessionId, int Timeout)
{
    public static SessionRequest Read(ref JuteReader reader) => new(reader.ReadLong(), reader.ReadInt());

    public void Write(JuteWriter writer)
    {
        writer.WriteLong(SessionId);
        writer.WriteInt(Timeout);
    }
}
