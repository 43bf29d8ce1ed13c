using OrleansZk.Core.Replication;
using OrleansZk.Core.Transactions;
using OrleansZk.Protocol;
using OrleansZk.Protocol.Records;

namespace OrleansZk.Core.Operations;

/// <summary>multi: several writes and checks that all happen, with one zxid, or none.</summary>
public sealed class Multi() : WriteOperation<MultiRequest>(OpCode.Multi, "MULT")
{
    protected override MultiRequest Read(ref JuteReader reader)
    {
        var parts = new List<WriteRequest>();
        for (MultiHeader header = MultiHeader.Read(ref reader); !header.Done; header = MultiHeader.Read(ref reader))
        {
            if (OperationTable.Find(header.Type) is not WriteOperation { IsAllowedInMulti: true } operation)
            {
                throw new JuteException($"a multi cannot hold operation {(int)header.Type}");
            }

            parts.Add(AsMeant(operation.Decode(ref reader)));
        }

        return new MultiRequest(parts);
    }

    internal override int StepsOf(WriteRequest request) => Math.Max(1, ((WriteRequest<MultiRequest>)request).Record.Parts.Count);

    internal override void Write(MultiRequest record, JuteWriter writer)
    {
        foreach (WriteRequest part in record.Parts)
        {
            new MultiHeader(part.Operation.Code, false, -1).Write(writer);
            part.WriteRecord(writer);
        }

        MultiHeader.End.Write(writer);
    }

    /// <summary>A create's flags are taken at their word inside a multi, other than by themselves (ZooKeeper: <c>Op.create</c>).</summary>
    private static WriteRequest AsMeant(WriteRequest part)
    {
        if (part is not WriteRequest<CreateRequest> { Operation.Code: OpCode.Create } create || !CreateModes.IsDefined(create.Record.Flags))
        {
            return part;
        }

        var mode = (CreateMode)create.Record.Flags;
        if (mode.IsTtl())
        {
            throw new JuteException("a create without a time to live asks for a node that has one");
        }

        return mode == CreateMode.Container ? OperationTable.Get<CreateContainer>().Request(create.Record) : part;
    }

    internal override ErrorCode Prepare(MultiRequest record, Preparation preparation)
    {
        ErrorCode error = preparation.CheckSession();
        if (error != ErrorCode.Ok)
        {
            return error;
        }

        var bodies = new TransactionBody[record.Parts.Count];
        long length = 0;
        bool isExact = false;
        for (int i = 0; i < bodies.Length; i++)
        {
            error = record.Parts[i].Prepare(preparation);
            if (error == ErrorCode.Ok && !HasRoom(preparation, bodies.AsSpan(0, i), ref length, ref isExact))
            {
                error = ErrorCode.MarshallingError;
            }

            if (error != ErrorCode.Ok)
            {
                // What came before did not happen, what follows was not tried.
                var errors = new ErrorCode[bodies.Length];
                errors.AsSpan(i).Fill(ErrorCode.RuntimeInconsistency);
                errors[i] = error;
                preparation.PartErrors = errors;
                return error;
            }

            bodies[i] = preparation.Body!;
        }

        preparation.Body = bodies.Length == 0 ? null : new MultiBody(bodies);
        return ErrorCode.Ok;
    }

    /// <summary>Whether a transaction takes the part that was prepared last, with those before it. Looked at part by part: a list of what is refused need not be made.</summary>
    private static bool HasRoom(Preparation preparation, ReadOnlySpan<TransactionBody> before, ref long length, ref bool isExact)
    {
        TransactionBody part = preparation.Body!;
        int limit = preparation.Options.MaxTransactionBytes;
        length += part.LengthOf(isExact);
        if (length > limit && !isExact)
        {
            isExact = true;
            length = part.LengthOf(exact: true);
            foreach (TransactionBody body in before)
            {
                length += body.LengthOf(exact: true);
            }
        }

        return length <= limit;
    }

    internal override void Reply(MultiRequest record, TransactionBody? body, in Stat stat, ApplyContext context, JuteWriter reply)
    {
        if (body is MultiBody multi)
        {
            for (int i = 0; i < multi.Parts.Count; i++)
            {
                WriteRequest part = record.Parts[i];

                // createTTL and createContainer answer as create2 does (ZooKeeper: MultiResponse).
                OpCode type = part.Operation is NodeCreationWithStat ? OpCode.Create2 : part.Operation.Code;
                new MultiHeader(type, false, 0).Write(reply);
                part.Reply(multi.Parts[i], context.PartStats[i], context, reply);
            }
        }

        MultiHeader.End.Write(reply);
    }

    /// <summary>The answer to a multi that failed: it has no error itself, each of its parts has one.</summary>
    internal static void ReplyFailed(ReadOnlySpan<ErrorCode> errors, JuteWriter reply)
    {
        foreach (ErrorCode error in errors)
        {
            WriteError(error, reply);
        }

        MultiHeader.End.Write(reply);
    }

    internal static void WriteError(ErrorCode error, JuteWriter reply)
    {
        new MultiHeader(OpCode.Error, false, (int)error).Write(reply);
        reply.WriteInt((int)error);
    }
}

public readonly record struct MultiRequest(IReadOnlyList<WriteRequest> Parts);
