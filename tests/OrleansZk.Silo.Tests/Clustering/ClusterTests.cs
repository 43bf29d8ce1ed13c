using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using OrleansZk.TestKit.Processes;

namespace OrleansZk.Silo.Tests.Clustering;

/// <summary>Real silos in this process, each with ports of its own, that know of each other by the database alone.</summary>
[Collection(PostgresGroup.Name)]
public sealed class ClusterTests(PostgresFixture fixture) : IAsyncLifetime
{
    private SiloDatabase _database = null!;

    private static CancellationToken Cancellation => SiloDatabase.Cancellation;

    public async ValueTask InitializeAsync() => _database = await SiloDatabase.CreateAsync(fixture.Server);

    public ValueTask DisposeAsync() => _database?.DisposeAsync() ?? ValueTask.CompletedTask;

    [Fact]
    public async Task State_and_subscriptions_survive_the_silo_that_they_were_made_in()
    {
        IHost[] silos = [Silo(), Silo()];
        await Task.WhenAll(silos.Select(silo => silo.StartAsync(Cancellation)));
        await Deadline.WaitUntilAsync(() => silos.All(silo => Active(silo) == 2), "a cluster of two silos");

        ITallyGrain tally = Tally(silos[1]);
        (await tally.AddAsync(5)).ShouldBe(5);
        await tally.SubscribeAsync();
        SiloAddress first = await Tally(silos[0]).WhereAsync();
        first.ShouldBe(Address(silos[1]));

        await silos[1].StopAsync(Cancellation);

        tally = Tally(silos[0]);
        (await tally.WhereAsync()).ShouldBe(Address(silos[0]));
        (await tally.CountAsync()).ShouldBe(5);
        (await tally.SubscriptionsAsync()).ShouldBe(1);
        (await tally.AddAsync(2)).ShouldBe(7);
        (await _database.CountAsync("SELECT count(*) FROM orleans_silo WHERE status = 6")).ShouldBe(1);
        await silos[0].StopAsync(Cancellation);
    }

    [Fact]
    public async Task State_survives_the_whole_cluster()
    {
        IHost silo = Silo();
        await silo.StartAsync(Cancellation);
        await Tally(silo).AddAsync(5);
        await silo.StopAsync(Cancellation);

        IHost next = Silo();
        await next.StartAsync(Cancellation);

        (await Tally(next).CountAsync()).ShouldBe(5);
        await next.StopAsync(Cancellation);
    }

    [Fact]
    public async Task A_client_finds_the_silos()
    {
        IHost silo = Silo();
        await silo.StartAsync(Cancellation);
        IHost client = _database.Client();
        await client.StartAsync(Cancellation);

        (await Tally(client).AddAsync(1)).ShouldBe(1);

        await client.StopAsync(Cancellation);
        await silo.StopAsync(Cancellation);
    }

    private static ITallyGrain Tally(IHost host) => host.Services.GetRequiredService<IGrainFactory>().GetGrain<ITallyGrain>("/tally");

    private static SiloAddress Address(IHost silo) => silo.Services.GetRequiredService<ILocalSiloDetails>().SiloAddress;

    private static int Active(IHost silo) => silo.Services.GetRequiredService<IClusterMembershipService>().CurrentSnapshot.Members.Values
        .Count(member => member.Status == SiloStatus.Active);

    private IHost Silo() => _database.Silo(silo => silo
        .ConfigureEndpoints(IPAddress.Loopback, FreePorts.Take(), FreePorts.Take())
        .AddMemoryStreams(TallyGrain.Provider));
}
