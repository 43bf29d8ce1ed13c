using OrleansZk.Core.Paths;
using OrleansZk.Core.Sessions;
using OrleansZk.Core.Tree;
using OrleansZk.Protocol;

namespace OrleansZk.Core.Transactions;

/// <param name="OpenedId">The new session's id.</param>
/// <param name="Timeout">Milliseconds.</param>
/// <param name="Owner">The token of the connection that opened it.</param>
public sealed record CreateSessionBody(long OpenedId, int Timeout, long Owner) : TransactionBody
{
    public override TransactionKind Kind => TransactionKind.CreateSession;

    public override Stat Apply(ApplyContext context)
    {
        context.Sessions.Set(OpenedId, new SessionState(Timeout, Owner));
        return default;
    }

    public static new CreateSessionBody Read(ref JuteReader reader) => new(reader.ReadLong(), reader.ReadInt(), reader.ReadLong());

    internal override void MarkChanged(DataTree tree, SessionTable sessions) => sessions.Mark(OpenedId);

    private protected override long ContentLength(bool exact) => (2 * sizeof(long)) + sizeof(int);

    protected override void Write(JuteWriter writer)
    {
        writer.WriteLong(OpenedId);
        writer.WriteInt(Timeout);
        writer.WriteLong(Owner);
    }
}

/// <summary>A session goes on over another connection. In the log, so that whoever leads next knows who may speak for it.</summary>
/// <param name="Timeout">Milliseconds.</param>
/// <param name="Owner">The token of the connection that has it now.</param>
public sealed record MoveSessionBody(long MovedId, int Timeout, long Owner) : TransactionBody
{
    public override TransactionKind Kind => TransactionKind.MoveSession;

    public override Stat Apply(ApplyContext context)
    {
        context.Sessions.Set(MovedId, new SessionState(Timeout, Owner));
        context.MovedSession = (MovedId, Owner);
        return default;
    }

    public static new MoveSessionBody Read(ref JuteReader reader) => new(reader.ReadLong(), reader.ReadInt(), reader.ReadLong());

    internal override void MarkChanged(DataTree tree, SessionTable sessions) => sessions.Mark(MovedId);

    private protected override long ContentLength(bool exact) => (2 * sizeof(long)) + sizeof(int);

    protected override void Write(JuteWriter writer)
    {
        writer.WriteLong(MovedId);
        writer.WriteInt(Timeout);
        writer.WriteLong(Owner);
    }
}

/// <param name="Ephemerals">
/// The paths that go with the session in the same transaction: all that it owns, or as many as one transaction takes. What is left goes in transactions that follow.
/// </param>
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

    internal override void MarkChanged(DataTree tree, SessionTable sessions)
    {
        sessions.Mark(ClosedId);
        foreach (string path in Ephemerals)
        {
            tree.Mark(path);
            tree.Mark(ZPath.Parent(path));
        }
    }

    private protected override long ContentLength(bool exact) => sizeof(long) + EncodedLength.Of(Ephemerals, exact);

    protected override void Write(JuteWriter writer)
    {
        writer.WriteLong(ClosedId);
        writer.WriteStrings(Ephemerals);
    }
}
