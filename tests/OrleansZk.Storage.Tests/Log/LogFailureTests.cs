using OrleansZk.Core.Replication;
using OrleansZk.Storage.Log;
using OrleansZk.Storage.Tests.Support;
using static OrleansZk.Storage.Tests.Support.LogHarness;

namespace OrleansZk.Storage.Tests.Log;

/// <summary>Devices that fail, and disks that are full.</summary>
public sealed class LogFailureTests
{
    [Theory]
    [InlineData(10)]
    [InlineData(3000)]
    [InlineData(300_000)]
    public async Task A_write_that_fails_is_taken_back_and_the_log_goes_on(int length)
    {
        var disk = new SimulatedDisk();
        await using SegmentLog log = Create(disk);
        long epoch = await log.LeadAsync();
        await log.AppendAsync(Group(epoch + 1, 2000), Cancellation);

        disk.FailWrite();
        IOException exception = await Should.ThrowAsync<IOException>(async () => await log.AppendAsync(Group(epoch + 2, length), Cancellation));
        exception.Message.ShouldContain(".log");
        exception.Message.ShouldContain("nothing was appended");

        await log.AppendAsync(Group(epoch + 2, 20), Cancellation);
        await ShouldHoldAsync(disk, [Group(epoch + 1, 2000), Group(epoch + 2, 20)]);
    }

    [Fact]
    public async Task After_a_failed_sync_the_log_takes_nothing_more_until_it_is_opened_again()
    {
        var disk = new SimulatedDisk();
        await using SegmentLog log = Create(disk);
        long epoch = await log.LeadAsync();
        await log.AppendAsync(Group(epoch + 1, 100), Cancellation);

        disk.FailSync();
        (await Should.ThrowAsync<IOException>(async () => await log.AppendAsync(Group(epoch + 2, 100), Cancellation)))
            .Message.ShouldContain("unknown");
        (await Should.ThrowAsync<IOException>(async () => await log.AppendAsync(Group(epoch + 3, 100), Cancellation)))
            .Message.ShouldContain("opened again");
        await Should.ThrowAsync<IOException>(async () => await log.ClaimNextEpochAsync());
        (await log.ReadAllAsync()).ShouldBeGroups([Group(epoch + 1, 100)]);

        // The group can be read back from the system's memory, but is not on the disk. What opening reports has to survive.
        LogPosition position = await log.OpenAsync(Cancellation);
        position.LastZxid.ShouldBe(epoch + 2);
        SimulatedDisk later = disk.AfterPowerLoss(new Random(1));
        await ShouldHoldAsync(later, [Group(epoch + 1, 100), Group(epoch + 2, 100)]);
        await log.LeadAsync();
    }

    [Fact]
    public async Task A_failed_sync_of_a_new_segment_leaves_the_log_as_it_was()
    {
        var disk = new SimulatedDisk();
        await using SegmentLog log = Create(disk);
        long epoch = await log.LeadAsync();
        await log.AppendAsync(Group(epoch + 1, 3000), Cancellation);

        disk.FailSync();
        await Should.ThrowAsync<IOException>(async () => await log.AppendAsync(Group(epoch + 2, 3000), Cancellation));
        await log.AppendAsync(Group(epoch + 2, 3500), Cancellation);

        await ShouldHoldAsync(disk, [Group(epoch + 1, 3000), Group(epoch + 2, 3500)]);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(4096)]
    public async Task A_full_disk_fails_appends_until_there_is_room_and_loses_nothing(int preallocation)
    {
        var disk = new SimulatedDisk();
        SegmentLogOptions options = Plain with { PreallocationBytes = preallocation };
        await using SegmentLog log = Create(disk, options);
        long zxid = await log.LeadAsync();
        var expected = new List<LogGroup>();
        disk.LimitSpace(20_000);
        while (true)
        {
            LogGroup group = Group(zxid + 1, 700);
            try
            {
                await log.AppendAsync(group, Cancellation);
            }
            catch (IOException exception)
            {
                exception.Message.ShouldContain("no space left");
                break;
            }

            expected.Add(group);
            zxid++;
        }

        expected.Count.ShouldBeGreaterThan(10);
        await ShouldHoldAsync(disk.AfterPowerLoss(new Random(1)), expected);

        disk.LimitSpace(1_000_000);
        LogGroup last = Group(zxid + 1, 700);
        await log.AppendAsync(last, Cancellation);
        await ShouldHoldAsync(disk.AfterPowerLoss(new Random(2)), [.. expected, last]);
    }

    [Fact]
    public async Task A_real_disk_that_is_full_behaves_so_too()
    {
        using var mount = SmallFileSystem.Mount(2 << 20);
        using DataFolder folder = DataFolder.Open(mount.Path);
        var logger = new ListLogger<SegmentLog>();
        var options = new SegmentLogOptions { SegmentBytes = 256 * 1024 };
        var expected = new List<LogGroup>();
        await using (var log = new SegmentLog(folder, options, logger))
        {
            long zxid = await log.LeadAsync();
            IOException? failure = null;
            for (int i = 0; i < 1000 && failure is null; i++)
            {
                LogGroup group = Group(++zxid, 10_000);
                try
                {
                    await log.AppendAsync(group, Cancellation);
                    expected.Add(group);
                }
                catch (IOException exception)
                {
                    failure = exception;
                }
            }

            failure.ShouldNotBeNull().Message.ShouldContain(mount.Path);
            expected.Count.ShouldBeGreaterThan(100);
        }

        await using var again = new SegmentLog(folder, options, logger);
        (await again.OpenAsync(Cancellation)).LastZxid.ShouldBe(expected[^1].LastZxid);
        (await again.ReadAllAsync()).ShouldBeGroups(expected);

        // A checkpoint makes room, and it goes on.
        await again.TruncateAsync(expected[^1].LastZxid, Cancellation);
        long next = await again.ClaimNextEpochAsync() << 32;
        await again.AppendAsync(Group(next + 1, 10_000), Cancellation);
    }

    private static async Task ShouldHoldAsync(SimulatedDisk disk, IReadOnlyList<LogGroup> groups)
    {
        await using SegmentLog log = Create(SimulatedDisk.Of(disk.Snapshot()));
        await log.OpenAsync(Cancellation);
        (await log.ReadAllAsync()).ShouldBeGroups(groups);
    }
}
