using System.Diagnostics;
using System.Globalization;
using System.Text;
using OrleansZk.Ensemble.Load;

namespace OrleansZk.Ensemble.Tests;

/// <summary>The leader is killed again and again under load. KILLS=10 for a longer table.</summary>
public sealed class LeaderKillTableTests(SharedPostgres postgres)
{
    [Fact]
    public async Task Kills_of_the_leader()
    {
        SharedPostgres.Require();
        int kills = RunReport.Number("KILLS", 3);
        var table = new StringBuilder("kill  leader  pause, ms  errors  connections lost  writes lost\n");
        await using Cluster cluster = await Cluster.StartAsync(await postgres.StartAsync());
        var faults = new List<string>();
        for (int kill = 1; kill <= kills; kill++)
        {
            await cluster.SettleAsync();
            ClusterServer leader = await cluster.LeaderAsync();
            await using Counters load = await Counters.StartAsync(cluster);
            long start = Stopwatch.GetTimestamp();
            await leader.KillAsync();
            await load.GoOnAsync();
            TimeSpan pause = load.LongestPause(start, leader);
            await leader.StartAsync();
            IReadOnlyList<string> found = await load.JudgeAsync(mayLose: leader);
            faults.AddRange(found);
            Counter[] surviving = [.. load.All.Where(counter => counter.Home != leader)];
            table.AppendLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{kill,4}  {leader.Id,6}  {pause.TotalMilliseconds,9:0}  {surviving.Sum(one => one.Faults.Count),6}  {surviving.Sum(one => one.Losses.Count),16}  {found.Count(fault => fault.StartsWith("on server", StringComparison.Ordinal)),11}"));
        }

        RunReport.Print(table.ToString());
        faults.ShouldBeFaultless(cluster);
    }
}
