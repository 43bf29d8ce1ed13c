using OrleansZk.Ensemble.Tests;
using OrleansZk.Histories;

namespace OrleansZk.Ensemble.Chaos;

/// <summary>Servers, network and store fail at random while clients record what they see; the checker judges all of it.</summary>
public sealed class ChaosTests
{
    private const int Clients = 9;

    private static readonly Dictionary<string, string> Settings = new()
    {
        ["TickTime"] = "500",
        ["MaxSessionTimeout"] = "60000",
        ["LeaderHistoryBytes"] = "1048576",

        // The whole log is evidence.
        ["CheckpointTransactions"] = "100000000",
    };

    [Fact]
    public async Task Nothing_that_clients_see_is_wrong()
    {
        SharedPostgres.Require();
        int seed = RunReport.Seed("CHAOS_SEED");
        var time = TimeSpan.FromSeconds(RunReport.Number("CHAOS_SECONDS", 20));
        await using PostgresServer postgres = await PostgresServer.StartNewAsync();
        await using Cluster cluster = await Cluster.StartAsync(postgres, settings: Settings, proxied: !ServerBinary.IsSilo);
        DateTimeOffset begin = TimeProvider.System.GetUtcNow();
        var history = new History(TimeProvider.System);
        List<ChaosClient> clients =
            [.. Enumerable.Range(0, Clients).Select(i => new ChaosClient($"c{i}", cluster, history, new Random(HashCode.Combine(seed, i))))];
        var faults = new FaultInjector(cluster, new Random(seed));
        try
        {
            clients.ForEach(client => client.Start());
            await faults.RunAsync(time);
            await cluster.SettleAsync();
            clients.ForEach(client => client.BeQuiet());
            await Task.WhenAll(clients.Select(client => client.LookAtEverythingAsync()));
        }
        finally
        {
            await Task.WhenAll(clients.Select(client => client.StopAsync()));
            clients.ForEach(client => client.Dispose());
        }

        await cluster.WaitUntilEqualAsync();
        IReadOnlyDictionary<string, FinalNode>[] trees = await Task.WhenAll(cluster.Servers.Select(StoreEvidence.ReadTreeAsync));
        Evidence evidence = await StoreEvidence.GatherAsync(cluster, history, begin);
        List<Violation> violations = [.. trees.SelectMany(tree => Checker.Check(evidence with { FinalTree = tree })).Distinct()];
        RunReport.Print(
            $"chaos of {time.TotalSeconds:0} s, seed {seed}: {history.Operations.Count} operations, {evidence.Transactions!.Count} transactions in "
            + $"{evidence.Claims.Count} epochs; {faults.Count} faults ({faults.Figures}); "
            + $"longest pause of writes {LongestPause(history).TotalMilliseconds:0} ms; {violations.Count} violations");
        if (violations.Count > 0)
        {
            Assert.Fail($"{violations.Count} violations with seed {seed}:\n{string.Join('\n', violations.Take(20))}\n{cluster.Describe(60)}");
        }
    }

    private static TimeSpan LongestPause(History history)
    {
        TimeSpan[] times =
        [
            .. history.Events.Where(step => step.Kind == HistoryEventKind.Answered && step.Operation!.Request.IsWrite && step.Operation.IsAcknowledged)
                .Select(step => step.At),
        ];
        return times.Zip(times.Skip(1), (first, second) => second - first).DefaultIfEmpty().Max();
    }
}
