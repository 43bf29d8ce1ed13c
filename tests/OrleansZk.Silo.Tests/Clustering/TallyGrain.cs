using Orleans.Placement;
using Orleans.Streams;

namespace OrleansZk.Silo.Tests.Clustering;

/// <summary>Counts, keeps the count, and hears a stream.</summary>
public interface ITallyGrain : IGrainWithStringKey
{
    /// <returns>The count after it, kept.</returns>
    Task<int> AddAsync(int amount);

    Task<int> CountAsync();

    /// <returns>The silo that it is active in.</returns>
    Task<SiloAddress> WhereAsync();

    Task SubscribeAsync();

    /// <returns>How many subscriptions of its own there are.</returns>
    Task<int> SubscriptionsAsync();
}

public sealed class TallyTotal
{
    public int Count { get; set; }
}

/// <summary>Active where it is called from first.</summary>
[PreferLocalPlacement]
public sealed class TallyGrain(
    [PersistentState("tally-total")] IPersistentState<TallyTotal> total, ILocalSiloDetails silo) : Grain, ITallyGrain
{
    public const string Provider = "tallies";

    private IAsyncStream<int> Stream => this.GetStreamProvider(Provider).GetStream<int>("tally", this.GetPrimaryKeyString());

    public async Task<int> AddAsync(int amount)
    {
        total.State.Count += amount;
        await total.WriteStateAsync();
        return total.State.Count;
    }

    public Task<int> CountAsync() => Task.FromResult(total.State.Count);

    public Task<SiloAddress> WhereAsync() => Task.FromResult(silo.SiloAddress);

    public Task SubscribeAsync() => Stream.SubscribeAsync((amount, _) => AddAsync(amount));

    public async Task<int> SubscriptionsAsync() => (await Stream.GetAllSubscriptionHandles()).Count;
}
