using OrleansZk.Histories.Checking;

namespace OrleansZk.Histories;

/// <summary>Judges a run by what its clients saw and what it left behind.</summary>
/// <remarks>
/// zxids order the committed writes, so nothing has to be searched for: the log gives the tree at every zxid, and each answer, refusal
/// and event is compared with the states between what its session had seen before and what it names. The cost is near to linear.
/// </remarks>
public static class Checker
{
    private const int MostViolations = 100;

    /// <returns>What is wrong; empty when nothing is.</returns>
    public static IReadOnlyList<Violation> Check(Evidence evidence)
    {
        var violations = new List<Violation>();
        void Report(string rule, string message)
        {
            if (violations.Count < MostViolations)
            {
                violations.Add(new Violation(rule, message));
            }
        }

        StateHistory? states = null;
        if (evidence.Transactions is { } transactions)
        {
            var commits = new CommitCheck(evidence, Report);
            states = commits.Replay(transactions);
            new HistoryWalk(evidence, states, commits, Report).Run();
        }
        else
        {
            new LoglessCheck(evidence, Report).Run();
        }

        new EndCheck(evidence, Report).Run(states);
        return violations;
    }
}
