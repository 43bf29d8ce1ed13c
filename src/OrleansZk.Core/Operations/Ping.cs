using OrleansZk.Protocol;

namespace OrleansZk.Core.Operations;

/// <summary>ping: keeps the session alive, as any request does.</summary>
public sealed class Ping() : ReadOperation(OpCode.Ping, "PING")
{
    internal override ErrorCode Execute(ref JuteReader request, in ReadContext context, JuteWriter reply) => ErrorCode.Ok;
}
