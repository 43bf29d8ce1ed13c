using System.Globalization;

namespace OrleansZk.Ensemble.Chaos;

/// <summary>Does to servers, network and store what a bad night does, one after the other and sometimes two at once, and puts it right again.</summary>
internal sealed class FaultInjector(Cluster cluster, Random random)
{
    private readonly SortedDictionary<string, int> _counts = new(StringComparer.Ordinal);

    /// <summary>How many faults of each kind.</summary>
    public string Figures => string.Join(", ", _counts.Select(count => string.Create(CultureInfo.InvariantCulture, $"{count.Key} {count.Value}")));

    public int Count => _counts.Values.Sum();

    public async Task RunAsync(TimeSpan time)
    {
        var limit = Deadline.In(time);
        while (!limit.HasPassed)
        {
            var repairs = new List<Func<Task>>();
            for (int together = random.Next(3) == 0 ? 2 : 1; together > 0; together--)
            {
                repairs.Add(await BreakAsync());
                await PauseAsync(400);
            }

            await PauseAsync(1800);
            foreach (Func<Task> repair in repairs)
            {
                await repair();
            }

            await PauseAsync(500);
        }
    }

    /// <returns>What puts it right.</returns>
    private async Task<Func<Task>> BreakAsync()
    {
        ClusterServer[] healthy = [.. cluster.Servers.Where(server => server.IsRunning && !server.IsSuspended)];
        ClusterServer server = healthy[random.Next(healthy.Length)];
        if (random.Next(2) == 0)
        {
            // What hurts most; none may be known at the moment.
            foreach (ClusterServer other in healthy)
            {
                server = await other.IsAsync(ServerReport.Leader) ? other : server;
            }
        }

        // Silos have no peer port that could be cut.
        switch (random.Next(server.Proxy is null ? 5 : 7))
        {
            case 0:
            case 1:
                Note("kill");
                await server.KillAsync();
                return server.StartAsync;
            case 2:
                Note("suspend");
                server.Suspend();
                return () => Do(server.Continue);
            case 3:
                Note("terminate");
                await server.TerminateAsync();
                return server.StartAsync;
            case 4:
                Note("store restart");
                await cluster.Postgres.StopAsync(immediately: random.Next(2) == 0);
                await PauseAsync(1000);
                await cluster.Postgres.StartAsync();
                return () => Task.CompletedTask;
            case 5:
                Note("cut");
                cluster.Servers.ToList().ForEach(other => other.Proxy!.Cut());
                return () => Task.CompletedTask;
            default:
                Note("block");
                server.Proxy!.Block(cluster.Servers[random.Next(cluster.Servers.Count)].Id);
                return () => Do(server.Proxy.Heal);
        }
    }

    private static Task Do(Action action)
    {
        action();
        return Task.CompletedTask;
    }

    private Task PauseAsync(int most) => Task.Delay(random.Next(most));

    private void Note(string kind) => _counts[kind] = _counts.GetValueOrDefault(kind) + 1;
}
