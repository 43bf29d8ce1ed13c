using OrleansZk.Histories;
using OrleansZk.TestKit.Wire;

namespace OrleansZk.Simulation.Clients;

/// <summary>Between what a history records and what goes over the wire.</summary>
internal static class Wire
{
    public static WireRequest Encode(Request request) => request.Type switch
    {
        OpCode.Create => WireRequests.Create(request.Path, request.Data, request.Mode),
        OpCode.Create2 => WireRequests.Create2(request.Path, request.Data, request.Mode),
        OpCode.Delete => WireRequests.Delete(request.Path, request.Version),
        OpCode.SetData => WireRequests.SetData(request.Path, request.Data, request.Version),
        OpCode.Check => WireRequests.Check(request.Path, request.Version),
        OpCode.Multi => WireRequests.Multi([.. request.Parts.Select(Encode)]),
        OpCode.MultiRead => WireRequests.MultiRead([.. request.Parts.Select(Encode)]),
        OpCode.GetData => WireRequests.GetData(request.Path, request.Watch),
        OpCode.Exists => WireRequests.Exists(request.Path, request.Watch),
        OpCode.GetChildren => WireRequests.GetChildren(request.Path, request.Watch),
        OpCode.GetChildren2 => WireRequests.GetChildren2(request.Path, request.Watch),
        OpCode.GetAllChildrenNumber => WireRequests.GetAllChildrenNumber(request.Path),
        OpCode.GetEphemerals => WireRequests.GetEphemerals(request.Path),
        OpCode.Sync => WireRequests.Sync(request.Path),
        OpCode.AddWatch => WireRequests.AddWatch(request.Path, request.WatchMode),
        OpCode.RemoveWatches => WireRequests.RemoveWatches(request.Path, request.WatcherType),
        OpCode.SetWatches2 when request.Rearmed is { } armed => WireRequests.SetWatches2(
            armed.RelativeZxid, armed.Data, armed.Exist, armed.Child, armed.Persistent, armed.PersistentRecursive),
        OpCode.Ping => WireRequests.Ping(),
        OpCode.CloseSession => WireRequests.CloseSession(),
        _ => throw new ArgumentOutOfRangeException(nameof(request), request.Type, "clients of the simulation do not ask for it"),
    };

    public static Answer Decode(WireReply reply, OpCode type) => From(reply.Decode(type), reply.Zxid);

    private static Answer From(WireResult result, long zxid) => new(result.Error, zxid)
    {
        Path = result.Path,
        Data = result.Data,
        Stat = result.Stat,
        Names = result.Names,
        Number = result.Number,
        Parts = result.Parts is null ? null : [.. result.Parts.Select(part => From(part.Result, zxid))],
    };
}
