using OrleansZk.Core.Replication;
using OrleansZk.Histories;
using OrleansZk.Simulation.World;

namespace OrleansZk.Simulation.Store;

/// <summary>The store that all servers share and that outlives them: the log with its fence, the checkpoint, the members.</summary>
/// <remarks>What happens in the store happens at one moment of the queue; the way there and back takes time and can fail.</remarks>
internal sealed partial class SimulatedStore(EventQueue queue, Trace trace)
{
    private readonly List<LogGroup> _groups = [];
    private readonly Dictionary<long, LogGroup> _byFirstZxid = [];
    private readonly Dictionary<int, TimeSpan> _cutOff = [];
    private TimeSpan _awayUntil;

    public StoreFaults Faults { get; set; } = StoreFaults.None;

    public StoreSabotage Sabotage { get; } = new();

    public EventQueue Queue => queue;

    public Trace Trace => trace;

    public long Epoch { get; private set; }

    public (int Id, long Incarnation)? Leader { get; set; }

    public int? Successor { get; set; }

    public long TruncatedTo { get; private set; }

    /// <summary>The groups that the log still has.</summary>
    public IReadOnlyList<LogGroup> Groups => _groups;

    /// <summary>Every group that was ever committed, with who committed it.</summary>
    public List<(LogGroup Group, SimulatedProcess By)> Committed { get; } = [];

    public List<LeaderClaim> Claims { get; } = [];

    /// <summary>When the newest epoch was claimed.</summary>
    public TimeSpan ClaimedAt { get; private set; }

    public CheckpointState Checkpoint { get; } = new();

    public SortedDictionary<int, Membership> Members { get; } = [];

    /// <summary>When each server joined for the first time.</summary>
    public Dictionary<int, TimeSpan> JoinedAt { get; } = [];

    /// <summary>What no correct engine may ask of a log, in words.</summary>
    public List<string> Misuses { get; } = [];

    public LogPosition End => new(Epoch, Math.Max(TruncatedTo, _groups.Count == 0 ? 0 : _groups[^1].LastZxid));

    /// <summary>Called once, when the next group has been committed, with who has committed it and does not know that yet.</summary>
    public Action<SimulatedProcess>? AtNextCommit { get; set; }

    public bool IsAway => queue.Time < _awayUntil;

    /// <summary>Nothing gets through to the store for a while.</summary>
    public void GoAway(TimeSpan time)
    {
        trace.Add("store away ms", "store", (long)time.TotalMilliseconds);
        _awayUntil = queue.Time + time;
    }

    /// <summary>One server cannot reach the store for a while.</summary>
    public void CutOff(SimulatedProcess process, TimeSpan time)
    {
        trace.Add("cut off from the store ms", process.Name, (long)time.TotalMilliseconds);
        _cutOff[process.Host] = queue.Time + time;
    }

    public void ComeBack()
    {
        _awayUntil = TimeSpan.Zero;
        _cutOff.Clear();
    }

    /// <summary>Asks the store for something on behalf of the current incarnation of a process.</summary>
    /// <param name="at">What happens in the store; may throw what the caller is to see.</param>
    /// <param name="isChange">True when it may happen although the caller is told that it failed.</param>
    public ValueTask<T> Call<T>(SimulatedProcess process, string what, Func<T> at, bool isChange, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var done = new TaskCompletionSource<T>();
        int generation = process.Generation;
        CancellationTokenRegistration registration = cancellationToken.Register(() => done.TrySetCanceled(cancellationToken));
        void Tell(Action completion) => queue.ScheduleAt(queue.Now + NextDelay().Ticks, process, generation, () =>
        {
            registration.Dispose();
            completion();
        });
        void Fail() => Tell(() => done.TrySetException(new StoreUnavailableException($"the simulated store is away ({what})")));

        queue.Schedule(NextDelay(), null, () =>
        {
            int fate = queue.Random.Next(1000);
            if (process.Generation != generation && fate < 500)
            {
                // It died before the request had left.
                return;
            }

            if (IsAway || queue.Time < _cutOff.GetValueOrDefault(process.Host) || fate < Faults.UnavailablePerMille)
            {
                trace.Add("store unavailable", process.Name);
                Fail();
            }
            else if (isChange && (fate -= Faults.UnavailablePerMille) < Faults.AmbiguousPerMille)
            {
                trace.Add("store answer lost", process.Name);
                _ = Try(at, out _, out _);
                Fail();
            }
            else if (isChange && (fate -= Faults.AmbiguousPerMille) < Faults.LatePerMille)
            {
                trace.Add("store will do it later", process.Name);
                Fail();
                queue.Schedule(NextDelay() * queue.Random.Next(1, 200), null, () => Try(at, out _, out _));
            }
            else if (Try(at, out T? result, out Exception? failure))
            {
                Tell(() => done.TrySetResult(result!));
            }
            else
            {
                Tell(() => done.TrySetException(failure!));
            }
        });
        return new ValueTask<T>(done.Task);
    }

    /// <param name="known">What the log must reach.</param>
    public long Claim(long current, long known, (int Id, long Incarnation) by)
    {
        if (current != Epoch)
        {
            throw new LeaderFencedException(Epoch);
        }

        if (!Sabotage.ForgetsItsLoss && (End.LastZxid < Math.Max(known, Seen.LastZxid) || Epoch < Seen.Epoch))
        {
            throw RolledBack(new LogMark(current, by.Id, by.Incarnation, known));
        }

        Epoch++;
        Leader = by;
        Successor = null;
        ClaimedAt = queue.Time;
        AddClaim(new EpochStart(Epoch, by, End.LastZxid));
        Remember();
        trace.Add("claims epoch", "store", Epoch, by.Id);
        return Epoch;
    }

    /// <param name="previous">The zxid that the group follows.</param>
    /// <param name="owner">Who claimed <paramref name="epoch"/>.</param>
    public void Append(LogGroup group, long previous, long epoch, (int Id, long Incarnation) owner, SimulatedProcess by)
    {
        if (_byFirstZxid.TryGetValue(group.FirstZxid, out LogGroup present))
        {
            if (present.LastZxid != group.LastZxid || !present.Bytes.Span.SequenceEqual(group.Bytes.Span))
            {
                Misuse($"{by.Name} appends another group at 0x{group.FirstZxid:x} than the log has");
            }

            return;
        }

        if (epoch < Epoch && !Sabotage.SkipsEpochCheck)
        {
            throw new LeaderFencedException(Epoch);
        }

        ThrowIfRolledBack(previous, epoch, owner);

        if (group.FirstZxid >>> 32 != epoch)
        {
            Misuse($"{by.Name} owns epoch {epoch} and appends a group of zxid 0x{group.FirstZxid:x}");
        }

        if (group.FirstZxid <= End.LastZxid && !Sabotage.SkipsEpochCheck)
        {
            Misuse($"{by.Name} appends 0x{group.FirstZxid:x} behind 0x{End.LastZxid:x}");
        }

        trace.Add("appended", by.Name, group.FirstZxid, group.LastZxid);
        _byFirstZxid.Add(group.FirstZxid, group);
        group = Sabotage.Rewrite?.Invoke(group) ?? group;
        _groups.Add(group);
        Committed.Add((group, by));
        Remember();
        Action<SimulatedProcess>? strike = AtNextCommit;
        AtNextCommit = null;
        strike?.Invoke(by);
    }

    /// <summary>Takes the last group back, which no real store may do.</summary>
    public void LoseLast()
    {
        if (_groups.Count > 0)
        {
            trace.Add("loses", "store", _groups[^1].FirstZxid, _groups[^1].LastZxid);
            _byFirstZxid.Remove(_groups[^1].FirstZxid);
            Committed.RemoveAt(Committed.Count - 1);
            _groups.RemoveAt(_groups.Count - 1);
        }
    }

    public void Truncate(long zxid)
    {
        long last = _groups.FindLast(group => group.LastZxid <= zxid).LastZxid;
        _groups.RemoveAll(group => group.LastZxid <= zxid);
        TruncatedTo = Math.Max(TruncatedTo, last);
        Remember();
    }

    public TimeSpan NextDelay()
    {
        bool slow = queue.Random.Next(1000) < Faults.SlowPerMille;
        (TimeSpan least, TimeSpan most) = slow ? (Faults.Most, Faults.Slow) : (Faults.Least, Faults.Most);
        return TimeSpan.FromTicks(queue.Random.NextInt64(least.Ticks, most.Ticks + 1) / 2);
    }

    private void Misuse(string what)
    {
        Misuses.Add(what);
        throw new InvalidOperationException(what);
    }

    private static bool Try<T>(Func<T> at, out T? result, out Exception? failure)
    {
        try
        {
            (result, failure) = (at(), null);
            return true;
        }
#pragma warning disable CA1031 // Whatever it is, it is the caller's to see.
        catch (Exception e)
#pragma warning restore CA1031
        {
            (result, failure) = (default, e);
            return false;
        }
    }
}

/// <summary>Faults that no store may have, and that the checker must find.</summary>
internal sealed class StoreSabotage
{
    /// <summary>A deposed leader may still append.</summary>
    public bool SkipsEpochCheck { get; set; }

    /// <summary>An append is answered at once and done later, if its process is still there then.</summary>
    public bool AnswersBeforeCommit { get; set; }

    /// <summary>A deposed leader is told that its append is in the log, where it is not.</summary>
    public bool ForgivesDeposed { get; set; }

    /// <summary>It appends on top of what is left when it has lost its newest commits, as if nothing were missing.</summary>
    public bool ForgetsItsLoss { get; set; }

    /// <summary>A leader answers what needs no commit without asking whether it still leads.</summary>
    public bool SkipsConfirmation { get; set; }

    /// <summary>What is stored instead of a group.</summary>
    public Func<LogGroup, LogGroup>? Rewrite { get; set; }
}
