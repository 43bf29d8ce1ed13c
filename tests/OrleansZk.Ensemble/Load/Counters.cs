using System.Diagnostics;
using System.Globalization;

namespace OrleansZk.Ensemble.Load;

/// <summary>Clients of every server of an ensemble, all writing, and what they make of what happens to the servers.</summary>
internal sealed class Counters : IAsyncDisposable
{
    private static int _runs;

    private readonly Cluster _cluster;
    private readonly List<Counter> _all = [];
    private bool _isStopped;

    private Counters(Cluster cluster) => _cluster = cluster;

    public IReadOnlyList<Counter> All => _all;

    public int Acknowledged => _all.Sum(counter => counter.Acknowledged);

    public static async Task<Counters> StartAsync(Cluster cluster, int perServer = 3)
    {
        var counters = new Counters(cluster);
        int run = Interlocked.Increment(ref _runs);
        foreach (ClusterServer server in cluster.Servers)
        {
            for (int i = 0; i < perServer; i++)
            {
                var counter = new Counter(cluster, server, string.Create(CultureInfo.InvariantCulture, $"/counter-{run}-{server.Id}-{i}"));
                await counter.StartAsync();
                counters._all.Add(counter);
            }
        }

        await counters.GoOnAsync();
        return counters;
    }

    /// <summary>Waits until every client, or those of some servers only, has had more answers.</summary>
    public Task GoOnAsync(params ClusterServer[] except)
    {
        (Counter Counter, int From)[] waiting =
            [.. _all.Where(counter => !except.Contains(counter.Home)).Select(counter => (counter, counter.Acknowledged))];
        return _cluster.WaitUntilAsync(
            () => ValueTask.FromResult(waiting.All(one => one.Counter.Acknowledged >= one.From + 10 || one.Counter.Faults.Count > 0)),
            "more answers for every client");
    }

    /// <summary>The longest time without any acknowledged write after a moment, among clients of the servers that are not left out.</summary>
    public TimeSpan LongestPause(long since, params ClusterServer[] except)
    {
        long[] times = [.. _all.Where(counter => !except.Contains(counter.Home)).SelectMany(counter => counter.Times).Order()];
        int first = Math.Max(1, Array.FindIndex(times, time => time >= since));
        long longest = 0;
        for (int i = first; i < times.Length; i++)
        {
            longest = Math.Max(longest, times[i] - times[i - 1]);
        }

        return Stopwatch.GetElapsedTime(0, longest);
    }

    public async Task StopAsync()
    {
        if (!_isStopped)
        {
            _isStopped = true;
            await Task.WhenAll(_all.Select(counter => counter.StopAsync()));
        }
    }

    /// <summary>Everything that went wrong: errors, lost connections where none may be lost, writes that are not there, or twice.</summary>
    /// <param name="mayLose">Servers whose clients may lose their connections.</param>
    public async Task<IReadOnlyList<string>> JudgeAsync(params ClusterServer[] mayLose)
    {
        await StopAsync();
        List<string> faults = [.. _all.SelectMany(counter => counter.Faults)];
        faults.AddRange(_all.Where(counter => !mayLose.Contains(counter.Home)).SelectMany(counter =>
            counter.Losses.Select(loss => $"a client of {counter.Home} lost its connection: {loss}")));
        foreach (ClusterServer server in _cluster.Servers.Where(server => server.IsRunning && !server.IsSuspended))
        {
            await using WireClient client = await server.ConnectAsync();
            (await client.SyncAsync()).ThrowIfError();
            foreach (Counter counter in _all)
            {
                if (await counter.LookAsync(client) is { } fault)
                {
                    faults.Add($"on {server}: {fault}");
                }
            }
        }

        return faults;
    }

    public async ValueTask DisposeAsync()
    {
        try
        {
            await StopAsync();
        }
        catch (TimeoutException)
        {
            // The test has failed for a better reason already.
        }
    }
}
