using OrleansZk.Core.Sessions;
using OrleansZk.Core.Tree;
using OrleansZk.Protocol;

namespace OrleansZk.Core.Transactions;

/// <summary>The kinds of transactions; the numbers are in every log and never change their meaning.</summary>
public enum TransactionKind
{
    Create = 1,
    Delete = 2,
    SetData = 5,
    SetAcl = 7,
    Check = 13,
    Multi = 14,
    CreateSession = -10,
    CloseSession = -11,
    MoveSession = -12,
}

/// <summary>The decided facts of one kind of transaction.</summary>
public abstract record TransactionBody
{
    public abstract TransactionKind Kind { get; }

    /// <summary>Changes the tree.</summary>
    /// <returns>The stat of the node that was created or changed; an empty one where no answer needs it.</returns>
    public abstract Stat Apply(ApplyContext context);

    /// <summary>Names what it has changed, for the next checkpoint.</summary>
    internal virtual void MarkChanged(DataTree tree, SessionTable sessions)
    {
    }

    /// <summary>How many bytes the body takes when it is written.</summary>
    /// <param name="exact">False for an upper bound, which costs next to nothing.</param>
    internal long LengthOf(bool exact) => sizeof(int) + ContentLength(exact);

    /// <summary>True when the body takes no more than <paramref name="limit"/> bytes.</summary>
    internal bool Fits(long limit) => LengthOf(exact: false) <= limit || LengthOf(exact: true) <= limit;

    protected abstract void Write(JuteWriter writer);

    /// <summary>The bytes that <see cref="Write(JuteWriter)"/> writes.</summary>
    /// <inheritdoc cref="LengthOf"/>
    private protected abstract long ContentLength(bool exact);

    public static void Write(TransactionBody body, JuteWriter writer)
    {
        writer.WriteInt((int)body.Kind);
        body.Write(writer);
    }

    public static TransactionBody Read(ref JuteReader reader)
    {
        var kind = (TransactionKind)reader.ReadInt();
        return kind switch
        {
            TransactionKind.Create => CreateBody.Read(ref reader),
            TransactionKind.Delete => DeleteBody.Read(ref reader),
            TransactionKind.SetData => SetDataBody.Read(ref reader),
            TransactionKind.SetAcl => SetAclBody.Read(ref reader),
            TransactionKind.Check => CheckBody.Instance,
            TransactionKind.Multi => MultiBody.Read(ref reader),
            TransactionKind.CreateSession => CreateSessionBody.Read(ref reader),
            TransactionKind.CloseSession => CloseSessionBody.Read(ref reader),
            TransactionKind.MoveSession => MoveSessionBody.Read(ref reader),
            _ => throw new JuteException($"unknown kind of transaction {(int)kind}"),
        };
    }
}
