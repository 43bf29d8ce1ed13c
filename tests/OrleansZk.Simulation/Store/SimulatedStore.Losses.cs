using OrleansZk.Core.Replication;
using OrleansZk.Histories;
using OrleansZk.Simulation.World;

namespace OrleansZk.Simulation.Store;

/// <summary>An epoch that was claimed.</summary>
/// <param name="Start">The log's last zxid then.</param>
internal sealed record EpochStart(long Epoch, (int Id, long Incarnation) Owner, long Start, bool IsLossAccepted = false);

/// <content>A store that loses its newest commits, as one that fails over to a standby that is behind, and what puts them back.</content>
internal sealed partial class SimulatedStore
{
    private readonly List<EpochStart> _epochs = [];
    private readonly List<Snapshot> _snapshots = [];
    private readonly Dictionary<long, SimulatedProcess> _committers = [];

    /// <summary>True keeps what is needed to go back in time.</summary>
    public bool RemembersItsPast { get; set; }

    /// <summary>What a server has reported to be missing.</summary>
    public LogPosition Seen { get; private set; }

    /// <summary>Loses the newest groups.</summary>
    /// <param name="count">How many, at most: what a checkpoint has covered stays.</param>
    /// <param name="wholly">True goes back to how everything was then, the epoch and the checkpoint too; false loses the groups alone.</param>
    public void RollBack(int count, bool wholly)
    {
        count = Math.Min(count, _groups.Count);
        if (count == 0)
        {
            return;
        }

        long end = _groups.Count == count ? TruncatedTo : _groups[^(count + 1)].LastZxid;
        Snapshot? past = wholly ? _snapshots.FindLast(snapshot => snapshot.End.LastZxid <= end) : null;
        if (wholly && past is null)
        {
            return;
        }

        end = past?.End.LastZxid ?? end;
        trace.Add(wholly ? "goes back in time" : "loses its newest groups", "store", end, End.LastZxid);
        foreach (LogGroup lost in _groups.Where(group => group.LastZxid > end))
        {
            _byFirstZxid.Remove(lost.FirstZxid);
        }

        Committed.RemoveAll(committed => committed.Group.LastZxid > end);
        _groups.RemoveAll(group => group.LastZxid > end);
        if (past is not null)
        {
            _groups.Clear();
            _groups.AddRange(past.Groups);
            (Epoch, Leader, Successor, TruncatedTo, Seen) = (past.End.Epoch, past.Leader, past.Successor, past.TruncatedTo, past.Seen);
            (Checkpoint.Header, Checkpoint.Nodes, Checkpoint.Sessions) = (past.Checkpoint.Header, past.Checkpoint.Nodes, past.Checkpoint.Sessions);
            _epochs.RemoveAll(epoch => epoch.Epoch > Epoch);
            Claims.RemoveAll(claim => claim.Epoch > Epoch);
            _snapshots.RemoveAll(snapshot => snapshot.Number > past.Number);
        }
    }

    public LogLoss? FindLoss(LogMark mark)
    {
        if (Sabotage.ForgetsItsLoss)
        {
            return null;
        }

        if (End.LastZxid < Seen.LastZxid || Epoch < Seen.Epoch || (_epochs.Count > 0 && End.LastZxid < _epochs[^1].Start))
        {
            return new LogLoss(End, HasGoneOn: false);
        }

        if (_epochs.Find(epoch => IsParted(epoch, mark)) is { } parted)
        {
            long start = Math.Min(parted.Start, End.LastZxid);
            return parted.IsLossAccepted ? null : new LogLoss(new LogPosition(Epoch, start), HasGoneOn: start < End.LastZxid);
        }

        return End.LastZxid < mark.LastZxid || Epoch < mark.Epoch ? new LogLoss(End, HasGoneOn: false) : null;
    }

    public void ReportLoss(LogMark mark) =>
        Seen = new LogPosition(Math.Max(Seen.Epoch, mark.Epoch), Math.Max(Seen.LastZxid, mark.LastZxid));

    public void Restore(LogRestoration restoration)
    {
        LogMark known = restoration.Known;
        if (End != restoration.Found || Seen.Epoch > known.Epoch || Seen.LastZxid > known.LastZxid)
        {
            throw RolledBack(known);
        }

        if (restoration.Before is { } before && _groups.Count > 0
            && !(_groups[^1].FirstZxid == before.FirstZxid && _groups[^1].Bytes.Span.SequenceEqual(before.Bytes.Span)))
        {
            throw new LogCorruptException("the simulated log ends with another group");
        }

        long start = restoration.EpochStart;
        trace.Add("is restored", "store", restoration.Found.LastZxid, known.LastZxid);
        foreach (LogGroup lost in restoration.Lost)
        {
            _byFirstZxid.Add(lost.FirstZxid, lost);
            _groups.Add(lost);
            Committed.Add((lost, _committers[lost.FirstZxid]));
        }

        if (known.Epoch > Epoch)
        {
            Epoch = known.Epoch;
            AddClaim(new EpochStart(Epoch, (known.LeaderId, known.LeaderIncarnation), start));
        }

        (Leader, Successor) = ((known.LeaderId, known.LeaderIncarnation), null);
        Remember();
    }

    public void AcceptLoss(LogMark mark, (int Id, long Incarnation) by)
    {
        int parted = _epochs.FindIndex(epoch => IsParted(epoch, mark));
        if (parted >= 0)
        {
            _epochs[parted] = _epochs[parted] with { IsLossAccepted = true };
        }

        long newest = Math.Max(Math.Max(mark.Epoch, mark.LastZxid >>> 32), Seen.Epoch);
        if (Epoch <= newest || End.LastZxid < Seen.LastZxid || (_epochs.Count > 0 && End.LastZxid < _epochs[^1].Start))
        {
            Epoch = Math.Max(Epoch, newest) + 1;
            (Leader, Successor, Seen) = (null, null, default);
            AddClaim(new EpochStart(Epoch, by, End.LastZxid, IsLossAccepted: true));
            Remember();
        }
    }

    /// <summary>What an append and a confirmation depend on besides a newer epoch.</summary>
    public void ThrowIfRolledBack(long previous, long epoch, (int Id, long Incarnation) owner)
    {
        bool isOwner = _epochs.Find(claimed => claimed.Epoch == epoch)?.Owner == owner;
        if (!Sabotage.ForgetsItsLoss && !Sabotage.SkipsEpochCheck && (Epoch < epoch || !isOwner || End.LastZxid != previous || Seen.LastZxid > previous))
        {
            throw RolledBack(new LogMark(epoch, owner.Id, owner.Incarnation, previous));
        }
    }

    /// <summary>True for an epoch that somebody else has claimed a second time, or that began before what was committed before it.</summary>
    private static bool IsParted(EpochStart epoch, LogMark mark) =>
        (epoch.Epoch == mark.Epoch && epoch.Owner != (mark.LeaderId, mark.LeaderIncarnation))
        || (epoch.Epoch > mark.LastZxid >>> 32 && epoch.Start < mark.LastZxid);

    private LogRolledBackException RolledBack(LogMark known) => new("the simulated store", End, known);

    private void AddClaim(EpochStart start)
    {
        _epochs.Add(start);
        Claims.Add(new LeaderClaim(start.Epoch, $"server {start.Owner.Id} of {start.Owner.Incarnation}"));
    }

    /// <summary>Keeps the state as it is, to go back to.</summary>
    public void Remember()
    {
        if (!RemembersItsPast)
        {
            return;
        }

        foreach ((LogGroup group, SimulatedProcess by) in Committed.TakeLast(1))
        {
            _committers[group.FirstZxid] = by;
        }

        int number = _snapshots.Count == 0 ? 0 : _snapshots[^1].Number + 1;
        var checkpoint = new CheckpointState { Header = Checkpoint.Header, Nodes = Checkpoint.Nodes, Sessions = Checkpoint.Sessions };
        _snapshots.Add(new Snapshot(number, End, Leader, Successor, TruncatedTo, Seen, [.. _groups], checkpoint));
        if (_snapshots.Count > MostSnapshots)
        {
            _snapshots.RemoveAt(0);
        }
    }

    private const int MostSnapshots = 200;

    private sealed record Snapshot(
        int Number, LogPosition End, (int Id, long Incarnation)? Leader, int? Successor, long TruncatedTo, LogPosition Seen,
        IReadOnlyList<LogGroup> Groups, CheckpointState Checkpoint);
}
