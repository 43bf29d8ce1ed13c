using OrleansZk.Core.Ensemble;
using OrleansZk.Core.Replication;

namespace OrleansZk.Unit.Ensemble;

/// <summary>Where a follower goes on, out of the leader's memory.</summary>
public sealed class GroupHistoryTests
{
    private readonly GroupHistory _history = new(beginsAfter: 10, maxBytes: 30);

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
