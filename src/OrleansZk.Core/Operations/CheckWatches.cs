using OrleansZk.Core.Watches;
using OrleansZk.Protocol;
using OrleansZk.Protocol.Records;

namespace OrleansZk.Core.Operations;

/// <summary>checkWatches: whether the connection has a watch of a type on a path.</summary>
public sealed class CheckWatches() : ReadOperation(OpCode.CheckWatches, "CHKW")
{
    internal override ErrorCode Execute(ref JuteReader request, in ReadContext context, JuteWriter reply)
    {
        WatcherTypeRequest record = WatcherTypeRequest.Read(ref request);
        if (!WatcherTypes.TryGetModes(record.Type, out WatchModes data, out WatchModes children))
        {
            return ErrorCode.MarshallingError;
        }

        return context.Watches.Data.Contains(record.Path, context.Connection, data)
            || context.Watches.Children.Contains(record.Path, context.Connection, children)
            ? ErrorCode.Ok
            : ErrorCode.NoWatcher;
    }
}
