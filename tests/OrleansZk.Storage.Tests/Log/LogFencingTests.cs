using OrleansZk.Core.Replication;
using OrleansZk.Storage.Log;
using OrleansZk.Storage.Tests.Support;
using static OrleansZk.Storage.Tests.Support.LogHarness;

namespace OrleansZk.Storage.Tests.Log;

public sealed class LogFencingTests
{
    [Fact]
    public async Task Appending_needs_an_open_log_and_an_epoch()
    {
        await using SegmentLog log = Create(new SimulatedDisk());
        await Should.ThrowAsync<InvalidOperationException>(async () => await log.AppendAsync(Group(1, 1), Cancellation));
        Should.Throw<InvalidOperationException>(() => log.ReadAsync(0, Cancellation));

        await log.OpenAsync(Cancellation);
        await Should.ThrowAsync<InvalidOperationException>(async () => await log.AppendAsync(Group(1, 1), Cancellation));
    }

    [Fact]
    public async Task A_group_has_to_extend_the_log_within_the_epoch()
    {
        await using SegmentLog log = Create(new SimulatedDisk());
        long zxid = await log.LeadAsync();
        await log.AppendAsync(new LogGroup(zxid + 1, zxid + 5, default), Cancellation);

        (long First, long Last)[] wrong =
            [(zxid + 5, zxid + 6), (zxid + 1, zxid + 9), (zxid + 7, zxid + 6), (zxid + 6, 2L << 32), (2L << 32, 2L << 32)];
        foreach ((long first, long last) in wrong)
        {
            await Should.ThrowAsync<ArgumentException>(
                async () => await log.AppendAsync(new LogGroup(first, last, default), Cancellation), $"{first:x}-{last:x}");
        }

        await log.AppendAsync(new LogGroup(zxid + 9, zxid + 9, default), Cancellation); // Gaps are the engine's affair.
        (await log.ReadAllAsync()).Select(group => group.LastZxid).ShouldBe([zxid + 5, zxid + 9]);
    }

    [Fact]
    public async Task A_leader_of_an_epoch_before_is_fenced_off()
    {
        await using SegmentLog log = Create(new SimulatedDisk());
        long old = await log.LeadAsync();
        await log.AppendAsync(Group(old + 1, 10), Cancellation);
        long current = await log.ClaimNextEpochAsync() << 32;

        await Should.ThrowAsync<LeaderFencedException>(async () => await log.AppendAsync(Group(old + 2, 10), Cancellation));

        await log.AppendAsync(Group(current + 1, 10), Cancellation);
        (await log.ReadAllAsync()).ShouldBeGroups([Group(old + 1, 10), Group(current + 1, 10)]);
    }

    [Fact]
    public async Task A_second_append_before_the_first_was_awaited_is_refused()
    {
        await using SegmentLog log = Create(new SimulatedDisk());
        long zxid = await log.LeadAsync();
        ValueTask first = log.AppendAsync(Group(zxid + 1, 10), Cancellation);

        await Should.ThrowAsync<InvalidOperationException>(async () => await log.AppendAsync(Group(zxid + 2, 10), Cancellation));

        await first;
        await log.AppendAsync(Group(zxid + 2, 10), Cancellation);
    }

    [Fact]
    public async Task A_cancelled_append_does_not_begin()
    {
        await using SegmentLog log = Create(new SimulatedDisk());
        long zxid = await log.LeadAsync();

        await Should.ThrowAsync<OperationCanceledException>(
            async () => await log.AppendAsync(Group(zxid + 1, 10), new CancellationToken(canceled: true)));

        (await log.ReadAllAsync()).ShouldBeEmpty();
    }
}
