using OrleansZk.Core.Paths;
using OrleansZk.Core.Watches;
using OrleansZk.Protocol;
using OrleansZk.Protocol.Records;

namespace OrleansZk.Core.Operations;

/// <summary>addWatch: a watch that stays, on a path that need not exist. Asks for no permission: events are filtered when they fire.</summary>
public sealed class AddWatch() : ReadOperation(OpCode.AddWatch, "ADDW")
{
    internal override ErrorCode Execute(ref JuteReader request, in ReadContext context, JuteWriter reply)
    {
        AddWatchRequest record = AddWatchRequest.Read(ref request);
        if (record.Mode is not ((int)AddWatchMode.Persistent or (int)AddWatchMode.PersistentRecursive))
        {
            return ErrorCode.MarshallingError;
        }

        if (!ZPath.IsValid(record.Path))
        {
            return ErrorCode.BadArguments;
        }

        Arm(context, record.Path, (AddWatchMode)record.Mode);

        // The answer's record is an ErrorResponse, which Curator wants to see.
        reply.WriteInt((int)ErrorCode.Ok);
        return ErrorCode.Ok;
    }

    internal static void Arm(in ReadContext context, string path, AddWatchMode mode)
    {
        if (mode == AddWatchMode.PersistentRecursive)
        {
            context.Watches.Data.Add(path, context.Connection, WatchModes.PersistentRecursive);
        }
        else
        {
            context.Watches.Data.Add(path, context.Connection, WatchModes.Persistent);
            context.Watches.Children.Add(path, context.Connection, WatchModes.Persistent);
        }
    }
}
