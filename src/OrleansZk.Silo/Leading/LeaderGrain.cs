using System.Runtime.CompilerServices;
using Orleans.Concurrency;
using Orleans.Runtime.Placement;
using OrleansZk.Core.Ensemble;
using OrleansZk.Grains;
using OrleansZk.Server.Hosting;

namespace OrleansZk.Silo.Leading;

/// <summary>The way to the leader: the engine of this grain's silo, when that leads.</summary>
/// <remarks>
/// It decides nothing. Whether this silo leads is between its engine and the log: were there two of these, or one in the wrong place, followers would be
/// refused and try again, and nothing would be committed twice.
/// </remarks>
[Reentrant, KeepAlive, LeaderPlacement]
internal sealed class LeaderGrain(Engine engine, ILocalSiloDetails silo, EnsembleHost? ensemble = null) : Grain, ILeaderGrain
{
    private readonly Dictionary<Guid, FollowerConnection> _connections = [];

    public Task<LeaderStatus> GetStatus() => Task.FromResult(new LeaderStatus(
        engine.ServerId, silo.SiloAddress, engine.Leader is not null, engine.Leader is null ? 0 : engine.Replica.LastAppliedZxid >>> 32, engine.Replica.LastAppliedZxid));

    public Task<bool> Settle(SiloAddress there)
    {
        if (there.Equals(silo.SiloAddress))
        {
            return Task.FromResult(true);
        }

        foreach (FollowerConnection connection in _connections.Values)
        {
            connection.Close();
        }

        RequestContext.Set(IPlacementDirector.PlacementHintKey, there);
        this.MigrateOnIdle();
        return Task.FromResult(false);
    }

    public async IAsyncEnumerable<LeaderMessages> Follow(
        Guid connection, SiloAddress leader, SiloAddress follower, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        if (ensemble is null || !leader.Equals(silo.SiloAddress) || engine.Member?.Role != MemberRole.Leading)
        {
            yield break;
        }

        var opened = new FollowerConnection(follower.ToParsableString(), ensemble.Accept);
        _connections[connection] = opened;
        opened.Open();
        _ = EndWhenClosedAsync(connection, opened);
        try
        {
            // Says that the connection is open.
            yield return new LeaderMessages([]);
            while (await opened.TakeAsync(cancellationToken) is { } messages)
            {
                yield return new LeaderMessages(messages);
            }
        }
        finally
        {
            opened.Close();
        }
    }

    /// <summary>A follower that is gone does not end its enumeration; that of the one who closes it is enough.</summary>
    private async Task EndWhenClosedAsync(Guid connection, FollowerConnection opened)
    {
        await opened.Closed;
        _connections.Remove(connection);
        opened.End();
    }

    public Task<bool> Submit(Guid connection, long number, byte[] messages) =>
        _connections.TryGetValue(connection, out FollowerConnection? follower) ? follower.ReceiveAsync(number, messages) : Task.FromResult(false);

    public async Task<bool> Transfer(int? serverId) =>
        engine.Member is { } member && await member.RequestTransferAsync(serverId, CancellationToken.None) == TransferOutcome.Done;

    public override Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        foreach (FollowerConnection connection in _connections.Values)
        {
            connection.Close();
        }

        return Task.CompletedTask;
    }
}
