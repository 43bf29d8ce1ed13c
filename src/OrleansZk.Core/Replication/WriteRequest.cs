using OrleansZk.Core.Operations;
using OrleansZk.Core.Sessions;
using OrleansZk.Core.Transactions;
using OrleansZk.Protocol;

namespace OrleansZk.Core.Replication;

/// <summary>A write on its way from a replica to the leader and back.</summary>
public abstract class WriteRequest
{
    public abstract WriteOperation Operation { get; }

    public long SessionId { get; internal set; }

    public int Xid { get; internal set; }

    /// <summary>The connection that the session spoke through: its token, unique in the ensemble; 0 for the servers' own requests.</summary>
    public long Owner { get; internal set; }

    /// <summary>The connection's identities when the request arrived.</summary>
    public IReadOnlyList<AclId> Identities { get; internal set; } = [];

    public RequestOrigin Origin { get; internal set; }

    /// <summary>What it takes to decide on the request and to apply it, in requests of one node: a multi has as many steps as parts.</summary>
    internal int Steps => Operation.StepsOf(this);

    /// <summary>Bytes of the request's frame.</summary>
    internal int Length { get; set; }

    /// <summary>When it was received, in the time provider's timestamps.</summary>
    internal long ReceivedAt { get; set; }

    /// <summary>Who waits for the answer; null when nobody does.</summary>
    internal ClientConnection? Connection { get; set; }

    internal abstract ErrorCode Prepare(Preparation preparation);

    /// <summary>Writes the record that <see cref="WriteOperation.Decode"/> reads.</summary>
    internal abstract void WriteRecord(JuteWriter writer);

    internal abstract void Reply(TransactionBody? body, in Stat stat, ApplyContext context, JuteWriter reply);
}

/// <inheritdoc/>
public sealed class WriteRequest<TRecord> : WriteRequest
{
    private readonly WriteOperation<TRecord> _operation;

    internal WriteRequest(WriteOperation<TRecord> operation, TRecord record)
    {
        _operation = operation;
        Record = record;
    }

    public TRecord Record { get; }

    public override WriteOperation Operation => _operation;

    internal override void WriteRecord(JuteWriter writer) => _operation.Write(Record, writer);

    internal override ErrorCode Prepare(Preparation preparation) => _operation.Prepare(Record, preparation);

    internal override void Reply(TransactionBody? body, in Stat stat, ApplyContext context, JuteWriter reply) =>
        _operation.Reply(Record, body, stat, context, reply);
}
