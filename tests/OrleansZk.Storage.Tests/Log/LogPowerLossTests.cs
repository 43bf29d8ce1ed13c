using OrleansZk.Core.Replication;
using OrleansZk.Storage.Log;
using OrleansZk.Storage.Tests.Support;
using static OrleansZk.Storage.Tests.Support.LogHarness;

namespace OrleansZk.Storage.Tests.Log;

/// <summary>The power goes at any moment, again and again: what was acknowledged is there, and nothing that was never appended.</summary>
public sealed class LogPowerLossTests
{
    /// <summary>A fixed set, so that a run can be repeated, and one more seed each time.</summary>
    public static TheoryData<int> Seeds => [.. Enumerable.Range(1, 40), Random.Shared.Next(1000, int.MaxValue)];

    [Theory]
    [MemberData(nameof(Seeds))]
    public async Task Acknowledged_groups_survive_any_power_loss(int seed)
    {
        TestContext.Current.TestOutputHelper?.WriteLine($"seed {seed}");
        var random = new Random(seed);
        var disk = new SimulatedDisk();
        var history = new History();
        for (int life = 0; life < 15; life++)
        {
            SegmentLogOptions options = Plain with
            {
                SegmentBytes = random.Next(200, 6000),
                PreallocationBytes = random.Next(2) * random.Next(1, 4000),
                WriteOnCaller = random.Next(3) == 0,
            };
            disk.CutPowerAfter(random.Next(1, 80));
            await LiveAsync(disk, options, history, random, $"seed {seed}, life {life}");
            disk = disk.AfterPowerLoss(random);
        }

        await using SegmentLog log = Create(disk);
        await log.OpenAsync(Cancellation);
        await history.CompareAsync(log, $"seed {seed}, at the end");
    }

    /// <summary>Opens, compares, appends until the power goes.</summary>
    private static async Task LiveAsync(SimulatedDisk disk, SegmentLogOptions options, History history, Random random, string where)
    {
        await using SegmentLog log = Create(disk, options);
        try
        {
            LogPosition position = await log.OpenAsync(Cancellation);
            await history.CompareAsync(log, where);
            position.Epoch.ShouldBeGreaterThanOrEqualTo(history.Epoch, where);
            history.Epoch = await log.ClaimNextEpochAsync();
            long zxid = history.Epoch << 32;
            while (true)
            {
                int count = random.Next(1, 4);
                var group = new LogGroup(zxid + 1, zxid + count, Bytes(zxid + 1, random.Next(5) == 0 ? random.Next(3000) : random.Next(100)));
                zxid += count;
                history.UnderWay = group;
                await log.AppendAsync(group, Cancellation);
                history.Acknowledge(group);
                if (random.Next(20) == 0)
                {
                    history.Floor = Math.Max(history.Floor, history.Groups[random.Next(history.Groups.Count)].LastZxid);
                    await log.TruncateAsync(history.Floor, Cancellation);
                }
            }
        }
        catch (IOException)
        {
            // The power is off.
        }
    }

    /// <summary>What the log has promised.</summary>
    private sealed class History
    {
        public List<LogGroup> Groups { get; } = [];

        public LogGroup? UnderWay { get; set; }

        public long Floor { get; set; }

        public long Epoch { get; set; }

        public void Acknowledge(LogGroup group)
        {
            Groups.Add(group);
            UnderWay = null;
        }

        /// <summary>All that was acknowledged must be there, and then at most the group that was under way.</summary>
        public async Task CompareAsync(SegmentLog log, string where)
        {
            List<LogGroup> expected = [.. Groups.Where(group => group.LastZxid > Floor)];
            List<LogGroup> found = await log.ReadAllAsync(Floor);
            if (found.Count > expected.Count && UnderWay is { } underWay)
            {
                // Nobody was told, and it is in the log: so it counts from now on.
                Groups.Add(underWay);
                expected.Add(underWay);
            }

            UnderWay = null;
            found.ShouldBeGroups(expected, where);
        }
    }
}
