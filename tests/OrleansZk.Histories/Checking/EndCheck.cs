using System.Text;

namespace OrleansZk.Histories.Checking;

/// <summary>Holds the state at the end against the log, and the servers against each other.</summary>
internal sealed class EndCheck(Evidence evidence, Action<string, string> report)
{
    public void Run(StateHistory? states)
    {
        CheckClaims();
        CheckDigests();
        if (states is null)
        {
            return;
        }

        if (evidence.FinalTree is { } tree)
        {
            CheckTree(states, tree);
        }

        foreach (SessionLife session in states.Sessions.Values.Where(session => evidence.IsSettled && session is { ClosedAt: not null, EndedAt: null }))
        {
            report("ephemeral", $"session 0x{session.Id:x} was closed by {session.Close}, and some of what it owned was never deleted");
        }

        if (evidence.FinalSessions is { } sessions)
        {
            IEnumerable<long> expected = states.Sessions.Values.Where(session => session.ClosedAt is null).Select(session => session.Id);
            if (!expected.Order().SequenceEqual(sessions.Order()))
            {
                report("final-sessions", $"the sessions are [{Show(sessions)}], but by the log they are [{Show(expected)}]");
            }
        }
    }

    private static string Show(IEnumerable<long> ids) => string.Join(' ', ids.Order().Select(id => $"0x{id:x}"));

    private void CheckTree(StateHistory states, IReadOnlyDictionary<string, FinalNode> tree)
    {
        foreach (NodeTimeline node in states.Nodes.Where(node => node.Now.Exists))
        {
            Stat stat = NodeTimeline.StatOf(node.Now, node.ChildrenNow);
            if (!tree.TryGetValue(node.Path, out FinalNode? found))
            {
                report("final-tree", $"{node.Path} is not there, but by the log it was written at 0x{stat.Mzxid:x}");
            }
            else if (StateHistory.IsUsage(node.Path) ? found.Stat != stat with { DataLength = found.Stat.DataLength } : found.Stat != stat || !ReadCheck.AreSame(found.Data, node.Now.Data))
            {
                report("final-tree", $"{node.Path} is {Show(found.Data)} {Answer.Show(found.Stat)}, but by the log {Show(node.Now.Data)} {Answer.Show(stat)}");
            }
        }

        foreach (string path in tree.Keys.Where(path => states.Find(path) is not { Now.Exists: true }))
        {
            report("final-tree", $"{path} is there, but by the log it is not");
        }
    }

    private void CheckClaims()
    {
        foreach (IGrouping<long, LeaderClaim> epoch in evidence.Claims.GroupBy(claim => claim.Epoch))
        {
            List<string> leaders = [.. epoch.Select(claim => claim.Who).Distinct(StringComparer.Ordinal)];
            if (leaders.Count > 1)
            {
                report("two-leaders", $"epoch {epoch.Key} was led by {string.Join(" and ", leaders)}");
            }
        }
    }

    private void CheckDigests()
    {
        foreach (IGrouping<long, FinalDigest> zxid in evidence.Digests.GroupBy(digest => digest.Zxid))
        {
            if (zxid.Select(digest => digest.Digest).Distinct().Count() > 1)
            {
                report("digest", $"at zxid 0x{zxid.Key:x} the trees differ: {string.Join(", ", zxid.Select(digest => $"{digest.Who} {digest.Digest:x16}"))}");
            }
        }

        if (evidence.IsSettled && evidence.Digests.Select(digest => digest.Zxid).Distinct().Count() > 1)
        {
            report("behind", $"servers ended at different zxids: {string.Join(", ", evidence.Digests.Select(digest => $"{digest.Who} 0x{digest.Zxid:x}"))}");
        }
    }

    private static string Show(byte[]? data) => $"'{Encoding.UTF8.GetString(data ?? [])}'";
}
