using OrleansZk.Core.Ensemble;
using OrleansZk.Simulation.World;

namespace OrleansZk.Simulation.Store;

/// <summary>A member as the shared store has it.</summary>
internal sealed record Membership(MemberInfo Info, MemberReport Report, TimeSpan BeatAt, SimulatedProcess Process, int Generation)
{
    /// <summary>A process that hangs is connected; one that died is not.</summary>
    public bool IsConnected => Process.Generation == Generation;
}

/// <summary>The members in the shared store as one incarnation of a server sees them.</summary>
internal sealed class SimulatedMembership(SimulatedStore store, SimulatedProcess process) : IMembership
{
    // A member that has been silent for longer does not keep its id from another.
    private static readonly TimeSpan KeepsIdFor = TimeSpan.FromSeconds(10);

    private readonly int _generation = process.Generation;
    private MemberInfo? _self;

    public async ValueTask JoinAsync(MemberInfo self, CancellationToken cancellationToken)
    {
        await store.Call(
            process,
            "join",
            () =>
            {
                if (store.Members.TryGetValue(self.Id, out Membership? other) && other.Info.Incarnation != self.Incarnation
                    && other.IsConnected && store.Queue.Time - other.BeatAt < KeepsIdFor)
                {
                    throw new MemberConflictException($"server {self.Id} is alive at {other.Info.PeerAddress}");
                }

                store.JoinedAt.TryAdd(self.Id, store.Queue.Time);
                store.Members[self.Id] = new Membership(self, default, store.Queue.Time, process, _generation);
                return true;
            },
            isChange: true,
            cancellationToken).ConfigureAwait(false);
        _self = self;
    }

    public ValueTask<EnsembleView> BeatAsync(MemberReport report, CancellationToken cancellationToken)
    {
        MemberInfo self = _self ?? throw new InvalidOperationException("a heartbeat before joining");
        return store.Call(
            process,
            "beat",
            () =>
            {
                if (!store.Members.TryGetValue(self.Id, out Membership? member) || member.Info.Incarnation != self.Incarnation)
                {
                    throw new MemberConflictException($"another server has taken the id {self.Id}");
                }

                store.Members[self.Id] = member with { Report = report, BeatAt = store.Queue.Time };
                return View();
            },
            isChange: true,
            cancellationToken);
    }

    public async ValueTask HandOverAsync(long epoch, int? successor, CancellationToken cancellationToken) => await store.Call(
        process,
        "hand over",
        () =>
        {
            if (epoch == store.Epoch)
            {
                store.Trace.Add("hands over", process.Name, epoch, successor ?? -1);
                (store.Leader, store.Successor) = (null, successor);
            }

            return true;
        },
        isChange: true,
        cancellationToken).ConfigureAwait(false);

    public async ValueTask LeaveAsync(CancellationToken cancellationToken) => await store.Call(
        process,
        "leave",
        () =>
        {
            if (_self is { } self && store.Members.TryGetValue(self.Id, out Membership? member) && member.Info.Incarnation == self.Incarnation)
            {
                store.Members.Remove(self.Id);
            }

            return true;
        },
        isChange: true,
        cancellationToken).ConfigureAwait(false);

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private EnsembleView View() => new(
        store.Epoch,
        store.Leader,
        store.Successor,
        [.. store.Members.Values.Select(member => new MemberView(member.Info, member.Report, store.Queue.Time - member.BeatAt, member.IsConnected))],
        store.End.LastZxid);
}
