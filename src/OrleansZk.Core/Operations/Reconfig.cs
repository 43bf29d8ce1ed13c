using OrleansZk.Core.Replication;
using OrleansZk.Protocol;
using OrleansZk.Protocol.Records;

namespace OrleansZk.Core.Operations;

/// <summary>reconfig: refused, as a server with <c>reconfigEnabled=false</c> refuses it; members come and go by themselves.</summary>
public sealed class Reconfig() : WriteOperation<ReconfigRequest>(OpCode.Reconfig, "RECO")
{
    protected override ReconfigRequest Read(ref JuteReader reader) => ReconfigRequest.Read(ref reader);

    internal override void Write(ReconfigRequest record, JuteWriter writer) => record.Write(writer);

    internal override ErrorCode Prepare(ReconfigRequest record, Preparation preparation) => ErrorCode.ReconfigDisabled;
}
