using System.Globalization;
using Microsoft.Extensions.Logging.Abstractions;
using OrleansZk.Core.Replication;
using OrleansZk.Storage.Log;
using OrleansZk.Storage.Tests.Support;
using static OrleansZk.Storage.Tests.Support.LogHarness;

namespace OrleansZk.Storage.Tests.Log;

public sealed class LogKillTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_process_that_is_killed_while_appending_leaves_all_it_has_acknowledged()
    {
        int seed = Random.Shared.Next();
        TestContext.Current.TestOutputHelper?.WriteLine($"seed {seed}");
        var random = new Random(seed);
        for (int life = 1; life <= 4; life++)
        {
            long acknowledged = 0;
            using (ChildProcess child = ChildProcess.Start(ChildRoles.AppendAsync, _folder.Path))
            {
                for (int i = random.Next(1, 800); i > 0; i--)
                {
                    acknowledged = long.Parse((await child.ReadLineAsync()).ShouldNotBeNull(), CultureInfo.InvariantCulture);
                }

                await child.KillAsync();

                // What it said before it died; the last line may be cut short, to a smaller number.
                while (await child.ReadLineAsync() is { } line)
                {
                    acknowledged = Math.Max(acknowledged, line.Length == 0 ? 0 : long.Parse(line, CultureInfo.InvariantCulture));
                }
            }

            using DataFolder folder = DataFolder.Open(_folder.Path);
            await using var log = new SegmentLog(folder, new SegmentLogOptions(), NullLogger<SegmentLog>.Instance);
            LogPosition position = await log.OpenAsync(Cancellation);
            position.Epoch.ShouldBe(life, $"seed {seed}");
            position.LastZxid.ShouldBeGreaterThanOrEqualTo(acknowledged, $"seed {seed}");
            List<LogGroup> groups = await log.ReadAllAsync((long)(life - 1) << 32 | uint.MaxValue);
            long first = ((long)life << 32) + 1;
            groups.ShouldBeGroups(
                [.. Enumerable.Range(0, groups.Count).Select(i => Group(first + i, ChildRoles.LengthOf(first + i)))], $"seed {seed}");
            groups[^1].LastZxid.ShouldBe(position.LastZxid);
        }
    }
}
