using System.Runtime.CompilerServices;
using OrleansZk.Core.Replication;
using OrleansZk.Simulation.World;

namespace OrleansZk.Simulation.Store;

/// <summary>The shared log as one incarnation of a server sees it.</summary>
internal sealed class SimulatedLog(SimulatedStore store, SimulatedProcess process, int serverId, long incarnation) : ITransactionLog
{
    private const int GroupsPerRead = 8;
    private const long LaterTicks = 300 * TimeSpan.TicksPerMillisecond;

    private long _epoch;
    private bool _isAppending;

    public ValueTask<LogPosition> OpenAsync(CancellationToken cancellationToken) =>
        store.Call(process, "open", () => store.End, isChange: false, cancellationToken);

    public async ValueTask<long> ClaimEpochAsync(long current, CancellationToken cancellationToken)
    {
        long epoch = await store.Call(
            process, "claim", () => store.Claim(current, (serverId, incarnation)), isChange: true, cancellationToken).ConfigureAwait(false);
        _epoch = epoch;
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
        long epoch = _epoch;
        bool Append()
        {
            store.Append(copy, epoch, process);
            return true;
        }

        _isAppending = true;
        try
        {
            if (store.Sabotage.AnswersBeforeCommit)
            {
                AppendLater(Append);
                return;
            }

            await store.Call(process, "append", Append, isChange: true, cancellationToken).ConfigureAwait(false);
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

        long epoch = _epoch;
        await store.Call(
            process,
            "confirm",
            () => store.Epoch == epoch ? true : throw new LeaderFencedException(store.Epoch),
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

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private void AppendLater(Func<bool> append)
    {
        int generation = process.Generation;
        store.Queue.ScheduleAt(store.Queue.Now + LaterTicks, process, generation, () => append());
    }
}
