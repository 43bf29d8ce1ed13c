using System.Runtime.CompilerServices;
using OrleansZk.Core.Replication;

namespace OrleansZk.TestKit.Engine;

/// <summary>When the appends of a <see cref="MemoryLog"/> complete.</summary>
public enum AppendMode
{
    /// <summary>At once, on the caller's thread.</summary>
    Immediate,

    /// <summary>When the test releases them.</summary>
    Held,
}

/// <summary>A log in memory that outlives engines: a restart is a new engine on the same log.</summary>
/// <remarks>For one thread: completions run where the test releases them.</remarks>
public sealed class MemoryLog : ITransactionLog
{
    private readonly List<LogGroup> _groups = [];
    private readonly Queue<(LogGroup Group, TaskCompletionSource Done)> _held = new();
    private long _epoch;
    private Exception? _nextFailure;
    private Exception? _nextClaimFailure;
    private bool _failedIsKept;

    public AppendMode Mode { get; set; }

    /// <summary>The groups that are durable and have not been truncated.</summary>
    public IReadOnlyList<LogGroup> Groups => _groups;

    /// <summary>The last zxid of every group that was ever durable, so that group commits can be seen.</summary>
    public List<(long First, long Last)> History { get; } = [];

    /// <summary>Appends that wait to be released: one at most, as the port says.</summary>
    public int HeldCount => _held.Count;

    public long Epoch => _epoch;

    /// <summary>The newest zxid that a truncation allowed the log to drop.</summary>
    public long TruncatedTo { get; private set; }

    /// <summary>Makes the next append, or the one that is held, fail.</summary>
    /// <param name="isKept">True when the group is in the log all the same, as after a crash at the worst moment.</param>
    public void FailNext(Exception failure, bool isKept = false) => (_nextFailure, _failedIsKept) = (failure, isKept);

    /// <summary>Forgets all groups, as when somebody deletes the log's folder.</summary>
    public void LoseEverything()
    {
        _groups.Clear();
        TruncatedTo = 0;
    }

    /// <summary>Makes the next claim of an epoch fail.</summary>
    public void FailNextClaim(Exception failure) => _nextClaimFailure = failure;

    /// <summary>Completes the append that is held.</summary>
    /// <returns>False when none is.</returns>
    public bool Release()
    {
        if (!_held.TryDequeue(out (LogGroup Group, TaskCompletionSource Done) held))
        {
            return false;
        }

        // Continuations run here and now; a test framework's own context would take them elsewhere.
        SynchronizationContext? context = SynchronizationContext.Current;
        SynchronizationContext.SetSynchronizationContext(null);
        try
        {
            if (TakeFailure(held.Group) is { } failure)
            {
                held.Done.SetException(failure);
            }
            else
            {
                Keep(held.Group);
                held.Done.SetResult();
            }
        }
        finally
        {
            SynchronizationContext.SetSynchronizationContext(context);
        }

        return true;
    }

    /// <summary>The process has died: what is held never completes.</summary>
    /// <param name="keepHeld">True when the group that was on its way had reached the disk.</param>
    public void Crash(bool keepHeld)
    {
        while (_held.TryDequeue(out (LogGroup Group, TaskCompletionSource Done) held))
        {
            if (keepHeld)
            {
                Keep(held.Group);
            }
        }
    }

    /// <summary>Damages the log for a test: replaces a group.</summary>
    public void Replace(int index, LogGroup group) => _groups[index] = group;

    /// <summary>Damages the log for a test: adds a group that no engine has written.</summary>
    public void AddUnchecked(LogGroup group) => _groups.Add(group);

    public void RemoveLast() => _groups.RemoveAt(_groups.Count - 1);

    /// <summary>What opening the log says.</summary>
    public LogPosition End => new(_epoch, Math.Max(TruncatedTo, _groups.Count == 0 ? 0 : _groups[^1].LastZxid));

    public ValueTask<LogPosition> OpenAsync(CancellationToken cancellationToken) => ValueTask.FromResult(End);

    public ValueTask<long> ClaimEpochAsync(long current, long known, CancellationToken cancellationToken)
    {
        if (current != _epoch)
        {
            return ValueTask.FromException<long>(new LeaderFencedException(_epoch));
        }

        if (End.LastZxid < known)
        {
            return ValueTask.FromException<long>(new LogRolledBackException("the log in memory", End, LogMark.None with { LastZxid = known }));
        }

        if (_nextClaimFailure is { } failure)
        {
            _nextClaimFailure = null;
            return ValueTask.FromException<long>(failure);
        }

        return ValueTask.FromResult(++_epoch);
    }

    public ValueTask ConfirmEpochAsync(CancellationToken cancellationToken) => ValueTask.CompletedTask;

    public ValueTask AppendAsync(LogGroup group, CancellationToken cancellationToken)
    {
        if (_held.Count > 0)
        {
            throw new InvalidOperationException("an append began while another was in flight");
        }

        if (Mode == AppendMode.Held)
        {
            var done = new TaskCompletionSource();
            _held.Enqueue((group, done));
            return new ValueTask(done.Task);
        }

        if (TakeFailure(group) is { } failure)
        {
            return ValueTask.FromException(failure);
        }

        Keep(group);
        return ValueTask.CompletedTask;
    }

    public async IAsyncEnumerable<LogGroup> ReadAsync(long afterZxid, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        if (afterZxid < TruncatedTo)
        {
            throw new LogTruncatedException(afterZxid);
        }

        foreach (LogGroup group in _groups.Where(group => group.LastZxid > afterZxid).ToList())
        {
            await Task.CompletedTask.ConfigureAwait(false);
            yield return group;
        }
    }

    public ValueTask TruncateAsync(long zxid, CancellationToken cancellationToken)
    {
        _groups.RemoveAll(group => group.LastZxid <= zxid);
        TruncatedTo = Math.Max(TruncatedTo, zxid);
        return ValueTask.CompletedTask;
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private Exception? TakeFailure(LogGroup group)
    {
        Exception? failure = _nextFailure;
        _nextFailure = null;
        if (failure is not null && _failedIsKept)
        {
            Keep(group);
        }

        return failure;
    }

    // Copied: the engine uses the group's memory again.
    private void Keep(LogGroup group)
    {
        long last = History.Count == 0 ? 0 : History[^1].Last;
        if (group.FirstZxid <= last || group.LastZxid < group.FirstZxid)
        {
            throw new InvalidOperationException($"group 0x{group.FirstZxid:x} to 0x{group.LastZxid:x} does not follow 0x{last:x}");
        }

        _groups.Add(group with { Bytes = group.Bytes.ToArray() });
        History.Add((group.FirstZxid, group.LastZxid));
    }
}
