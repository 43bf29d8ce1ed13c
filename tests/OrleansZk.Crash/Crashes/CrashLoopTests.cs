using System.Diagnostics;
using OrleansZk.Crash.Tools;

namespace OrleansZk.Crash.Crashes;

/// <summary>What was acknowledged survives any end of the process; what was not is there wholly or not at all.</summary>
public sealed class CrashLoopTests
{
    private const int Endings = 6;

    /// <summary>Every way to end, in turn.</summary>
    [Fact]
    public async Task Acknowledged_writes_survive_every_end()
    {
        Require();
        int seed = TestRun.Seed("CRASH_SEED");
        int rounds = TestRun.Number("CRASH_ROUNDS", 8);
        var clock = Stopwatch.StartNew();
        await using var run = new CrashRun(seed);
        await run.BeginAsync(EndingOf(0));
        for (int round = 0; round < rounds; round++)
        {
            IReadOnlyList<string> faults;
            try
            {
                faults = await run.RoundAsync(EndingOf(round), EndingOf(round + 1));
            }
            catch
            {
                TestRun.Print($"round {round} of seed {seed}, after {run.Summary}");
                run.KeepEvidence();
                throw;
            }

            if (faults.Count > 0)
            {
                run.KeepEvidence();
                Assert.Fail($"{faults.Count} faults after {EndingOf(round)}, round {round} of seed {seed}:\n" + string.Join('\n', faults.Take(40)));
            }
        }

        await run.EndAsync();
        TestRun.Print($"{rounds} rounds in {clock.Elapsed.TotalSeconds:0} s: {run.Summary}");
    }

    /// <summary>The whole apparatus, held against a server that does lose what it has acknowledged.</summary>
    [Fact]
    public async Task A_lost_end_of_the_log_is_noticed()
    {
        Require();
        await using var run = new CrashRun(TestRun.Seed("CRASH_SEED"));
        await run.BeginAsync(Ending.LoseTail);
        try
        {
            (await run.RoundAsync(Ending.LoseTail, Ending.Kill)).ShouldContain(fault => fault.Contains("acknowledged", StringComparison.Ordinal));
        }
        catch (KeeperException e) when (e.Code == ErrorCode.SessionExpired)
        {
            // What was lost may reach back to the sessions themselves.
        }
    }

    private static Ending EndingOf(int round) => (Ending)(round % Endings);

    private static void Require()
    {
        TestRun.RequireServer();
        TestRun.RequireLinux("sends signals");
    }
}
