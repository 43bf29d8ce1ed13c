using OrleansZk.Core.Replication;
using OrleansZk.Core.Transactions;
using OrleansZk.Protocol;

namespace OrleansZk.Core.Operations;

/// <summary>One kind of request: its number, its rules and its steps. Each has a file in this folder and a row in <see cref="OperationTable"/>.</summary>
/// <param name="mnemonic">ZooKeeper's short name for it, as <c>cons</c> shows it.</param>
public abstract class Operation(OpCode code, string mnemonic)
{
    public OpCode Code => code;

    public string Mnemonic => mnemonic;

    /// <summary>True when it goes through the leader, in the session's order.</summary>
    public abstract bool IsWrite { get; }

    /// <summary>True when it may be a part of a multi.</summary>
    public virtual bool IsAllowedInMulti => false;

    /// <summary>True when it may be a part of a multiRead.</summary>
    public virtual bool IsAllowedInMultiRead => false;

    /// <summary>True when a server that has lost its leader still answers it.</summary>
    public virtual bool IsAllowedReadOnly => !IsWrite;

    /// <summary>True when clients may ask for it; the others are the server's own.</summary>
    public virtual bool IsForClients => true;
}

/// <summary>A request that a replica answers from its own tree.</summary>
public abstract class ReadOperation(OpCode code, string mnemonic) : Operation(code, mnemonic)
{
    public sealed override bool IsWrite => false;

    /// <summary>True when neither the work nor the answer is bounded by what the request names and how long answers usually are: it is not executed while all others wait.</summary>
    internal virtual bool IsHeavy => false;

    /// <summary>Reads the request, and writes the answer's record after the header, which is there already.</summary>
    /// <returns>An error discards what was written.</returns>
    /// <exception cref="JuteException">The request is malformed.</exception>
    internal abstract ErrorCode Execute(ref JuteReader request, in ReadContext context, JuteWriter reply);
}

/// <summary>A read that takes long, and need not see one state of the tree: it is executed in steps, and others have their turn between them.</summary>
public abstract class SteppedReadOperation(OpCode code, string mnemonic) : ReadOperation(code, mnemonic)
{
    internal sealed override bool IsHeavy => true;

    /// <summary>Checks the request, and executes nothing yet.</summary>
    /// <exception cref="JuteException">The request is malformed.</exception>
    internal abstract ReadSteps Begin(ReadOnlySpan<byte> record);

    internal sealed override ErrorCode Execute(ref JuteReader request, in ReadContext context, JuteWriter reply)
    {
        ReadSteps steps = Begin(request.Rest);
        while (!steps.Next(context, request.Rest))
        {
        }

        return ErrorCode.Ok;
    }
}

/// <summary>A <see cref="SteppedReadOperation"/> on its way. Its answer has no record.</summary>
internal abstract class ReadSteps
{
    /// <summary>Takes the next step, which is small.</summary>
    /// <param name="record">The request's, the same every time.</param>
    /// <returns>True when it was the last.</returns>
    public abstract bool Next(in ReadContext context, ReadOnlySpan<byte> record);
}

/// <summary>A request that the leader decides on and the log keeps.</summary>
public abstract class WriteOperation(OpCode code, string mnemonic) : Operation(code, mnemonic)
{
    public sealed override bool IsWrite => true;

    /// <summary>Decodes a request, on the thread that received it.</summary>
    /// <exception cref="JuteException">The request is malformed.</exception>
    internal abstract WriteRequest Decode(ref JuteReader reader);

    /// <summary>See <see cref="WriteRequest.Steps"/>.</summary>
    internal virtual int StepsOf(WriteRequest request) => 1;
}

/// <summary>A write whose request is a <typeparamref name="TRecord"/>.</summary>
public abstract class WriteOperation<TRecord>(OpCode code, string mnemonic) : WriteOperation(code, mnemonic)
{
    internal sealed override WriteRequest Decode(ref JuteReader reader) => new WriteRequest<TRecord>(this, Read(ref reader));

    internal WriteRequest<TRecord> Request(TRecord record) => new(this, record);

    protected abstract TRecord Read(ref JuteReader reader);

    /// <summary>Writes what <see cref="Read"/> reads, for the leader on another server.</summary>
    internal abstract void Write(TRecord record, JuteWriter writer);

    /// <summary>The leader's step: checks everything, and notes in <paramref name="preparation"/> the decided facts and their effect on what follows.</summary>
    internal abstract ErrorCode Prepare(TRecord record, Preparation preparation);

    /// <summary>Writes the answer's record, after the transaction was applied to the tree of the replica that answers.</summary>
    /// <param name="body">Null when there was nothing to apply.</param>
    /// <param name="stat">What applying it returned.</param>
    internal virtual void Reply(TRecord record, TransactionBody? body, in Stat stat, ApplyContext context, JuteWriter reply)
    {
    }
}
