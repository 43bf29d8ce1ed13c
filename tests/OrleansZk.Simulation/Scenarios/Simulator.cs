using System.Globalization;
using System.Text;
using OrleansZk.Core.Transactions;
using OrleansZk.Histories;
using OrleansZk.Simulation.Sabotages;
using OrleansZk.Simulation.Servers;

namespace OrleansZk.Simulation.Scenarios;

/// <summary>What came of a run.</summary>
/// <param name="Report">For people: what is wrong, the seed, and what happened last; empty when nothing is wrong.</param>
/// <param name="Counts">How often each kind of thing happened.</param>
internal sealed record RunResult(
    Scenario Scenario,
    ulong TraceHash,
    int Operations,
    int Acknowledged,
    IReadOnlyList<Violation> Violations,
    string Report,
    IReadOnlyDictionary<string, int> Counts);

/// <summary>Runs scenarios and judges them.</summary>
internal static class Simulator
{
    private const int ShownSteps = 250;

    public static ISimulatedServer SoloFactory(SimulatedWorld world, ServerSurroundings surroundings, int id) => new SoloServer(surroundings, id);

    public static ISimulatedServer EnsembleFactory(SimulatedWorld world, ServerSurroundings surroundings, int id) =>
        new MemberServer(surroundings, world.Fabric, world.Peers, id);

    public static RunResult Run(Scenario scenario, ServerFactory factory, Sabotage? sabotage = null)
    {
        using var world = new SimulatedWorld(scenario, factory, sabotage);
        List<Violation> violations;
        try
        {
            world.Run();

            // Servers that all refuse have lost nothing silently; while they served, nothing may have come on top of what was lost.
            violations = world.HasRefused
                ? [.. world.Holes().Select(hole => new Violation("hole", hole))]
                : [.. Checker.Check(EvidenceBuilder.Gather(world))];
        }
#pragma warning disable CA1031 // Whatever it is, without its seed it is worth nothing.
        catch (Exception e)
#pragma warning restore CA1031
        {
            violations = [new Violation("exception", e.ToString())];
        }

        violations.AddRange(world.Failures.Select(failure => new Violation("failure", failure)));
        int refused = world.History.Operations.Count(operation => operation.Answer?.Error == ErrorCode.SystemError);
        if (refused > world.Exceptions.Refused)
        {
            violations.Add(new Violation("refusal", $"{refused} requests were refused for exceptions, of which there were {world.Exceptions.Refused}"));
        }

        if (!world.HasRefused)
        {
            // One that refuses to start is not serving either.
            violations.AddRange(world.HalfDead.Select(server => new Violation("half-dead", server)));
        }

        violations.AddRange(world.Divergences.Select(divergence => new Violation("diverged", divergence)));
        violations.AddRange(world.Store.Misuses.Select(misuse => new Violation("log-misuse", misuse)));
        return new RunResult(
            scenario,
            world.Trace.Hash,
            world.History.Operations.Count,
            world.History.Operations.Count(operation => operation.IsAcknowledged),
            violations,
            violations.Count == 0 ? "" : Describe(world, scenario, violations),
            Count(world));
    }

    private static Dictionary<string, int> Count(SimulatedWorld world)
    {
        var counts = new Dictionary<string, int>(world.Trace.Counts, StringComparer.Ordinal);
        void Add(string what, Func<HistoryEvent, bool> isMeant) => counts[what] = world.History.Events.Count(isMeant);
        Add("sessions resumed", step => step.Kind == HistoryEventKind.Resumed);
        Add("sessions expired", step => step.Kind == HistoryEventKind.Expired);
        Add("connections lost", step => step.Kind == HistoryEventKind.Lost);
        Add("events", step => step.Kind == HistoryEventKind.WatchFired && step.Event.Zxid > 0);
        Add("missed events", step => step.Kind == HistoryEventKind.WatchFired && step.Event.Zxid < 0);
        Add("refusals", step => step.Kind == HistoryEventKind.Answered && step.Operation!.Request.IsWrite && !step.Operation.Answer!.IsOk);
        counts["ends in parts"] = world.Store.Committed
            .Count(committed => GroupCodec.Read(committed.Group).Transactions.Any(transaction => transaction is { SessionId: 0, Body: MultiBody }));
        Add("refused by a limit", step => step.Kind == HistoryEventKind.Answered && world.MayRefuse(step.Operation!, Worst(step.Operation!.Answer!)));
        counts["refused"] = world.HasRefused ? 1 : 0;
        counts["healed"] = counts.GetValueOrDefault("is restored");
        counts["unknown"] = world.History.Operations.Count(operation => operation.Outcome == Outcome.Unknown);
        return counts;
    }

    private static ErrorCode Worst(Answer answer) =>
        answer.Error != ErrorCode.Ok ? answer.Error : answer.Parts?.FirstOrDefault(part => part.Error is not (ErrorCode.Ok or ErrorCode.RuntimeInconsistency))?.Error ?? ErrorCode.Ok;

    private static string Describe(SimulatedWorld world, Scenario scenario, List<Violation> violations)
    {
        var text = new StringBuilder();
        text.AppendLine(CultureInfo.InvariantCulture, $"SIMULATION_SEED={scenario.Seed} ./test.sh Simulation   shows it again ({scenario})");
        foreach (Violation violation in violations.Take(10))
        {
            text.AppendLine(CultureInfo.InvariantCulture, $"  {violation}");
        }

        text.AppendLine(CultureInfo.InvariantCulture, $"{violations.Count} in all; the last of what happened:");
        IEnumerable<(TimeSpan At, string Text)> steps = world.Trace.Since(TimeSpan.Zero)
            .Concat(world.History.Events.Select(step => (step.At, step.ToString())))
            .OrderBy(step => step.At);
        foreach ((_, string step) in steps.TakeLast(Environment.GetEnvironmentVariable("SIMULATION_TRACE") is null ? ShownSteps : int.MaxValue))
        {
            text.AppendLine(step);
        }

        return text.ToString();
    }
}
