using System.Runtime.CompilerServices;
using OrleansZk.Core.Replication;
using OrleansZk.Simulation.World;

namespace OrleansZk.Simulation.Store;

/// <summary>The shared log as one incarnation of a server sees it.</summary>
internal sealed class SimulatedLog(SimulatedStore store, SimulatedProcess process, int serverId, long incarnation) : ISharedTransactionLog
{
    private const int GroupsPerRead = 8;
    private const long LaterTicks = 300 * TimeSpan.TicksPerMillisecond;

    private long _epoch;
    private long _last;
    private bool _isAppending;

    public string StoreName => "the simulated store";

    public ValueTask<LogPosition> OpenAsync(CancellationToken cancellationToken) =>
        store.Call(process, "open", () => store.End, isChange: false, cancellationToken);

    public async ValueTask<long> ClaimEpochAsync(long current, long known, CancellationToken cancellationToken)
    {
        known = _epoch == current && current != 0 ? Math.Max(known, _last) : known;
        (long epoch, long last) = await store.Call(
            process,
            "claim",
            () => (store.Claim(current, known, (serverId, incarnation)), store.End.LastZxid),
            isChange: true,
            cancellationToken).ConfigureAwait(false);
        (_epoch, _last) = (epoch, last);
        return epoch;
    }

    public async ValueTask AppendAsync(LogGroup group, CancellationToken cancellationToken)
    {
        if (_isAppending)
        {
            store.Misuses.Add($"{process.Name} appends 0x{group.FirstZxid:x} while another append is in flight");
        }

        // Copied: the engine uses the group's memory again as soon as it is answered.
        LogGroup copy = group with { Bytes = group.Bytes.ToArray() };
        (long epoch, long previous) = (_epoch, _last);
        bool Append()
        {
            store.Append(copy, previous, epoch, (serverId, incarnation), process);
            return true;
        }

        _isAppending = true;
        try
        {
            if (store.Sabotage.AnswersBeforeCommit)
            {
                AppendLater(Append);
            }
            else
            {
                await store.Call(process, "append", Append, isChange: true, cancellationToken).ConfigureAwait(false);
            }

            _last = Math.Max(_last, group.LastZxid);
        }
        catch (LeaderFencedException) when (store.Sabotage.ForgivesDeposed)
        {
            store.Trace.Add("goes on though deposed", process.Name, group.FirstZxid, group.LastZxid);
        }
        finally
        {
            _isAppending = false;
        }
    }

    public async ValueTask ConfirmEpochAsync(CancellationToken cancellationToken)
    {
        if (store.Sabotage.SkipsConfirmation)
        {
            return;
        }

        (long epoch, long last) = (_epoch, _last);
        await store.Call(
            process,
            "confirm",
            () =>
            {
                if (store.Epoch > epoch)
                {
                    throw new LeaderFencedException(store.Epoch);
                }

                store.ThrowIfRolledBack(last, epoch, (serverId, incarnation));
                return true;
            },
            isChange: false,
            cancellationToken).ConfigureAwait(false);
    }

    public async IAsyncEnumerable<LogGroup> ReadAsync(long afterZxid, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        long after = afterZxid;
        while (true)
        {
            long from = after;
            List<LogGroup> groups = await store.Call(
                process,
                "read",
                () => from < store.TruncatedTo
                    ? throw new LogTruncatedException(from)
                    : store.Groups.Where(group => group.LastZxid > from).Take(GroupsPerRead).ToList(),
                isChange: false,
                cancellationToken).ConfigureAwait(false);
            foreach (LogGroup group in groups)
            {
                yield return group;
            }

            if (groups.Count < GroupsPerRead)
            {
                yield break;
            }

            after = groups[^1].LastZxid;
        }
    }

    public async ValueTask TruncateAsync(long zxid, CancellationToken cancellationToken) => await store.Call(
        process,
        "truncate",
        () =>
        {
            store.Truncate(zxid);
            return true;
        },
        isChange: true,
        cancellationToken).ConfigureAwait(false);

    public ValueTask<LogLoss?> FindLossAsync(LogMark mark, CancellationToken cancellationToken) =>
        store.Call(process, "find loss", () => store.FindLoss(mark), isChange: false, cancellationToken);

    public ValueTask ReportLossAsync(LogMark mark, CancellationToken cancellationToken) =>
        ChangeAsync("report loss", () => store.ReportLoss(mark), cancellationToken);

    public ValueTask RestoreAsync(LogRestoration restoration, CancellationToken cancellationToken) =>
        ChangeAsync("restore", () => store.Restore(restoration), cancellationToken);

    public ValueTask AcceptLossAsync(LogMark mark, CancellationToken cancellationToken) =>
        ChangeAsync("accept loss", () => store.AcceptLoss(mark, (serverId, incarnation)), cancellationToken);

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private async ValueTask ChangeAsync(string what, Action change, CancellationToken cancellationToken) => await store.Call(
        process,
        what,
        () =>
        {
            change();
            return true;
        },
        isChange: true,
        cancellationToken).ConfigureAwait(false);

    private void AppendLater(Func<bool> append)
    {
        int generation = process.Generation;
        store.Queue.ScheduleAt(store.Queue.Now + LaterTicks, process, generation, () => append());
    }
}
