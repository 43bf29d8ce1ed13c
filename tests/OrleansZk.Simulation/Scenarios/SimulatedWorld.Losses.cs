using OrleansZk.Core.Replication;
using OrleansZk.Simulation.Servers;

namespace OrleansZk.Simulation.Scenarios;

/// <content>What happens when the store loses its newest commits.</content>
internal sealed partial class SimulatedWorld
{
    // A leader notices with its next append or heartbeat.
    private static readonly TimeSpan Spared = TimeSpan.FromSeconds(6);

    private readonly List<(long From, long To, int CommittedThen)> _losses = [];
    private TimeSpan _sparedUntil;

    /// <summary>True while servers are left alone, after a loss.</summary>
    public bool IsSpared => Queue.Time < _sparedUntil;

    /// <summary>True when no server serves, because the store has lost what could not be put back.</summary>
    public bool HasRefused => _losses.Count > 0 && !_servers.Exists(server => server.IsServing);

    /// <summary>The store fails over to a standby that is behind, or an administrator deletes the newest rows. Only while somebody leads who has seen all.</summary>
    public void LoseCommits()
    {
        MemberServer? leader = _servers.OfType<MemberServer>().FirstOrDefault(server => server.Member?.Leader is not null && server.LeadsIn(Store));
        if (leader is null || IsSpared || _servers.Exists(server => server.Process.IsPaused || server.IsStopping))
        {
            return;
        }

        long before = Store.End.LastZxid;
        Store.RollBack(Queue.Random.Next(1, 12), wholly: Queue.Random.Next(3) > 0);
        if (Store.End.LastZxid == before)
        {
            return;
        }

        _losses.Add((Store.End.LastZxid, before, Store.Committed.Count));
        Store.AtNextCommit = null;
        Store.GoAway(TimeSpan.FromMilliseconds(Queue.Random.Next(400)));
        _sparedUntil = Queue.Time + Spared;
    }

    /// <summary>What was committed on top of a hole, before the servers refused.</summary>
    public IEnumerable<string> Holes()
    {
        HashSet<long> committed = [.. EvidenceBuilder.Zxids(this)];
        foreach (Histories.Operation lost in History.Operations.Where(operation =>
            operation.IsAcknowledged && operation.Request.IsWrite && !committed.Contains(operation.Answer!.Zxid)))
        {
            // The last time: it may have been put back before.
            int at = _losses.FindLastIndex(loss => lost.Answer!.Zxid > loss.From && lost.Answer.Zxid <= loss.To);
            if (at >= 0 && Store.Committed.Count > _losses[at].CommittedThen)
            {
                yield return $"groups were committed after {lost} had been lost";
            }
        }
    }

    private bool IsRefusal(Exception failure) => failure is LogRolledBackException or LogCorruptException && _losses.Count > 0;
}
