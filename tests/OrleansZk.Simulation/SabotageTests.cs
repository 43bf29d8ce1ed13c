using OrleansZk.Simulation.Network;
using OrleansZk.Simulation.Sabotages;
using OrleansZk.Simulation.Scenarios;

namespace OrleansZk.Simulation;

/// <summary>A checker that finds nothing proves nothing: each of these faults must be found, and by the rule that is meant for it.</summary>
public sealed class SabotageTests(ITestOutputHelper output)
{
    [Fact]
    public void A_deposed_leader_that_commits() => Find(() => new Takeover(skipsEpochCheck: true), Takeover.Scenario, "log-order");

    [Fact]
    public void A_takeover_by_itself_is_no_fault()
    {
        for (int seed = 1; seed <= SabotageSearch.MostSeeds; seed++)
        {
            RunResult result = Simulator.Run(Takeover.Scenario(seed), Simulator.SoloFactory, new Takeover(skipsEpochCheck: false));
            Assert.True(result.Violations.Count == 0, result.Report);
        }
    }

    [Fact]
    public void An_answer_before_the_commit() => Find(
        () => new SpoilsStore(store => store.AnswersBeforeCommit = true),
        // Without checkpoints, which would be ahead of such a log.
        seed => Crashing(seed) with { Server = new Servers.ServerOptions { CheckpointEvery = int.MaxValue } },
        "lost-write");

    [Fact]
    public void A_lost_append() => Find(() => new LosesLastAppend(), Crashing, "lost-write");

    [Fact]
    public void An_ephemeral_that_outlives_its_session() => Find(() => new KeepsEphemerals(), Scenario.Solo, "ephemeral");

    [Fact]
    public void A_multi_without_its_last_part() => Find(() => new SplitsMultis(), Scenario.Solo, "other-write");

    [Fact]
    public void Transactions_out_of_order() => Find(() => new ReordersTransactions(), Scenario.Solo, "wrong-zxid");

    [Fact]
    public void Damaged_data() => Find(() => new DamagesData(), Scenario.Solo, "other-write");

    [Fact]
    public void An_event_that_never_comes() => FindOnLink(random => new DropsEvents(random), "missed-event");

    [Fact]
    public void An_event_that_comes_twice() => FindOnLink(random => new RepeatsEvents(random), "unexplained-event");

    [Fact]
    public void An_event_behind_the_reply() => FindOnLink(_ => new DelaysEvents(), "missed-event");

    [Fact]
    public void A_request_that_is_executed_twice() => FindOnLink(random => new RepeatsRequests(random), "twice");

    [Fact]
    public void Requests_out_of_order() => FindOnLink(_ => new SwapsRequests(), "stream");

    [Fact]
    public void A_stale_read() => FindOnLink(_ => new ServesStaleReads(), "read");

    [Fact]
    public void A_refusal_of_what_was_done() => FindOnLink(random => new RefusesWhatItDid(random), "refused-write");

    [Fact]
    public void A_success_of_what_was_refused() => FindOnLink(random => new ClaimsWhatItRefused(random), "lost-write");

    [Fact]
    public void A_refusal_without_a_reason() => FindOnLink(random => new RefusesForNoReason(random), "refusal");

    [Fact]
    public void A_sync_that_does_not_ask_the_leader() => FindOnLink(_ => new AnswersSyncsItself(), "sync");

    [Fact]
    public void A_session_that_expires_though_its_client_speaks() => Find(
        () => null,
        seed => Scenario.Solo(seed) with
        {
            // Without pauses of the server, which let sessions expire for good.
            Faults = new FaultMix(), Server = new Servers.ServerOptions { IgnoresActivity = true },
        },
        "early-expiry");

    [Fact]
    public void A_server_that_lives_and_does_not_serve() => Find(
        () => new Hangs(after: TimeSpan.FromSeconds(10)), seed => Scenario.Solo(seed) with { Faults = new FaultMix(), Duration = TimeSpan.FromSeconds(8) }, "half-dead");

    [Fact]
    public void Duties_that_have_ended() => Find(
        () => null,
        seed => Scenario.Solo(seed) with
        {
            Faults = new FaultMix { ClientDeath = TimeSpan.FromSeconds(2) },
            SessionTimeout = TimeSpan.FromSeconds(3),
            Server = new Servers.ServerOptions { ForgetsDuties = true },
        },
        "no-expiry");

    [Fact]
    public void A_process_that_goes_on_when_its_leader_has_failed() => Find(() => new GoesOn(), Throwing, "half-dead");

    [Fact]
    public void A_duty_that_ends_when_it_has_failed() =>
        Find(() => null, seed => Throwing(seed) with { Server = new Servers.ServerOptions { EndsDutiesThatFail = true } }, "no-expiry");

    private static Scenario Throwing(int seed) => Scenario.Solo(seed) with
    {
        SessionTimeout = TimeSpan.FromSeconds(3),
        Faults = new FaultMix { Exception = TimeSpan.FromSeconds(0.5), ClientDeath = TimeSpan.FromSeconds(2) },
    };

    private static Scenario Crashing(int seed) => Scenario.Solo(seed) with { Faults = new FaultMix { Crash = TimeSpan.FromSeconds(2) } };

    private void FindOnLink(Func<Random, ILinkTampering> create, string rule) =>
        Find(() => new SpoilsConnections(create), seed => Scenario.Solo(seed) with { Clients = 4 }, rule);

    private void Find(Func<Sabotage?> sabotage, Func<int, Scenario> scenario, string rule) =>
        SabotageSearch.Find(output, sabotage, scenario, Simulator.SoloFactory, rule);
}
