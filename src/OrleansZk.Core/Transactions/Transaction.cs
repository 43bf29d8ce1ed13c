using OrleansZk.Core.Sessions;
using OrleansZk.Core.Tree;
using OrleansZk.Protocol;

namespace OrleansZk.Core.Transactions;

/// <summary>A decided change: everything was checked when it was prepared, so that applying it cannot fail and replay decides nothing again.</summary>
/// <param name="Time">The leader's clock, milliseconds since the Unix epoch.</param>
/// <param name="Origin">Who asked for it, so that after a change of leader it is found rather than submitted again.</param>
public sealed record Transaction(long Zxid, long Time, long SessionId, int Xid, RequestOrigin Origin, TransactionBody Body)
{
    public void Write(JuteWriter writer)
    {
        writer.WriteLong(Zxid);
        writer.WriteLong(Time);
        writer.WriteLong(SessionId);
        writer.WriteInt(Xid);
        Origin.Write(writer);
        TransactionBody.Write(Body, writer);
    }

    /// <summary>The transaction without its change: it keeps its place, and nothing else.</summary>
    internal Transaction Emptied() => this with { Body = CheckBody.Instance };

    public static Transaction Read(ref JuteReader reader) => new(
        reader.ReadLong(),
        reader.ReadLong(),
        reader.ReadLong(),
        reader.ReadInt(),
        RequestOrigin.Read(ref reader),
        TransactionBody.Read(ref reader));
}

/// <summary>Which request of which server a transaction answers.</summary>
/// <param name="ServerId">0 to 255.</param>
/// <param name="Incarnation">Tells a server's runs apart.</param>
/// <param name="Number">Counts the requests of one incarnation from 1; 0 for the leader's own.</param>
public readonly record struct RequestOrigin(int ServerId, long Incarnation, long Number)
{
    public void Write(JuteWriter writer)
    {
        writer.WriteInt(ServerId);
        writer.WriteLong(Incarnation);
        writer.WriteLong(Number);
    }

    public static RequestOrigin Read(ref JuteReader reader) => new(reader.ReadInt(), reader.ReadLong(), reader.ReadLong());
}

/// <summary>What a transaction changes, and what comes of it.</summary>
public sealed class ApplyContext(DataTree tree, SessionTable sessions)
{
    public DataTree Tree => tree;

    public SessionTable Sessions => sessions;

    /// <summary>The transaction's zxid; a multi's parts share it.</summary>
    public long Zxid { get; private set; }

    public long Time { get; private set; }

    /// <summary>What happened to the tree, in order, for the watches.</summary>
    public List<TreeChange> Changes { get; } = [];

    /// <summary>The stats that a multi's parts left behind, one each.</summary>
    public List<Stat> PartStats { get; } = [];

    /// <summary>The session that was closed, if one was.</summary>
    public long? ClosedSession { get; set; }

    /// <summary>The session that went to another connection, if one did, and the connection's token.</summary>
    public (long SessionId, long Owner)? MovedSession { get; set; }

    /// <returns>The stat that the transaction's answer shows, if it shows one.</returns>
    public Stat Apply(Transaction transaction)
    {
        Zxid = transaction.Zxid;
        Time = transaction.Time;
        Changes.Clear();
        PartStats.Clear();
        ClosedSession = null;
        MovedSession = null;
        return transaction.Body.Apply(this);
    }
}
