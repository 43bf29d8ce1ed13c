namespace OrleansZk.Core.Ensemble;

/// <summary>Who is to lead: the highest id among the live members, when a leader is needed. A working leader is left alone, whoever joins.</summary>
/// <remarks>It may be wrong at any time: two servers may both think that it is their turn. The log's epoch decides (see <see cref="Replication.ITransactionLog"/>).</remarks>
public static class Election
{
    // Before the next in line steps in for one that should have claimed the epoch and has not.
    private static readonly TimeSpan Turn = TimeSpan.FromMilliseconds(700);

    /// <summary>The member that leads; null when none does, or the one that did has been restarted since.</summary>
    public static MemberView? LeaderOf(EnsembleView view) =>
        view.Leader is { } leader
            ? view.Members.FirstOrDefault(member => member.Info.Id == leader.Id && member.Info.Incarnation == leader.Incarnation)
            : null;

    /// <summary>True when it is this server's turn to claim the next epoch.</summary>
    /// <param name="isAlive">Whether a member may be expected to claim it.</param>
    /// <param name="leaderless">Since this server has known that there is no leader.</param>
    public static bool IsMyTurn(EnsembleView view, int self, Func<MemberView, bool> isAlive, TimeSpan leaderless)
    {
        int before = view.Members.Count(member => member.Info.Id != self && isAlive(member) && Rank(view, member.Info.Id) > Rank(view, self));
        return leaderless >= Turn * before;
    }

    /// <summary>True when most of the live members cannot follow the leader, though it is alive.</summary>
    public static bool IsCutOff(EnsembleView view, MemberView leader, Func<MemberView, bool> isAlive)
    {
        List<MemberView> live = [.. view.Members.Where(isAlive)];
        int without = live.Count(member => member != leader && member.Report.FollowedEpoch != view.Epoch);
        return without * 2 > live.Count;
    }

    // Who was asked to succeed comes before all others.
    private static int Rank(EnsembleView view, int id) => id == view.Successor ? int.MaxValue : id;
}
