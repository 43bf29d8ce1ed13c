using OrleansZk.Core.Replication;
using OrleansZk.Storage.Log;
using OrleansZk.Storage.Tests.Support;
using static OrleansZk.Storage.Tests.Support.LogHarness;

namespace OrleansZk.Storage.Tests.Log;

public sealed class LogSegmentsTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(2048)]
    public async Task A_log_goes_over_many_segments_and_comes_back_whole(int preallocation)
    {
        SegmentLogOptions options = Plain with { PreallocationBytes = preallocation };
        var disk = new SimulatedDisk();
        var expected = new List<LogGroup>();
        for (int run = 0; run < 3; run++)
        {
            await using SegmentLog log = Create(disk, options);
            long zxid = await log.LeadAsync();
            for (int i = 0; i < 100; i++)
            {
                // One in twenty is longer than a segment.
                LogGroup group = Group(++zxid, i % 20 == 7 ? 6000 : i * 5);
                await log.AppendAsync(group, Cancellation);
                expected.Add(group);
            }

            (await log.ReadAllAsync()).ShouldBeGroups(expected);
            (await log.ReadAllAsync(expected[^50].LastZxid)).ShouldBeGroups(expected[^49..]);
        }

        disk.List().Count(SegmentHeader.IsFileName).ShouldBeGreaterThan(10);
    }

    [Fact]
    public async Task A_segment_is_named_by_the_zxid_after_the_last_before_it()
    {
        Dictionary<string, byte[]> files = await WrittenAsync(3000, 3000, 10);

        files.Keys.Order().ShouldBe(["0000000000000001.log", "0000000100000002.log"]);
    }

    [Fact]
    public async Task Epochs_alone_never_fill_a_segment()
    {
        var disk = new SimulatedDisk();
        await using SegmentLog log = Create(disk);
        await log.OpenAsync(Cancellation);
        for (int i = 0; i < 300; i++)
        {
            await log.ClaimNextEpochAsync();
        }

        await log.AppendAsync(Group((300L << 32) + 1, 100), Cancellation);
        await log.AppendAsync(Group((300L << 32) + 2, 100), Cancellation);

        (await log.OpenAsync(Cancellation)).ShouldBe(new LogPosition(300, (300L << 32) + 2));
        disk.List().Count.ShouldBe(2);
    }

    [Fact]
    public async Task Truncation_drops_whole_segments_and_never_the_last()
    {
        var disk = new SimulatedDisk();
        await using SegmentLog log = Create(disk);
        long epoch = await log.LeadAsync();
        for (int i = 1; i <= 8; i++)
        {
            await log.AppendAsync(Group(epoch + i, 2000), Cancellation); // One or two a segment.
        }

        int before = disk.List().Count;
        await log.TruncateAsync(0, Cancellation);
        disk.List().Count.ShouldBe(before);

        await log.TruncateAsync(epoch + 5, Cancellation);
        disk.List().Count.ShouldBeLessThan(before);
        (await log.ReadAllAsync(epoch + 5)).Select(group => group.LastZxid).ShouldBe([epoch + 6, epoch + 7, epoch + 8]);
        await Should.ThrowAsync<LogTruncatedException>(() => log.ReadAllAsync());

        await log.TruncateAsync(long.MaxValue, Cancellation);
        disk.List().Count.ShouldBe(1);

        // The floor and the epoch outlive the process and the segments that they came from.
        await using SegmentLog again = Create(disk);
        (await again.OpenAsync(Cancellation)).ShouldBe(new LogPosition(1, epoch + 8));
        await Should.ThrowAsync<LogTruncatedException>(() => again.ReadAllAsync(epoch + 2));
        (await again.ReadAllAsync(epoch + 8)).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_reader_beside_the_writer_sees_committed_groups_in_order_and_comes_to_an_end()
    {
        SegmentLogOptions options = Plain with { PreallocationBytes = 2048 };
        await using SegmentLog log = Create(new SimulatedDisk(), options);
        long epoch = await log.LeadAsync();
        long acknowledged = epoch;
        Task writer = Task.Run(
            async () =>
            {
                for (long zxid = epoch + 1; zxid <= epoch + 2000; zxid++)
                {
                    await log.AppendAsync(Group(zxid, (int)(zxid % 300)), Cancellation);
                    Volatile.Write(ref acknowledged, zxid);
                }
            },
            Cancellation);

        long seen = epoch;
        while (seen < epoch + 2000)
        {
            long least = Volatile.Read(ref acknowledged);
            foreach (LogGroup group in await log.ReadAllAsync(seen))
            {
                group.FirstZxid.ShouldBe(seen + 1);
                group.Bytes.Span.SequenceEqual(Bytes(group.FirstZxid, (int)(group.FirstZxid % 300))).ShouldBeTrue();
                seen = group.LastZxid;
            }

            seen.ShouldBeGreaterThanOrEqualTo(least);
        }

        await writer;
    }

    [Fact]
    public async Task A_reader_whose_segments_are_dropped_under_it_is_told()
    {
        var disk = new SimulatedDisk();
        await using SegmentLog log = Create(disk);
        long epoch = await log.LeadAsync();
        for (int i = 1; i <= 8; i++)
        {
            await log.AppendAsync(Group(epoch + i, 3000), Cancellation);
        }

        await using IAsyncEnumerator<LogGroup> reader = log.ReadAsync(0, Cancellation).GetAsyncEnumerator(Cancellation);
        (await reader.MoveNextAsync()).ShouldBeTrue();
        await log.TruncateAsync(epoch + 7, Cancellation);

        await Should.ThrowAsync<LogTruncatedException>(async () =>
        {
            while (await reader.MoveNextAsync())
            {
            }
        });
    }
}
