using OrleansZk.Core.Ensemble;

namespace OrleansZk.Unit.Ensemble;

public sealed class ElectionTests
{
    private static readonly TimeSpan Long = TimeSpan.FromMinutes(1);

    [Fact]
    public void The_highest_id_among_the_living_has_its_turn_at_once_and_the_others_later()
    {
        EnsembleView view = View(null, 1, 2, 3);
        IsTurnOf(3, view, TimeSpan.Zero).ShouldBeTrue();
        IsTurnOf(2, view, TimeSpan.Zero).ShouldBeFalse();
        IsTurnOf(2, view, Long).ShouldBeTrue();
        Election.IsMyTurn(view, 2, member => member.Info.Id != 3, TimeSpan.Zero).ShouldBeTrue();
    }

    [Fact]
    public void Who_was_asked_to_succeed_comes_before_higher_ids()
    {
        EnsembleView view = View(null, 1, 2, 3) with { Successor = 1 };
        IsTurnOf(1, view, TimeSpan.Zero).ShouldBeTrue();
        IsTurnOf(3, view, TimeSpan.Zero).ShouldBeFalse();
    }

    [Fact]
    public void A_leader_that_was_restarted_leads_no_more()
    {
        EnsembleView view = View((2, 7), 1, 2, 3);
        Election.LeaderOf(view)!.Info.Id.ShouldBe(2);
        Election.LeaderOf(view with { Leader = (2, 6) }).ShouldBeNull();
        Election.LeaderOf(view with { Leader = null }).ShouldBeNull();
    }

    [Fact]
    public void A_leader_is_cut_off_when_most_of_the_living_do_not_follow_it()
    {
        EnsembleView view = View((3, 7), 1, 2, 3);
        MemberView leader = Election.LeaderOf(view)!;
        Election.IsCutOff(view, leader, _ => true).ShouldBeTrue();
        MemberView[] members = [.. view.Members.Select(member => member.Info.Id == 1 ? member with { Report = new MemberReport(view.Epoch, 0) } : member)];
        Election.IsCutOff(view with { Members = members }, leader, _ => true).ShouldBeFalse();
        Election.IsCutOff(View((3, 7), 2, 3), leader, _ => true).ShouldBeFalse("one of two is not most");
    }

    private static bool IsTurnOf(int id, EnsembleView view, TimeSpan leaderless) => Election.IsMyTurn(view, id, _ => true, leaderless);

    private static EnsembleView View((int Id, long Incarnation)? leader, params int[] ids) => new(
        5, leader, null, [.. ids.Select(id => new MemberView(new MemberInfo(id, 7, $"h:{id}", $"h:{id}"), default, TimeSpan.Zero, true))], 0);
}
