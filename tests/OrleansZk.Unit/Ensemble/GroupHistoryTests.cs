using OrleansZk.Core.Ensemble;
using OrleansZk.Core.Replication;
using OrleansZk.Core.Transactions;
using OrleansZk.Protocol;

namespace OrleansZk.Unit.Ensemble;

/// <summary>Where a follower goes on, out of the leader's memory.</summary>
public sealed class GroupHistoryTests
{
    private readonly GroupHistory _history = new(beginsAfter: 10, maxBytes: 30);

    [Fact]
    public void What_follows_the_end_of_a_group_can_be_put_back_into_the_log()
    {
        var history = new GroupHistory(beginsAfter: 10, maxBytes: 10_000);
        history.Add(Written(11, 12));
        history.Add(new CommittedGroup(12, false, new byte[10]));
        history.Add(Written(13, 15));

        history.TryGetAfter(10, out LogGroup? before, out List<LogGroup> groups).ShouldBeTrue();
        before.ShouldBeNull();
        groups.Select(group => (group.FirstZxid, group.LastZxid)).ShouldBe([(11, 12), (13, 15)]);
        history.TryGetAfter(12, out before, out groups).ShouldBeTrue();
        (before!.Value.FirstZxid, before.Value.LastZxid).ShouldBe((11, 12));
        groups.ShouldHaveSingleItem().FirstZxid.ShouldBe(13);
        history.TryGetAfter(15, out _, out groups).ShouldBeTrue();
        groups.ShouldBeEmpty();

        // Within a group, or before or behind all there is.
        foreach (long zxid in new long[] { 9, 11, 14, 16 })
        {
            history.TryGetAfter(zxid, out _, out _).ShouldBeFalse();
        }
    }

    [Fact]
    public void What_was_dropped_cannot_be_put_back()
    {
        var history = new GroupHistory(beginsAfter: 10, maxBytes: 200);
        for (long zxid = 11; zxid < 31; zxid++)
        {
            history.Add(Written(zxid, zxid));
        }

        history.FirstZxid.ShouldBeGreaterThan(10);
        history.TryGetAfter(10, out _, out _).ShouldBeFalse();
        history.TryGetAfter(history.FirstZxid, out _, out List<LogGroup> groups).ShouldBeTrue();
        groups[0].FirstZxid.ShouldBe(history.FirstZxid + 1);
        groups[^1].LastZxid.ShouldBe(30);
    }

    private static CommittedGroup Written(long first, long last)
    {
        var writer = new JuteWriter();
        GroupCodec.Begin(writer, 0, 0);
        for (long zxid = first; zxid <= last; zxid++)
        {
            GroupCodec.Write(writer, new Transaction(zxid, 0, 1, 1, default, CheckBody.Instance));
        }

        return new CommittedGroup(last, true, writer.Written.ToArray());
    }

    [Fact]
    public void Who_has_everything_before_the_leader_began_gets_it_from_the_first_group_on()
    {
        Add(12);
        _history.TryFind(10, out long position).ShouldBeTrue();
        _history.Get(position, out bool isLost)!.LastZxid.ShouldBe(12);
        isLost.ShouldBeFalse();
        _history.Get(position + 1, out isLost).ShouldBeNull();
        isLost.ShouldBeFalse();
    }

    [Fact]
    public void Who_lacks_something_from_before_needs_the_log() => _history.TryFind(9, out _).ShouldBeFalse();

    [Fact]
    public void It_goes_on_behind_what_the_follower_has()
    {
        Add(12);
        Add(15);
        _history.TryFind(12, out long position).ShouldBeTrue();
        _history.Get(position, out _)!.LastZxid.ShouldBe(15);
    }

    [Fact]
    public void Answers_without_transactions_are_sent_again_to_whom_may_not_have_them()
    {
        Add(12);
        _history.Add(new CommittedGroup(12, false, new byte[10]));
        _history.TryFind(12, out long position).ShouldBeTrue();
        _history.Get(position, out _)!.HasTransactions.ShouldBeFalse();
    }

    [Fact]
    public void Beyond_its_limit_it_drops_the_oldest_and_says_so()
    {
        _history.TryFind(10, out long first);
        foreach (long zxid in new long[] { 11, 12, 13, 14, 15 })
        {
            Add(zxid);
        }

        _history.Get(first, out bool isLost).ShouldBeNull();
        isLost.ShouldBeTrue();
        _history.TryFind(11, out _).ShouldBeFalse();
        _history.TryFind(12, out long position).ShouldBeTrue();
        _history.Get(position, out _)!.LastZxid.ShouldBe(13);
        _history.LastZxid.ShouldBe(15);
    }

    private void Add(long zxid) => _history.Add(new CommittedGroup(zxid, true, new byte[10]));
}
