using OrleansZk.Core.Replication;
using OrleansZk.Storage.Files;
using OrleansZk.Storage.Log;
using OrleansZk.Storage.Tests.Support;
using static OrleansZk.Storage.Tests.Support.LogHarness;

namespace OrleansZk.Storage.Tests.Log;

public sealed class LogRoundTripTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(true, false)]
    [InlineData(false, false)]
    [InlineData(true, true)]
    public async Task What_was_appended_is_read_back_after_reopening(bool sync, bool onCaller)
    {
        using DataFolder folder = DataFolder.Open(_folder.Path);
        var options = new SegmentLogOptions { Sync = sync, WriteOnCaller = onCaller };
        var logger = new ListLogger<SegmentLog>();
        int[] lengths = [0, 1, 7, 8, 9, 4096, 256 * 1024, (256 * 1024) + 1, 3_000_001, 5];
        var expected = new List<LogGroup>();
        await using (var log = new SegmentLog(folder, options, logger))
        {
            long zxid = await log.LeadAsync();
            foreach (int length in lengths)
            {
                var group = new LogGroup(zxid + 1, zxid + 3, Bytes(zxid + 1, length));
                await log.AppendAsync(group, Cancellation);
                expected.Add(group);
                zxid += 3;
            }

            (await log.ReadAllAsync()).ShouldBeGroups(expected);
        }

        logger.Warnings.Any(text => text.Contains("Sync is off", StringComparison.Ordinal)).ShouldBe(!sync);
        await using var again = new SegmentLog(folder, options, logger);
        (await again.OpenAsync(Cancellation)).ShouldBe(new LogPosition(1, expected[^1].LastZxid));
        (await again.ReadAllAsync()).ShouldBeGroups(expected);
        (await again.ReadAllAsync(expected[3].LastZxid)).ShouldBeGroups(expected[4..]);
        (await again.ReadAllAsync(expected[3].LastZxid - 1)).ShouldBeGroups(expected[3..]);
        (await again.ReadAllAsync(expected[^1].LastZxid)).ShouldBeEmpty();
    }

    [Fact]
    public async Task An_empty_log_has_no_position_and_no_groups()
    {
        await using SegmentLog log = Create(new OsDisk(_folder.Path, sync: true));

        (await log.OpenAsync(Cancellation)).ShouldBe(new LogPosition(0, 0));
        (await log.ReadAllAsync()).ShouldBeEmpty();
        Directory.EnumerateFiles(_folder.Path).ShouldBeEmpty();
    }

    [Fact]
    public async Task Every_claim_gives_the_next_epoch_and_outlives_the_process()
    {
        var disk = new OsDisk(_folder.Path, sync: true);
        for (int epoch = 1; epoch <= 4; epoch++)
        {
            await using SegmentLog log = Create(disk);
            (await log.OpenAsync(Cancellation)).Epoch.ShouldBe(epoch - 1);
            (await log.ClaimNextEpochAsync()).ShouldBe(epoch);
        }
    }

    [Fact]
    public async Task A_log_may_be_opened_again_by_the_same_object()
    {
        await using SegmentLog log = Create(new SimulatedDisk());
        long zxid = await log.LeadAsync();
        await log.AppendAsync(Group(++zxid, 10), Cancellation);

        (await log.OpenAsync(Cancellation)).ShouldBe(new LogPosition(1, zxid));
        await Should.ThrowAsync<InvalidOperationException>(async () => await log.AppendAsync(Group(zxid + 1, 10), Cancellation));
        long next = await log.ClaimNextEpochAsync() << 32;
        await log.AppendAsync(Group(next + 1, 10), Cancellation);
        (await log.ReadAllAsync()).ShouldBeGroups([Group(zxid, 10), Group(next + 1, 10)]);
    }

    [Fact]
    public async Task What_waits_for_an_append_may_append_again_or_close_the_log_on_the_spot()
    {
        SegmentLog log = Create(new SimulatedDisk());
        long zxid = await log.LeadAsync();
        await AppendAndCloseAsync(log, zxid);

        await Should.ThrowAsync<ObjectDisposedException>(async () => await log.ClaimNextEpochAsync());
        await Should.ThrowAsync<ObjectDisposedException>(async () => await log.AppendAsync(Group(long.MaxValue, 10), Cancellation));
    }

    /// <summary>Goes on in the log's own thread after the first append.</summary>
    private static async Task AppendAndCloseAsync(SegmentLog log, long zxid)
    {
        for (int i = 0; i < 1000; i++)
        {
            await log.AppendAsync(Group(++zxid, 10), Cancellation).ConfigureAwait(false);
        }

        (await log.ReadAllAsync().ConfigureAwait(false)).Count.ShouldBe(1000);
        await log.DisposeAsync().ConfigureAwait(false);
    }
}
