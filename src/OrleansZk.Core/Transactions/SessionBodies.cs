using OrleansZk.Protocol;

namespace OrleansZk.Core.Transactions;

/// <param name="OpenedId">The new session's id.</param>
/// <param name="Timeout">Milliseconds.</param>
public sealed record CreateSessionBody(long OpenedId, int Timeout) : TransactionBody
{
    public override TransactionKind Kind => TransactionKind.CreateSession;

    public override Stat Apply(ApplyContext context)
    {
        context.Sessions.Open(OpenedId, Timeout);
        return default;
    }

    public static new CreateSessionBody Read(ref JuteReader reader) => new(reader.ReadLong(), reader.ReadInt());

    protected override void Write(JuteWriter writer)
    {
        writer.WriteLong(OpenedId);
        writer.WriteInt(Timeout);
    }
}

/// <param name="Ephemerals">The paths that go with the session.</param>
public sealed record CloseSessionBody(long ClosedId, IReadOnlyList<string> Ephemerals) : TransactionBody
{
    public override TransactionKind Kind => TransactionKind.CloseSession;

    public override Stat Apply(ApplyContext context)
    {
        foreach (string path in Ephemerals)
        {
            context.Tree.Delete(path, context.Zxid, context.Changes);
        }

        context.Sessions.Close(ClosedId);
        context.ClosedSession = ClosedId;
        return default;
    }

    public static new CloseSessionBody Read(ref JuteReader reader) => new(reader.ReadLong(), reader.ReadStrings());

    protected override void Write(JuteWriter writer)
    {
        writer.WriteLong(ClosedId);
        writer.WriteStrings(Ephemerals);
    }
}
