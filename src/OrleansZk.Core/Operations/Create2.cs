using OrleansZk.Core.Replication;
using OrleansZk.Protocol.Records;

namespace OrleansZk.Core.Operations;

/// <summary>create2: create that answers with the path and the stat.</summary>
public sealed class Create2() : NodeCreationWithStat(OpCode.Create2)
{
    private protected override ErrorCode TryGetOwner(in CreateRequest record, Preparation preparation, out long owner) =>
        Create.TryGetPlainOwner(record, preparation, out owner);
}
