using OrleansZk.Core.Watches;
using OrleansZk.Protocol;
using OrleansZk.Protocol.Records;

namespace OrleansZk.Core.Operations;

/// <summary>removeWatches: ends the connection's watches of a type on a path.</summary>
public sealed class RemoveWatches() : ReadOperation(OpCode.RemoveWatches, "REMW")
{
    internal override ErrorCode Execute(ref JuteReader request, in ReadContext context, JuteWriter reply)
    {
        WatcherTypeRequest record = WatcherTypeRequest.Read(ref request);
        if (!WatcherTypes.TryGetModes(record.Type, out WatchModes data, out WatchModes children))
        {
            return ErrorCode.MarshallingError;
        }

        bool removed = context.Watches.Data.Remove(record.Path, context.Connection, data);
        removed |= context.Watches.Children.Remove(record.Path, context.Connection, children);
        return removed ? ErrorCode.Ok : ErrorCode.NoWatcher;
    }
}
