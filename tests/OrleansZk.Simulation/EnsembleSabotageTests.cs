using OrleansZk.Simulation.Network;
using OrleansZk.Simulation.Sabotages;
using OrleansZk.Simulation.Scenarios;

namespace OrleansZk.Simulation;

/// <summary>Faults that only an ensemble can have: each must be found, by the rule that is meant for it.</summary>
public sealed class EnsembleSabotageTests(ITestOutputHelper output)
{
    [Fact]
    public void A_committed_request_that_a_new_leader_does_not_know() => Find(() => new LosesOrigins(), "twice");

    [Fact]
    public void A_refusal_that_is_lost_with_the_leader() => Find(() => new LosesOutcomes(), "diverged");

    [Fact]
    public void A_batch_that_is_delivered_twice() => FindAtFollowers(random => new RepeatsSubmissions(random), "twice");

    [Fact]
    public void A_follower_that_compares_no_digests() => Find(() => new IgnoresDigests(), "read");

    /// <remarks>Clients that write are safe from it anyhow: their session is attached by a transaction behind all they have seen.</remarks>
    [Fact]
    public void A_follower_that_is_behind_its_client() => Find(
        () => new SpoilsConnections(_ => new HidesWhatWasSeen()),
        "zxid-back",
        seed => Ensemble(seed) with
        {
            TakesReadOnlyPercent = 100,
            Faults = new FaultMix { Isolation = TimeSpan.FromSeconds(3), ConnectionDrop = TimeSpan.FromSeconds(0.5) },
            Server = new Servers.ServerOptions { ReadOnlyAfter = TimeSpan.FromSeconds(1) },
        });

    [Fact]
    public void Request_numbers_that_begin_again_at_a_new_leader() => FindAtFollowers(_ => new ReusesNumbers(), "unanswered");

    [Fact]
    public void Xids_that_begin_again_at_a_new_leader() => FindAtFollowers(_ => new ReusesXids(), "session-order");

    [Fact]
    public void A_server_that_comes_back_as_if_it_had_never_gone() =>
        Find(() => null, "session-id", seed => Ensemble(seed) with { Server = new Servers.ServerOptions { KeepsIncarnation = true } });

    [Fact]
    public void A_deposed_leader_that_commits() => Find(() => new SpoilsStore(store => store.SkipsEpochCheck = true), "log-order");

    [Fact]
    public void A_deposed_leader_that_goes_on() => Find(() => new SpoilsStore(store => store.ForgivesDeposed = true), "lost-write", Deposing);

    [Fact]
    public void A_sync_that_proves_nothing() => Find(
        () => new SpoilsStore(store => store.SkipsConfirmation = true), "sync", seed => Deposing(seed, Scenario.RareWrites));

    [Fact]
    public void A_follower_that_lives_and_does_not_serve() => Find(
        () => new Hangs(after: TimeSpan.FromSeconds(10)), "half-dead", seed => Ensemble(seed) with { Faults = new FaultMix(), Duration = TimeSpan.FromSeconds(8) });

    [Fact]
    public void Duties_that_have_ended() => Find(
        () => null,
        "no-expiry",
        seed => Ensemble(seed) with
        {
            Faults = new FaultMix { ClientDeath = TimeSpan.FromSeconds(2) },
            SessionTimeout = TimeSpan.FromSeconds(3),
            Server = new Servers.ServerOptions { ForgetsDuties = true },
        });

    private static Scenario Ensemble(int seed) => Scenario.Ensemble(seed) with { Servers = 3 };

    private static Scenario Deposing(int seed) => Deposing(seed, new Clients.WorkloadOptions());

    /// <summary>
    /// Leaders hang until others lead, and their clients wait for them. They ask seldom: those that ask often have all they may ask for on its way before another leads.
    /// </summary>
    private static Scenario Deposing(int seed, Clients.WorkloadOptions workload) => Ensemble(seed) with
    {
        Clients = 6,
        Workload = workload with { ThinkTime = TimeSpan.FromMilliseconds(600), Pipelined = 1 },
        Duration = TimeSpan.FromSeconds(30),
        ReaderPercent = 0,
        SessionTimeout = TimeSpan.FromSeconds(8),
        Faults = new FaultMix { Pause = TimeSpan.FromSeconds(2) },
    };

    private void FindAtFollowers(Func<Random, IPeerTampering> create, string rule) => Find(() => new SpoilsFollowers(create), rule);

    private void Find(Func<Sabotage?> sabotage, string rule, Func<int, Scenario>? scenario = null) =>
        SabotageSearch.Find(output, sabotage, scenario ?? Ensemble, Simulator.EnsembleFactory, rule);
}
