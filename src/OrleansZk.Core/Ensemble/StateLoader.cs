using Microsoft.Extensions.Logging;
using OrleansZk.Core.Replication;

namespace OrleansZk.Core.Ensemble;

/// <summary>Takes the state from the store that the servers share: at the start, and when a replica's own cannot be followed on from.</summary>
/// <param name="newReplica">A replica without clients, to load into.</param>
public sealed class StateLoader(ITransactionLog log, ICheckpointStore checkpoints, Func<Replica> newReplica, ILogger<Recovery> logger)
{
    /// <summary>Loads what the store has, and puts it in place of what <paramref name="replica"/> has.</summary>
    public async Task ReloadAsync(Replica replica, CancellationToken cancellationToken)
    {
        using Replica fresh = newReplica();
        LogPosition end = await log.OpenAsync(cancellationToken).ConfigureAwait(false);
        await new Recovery(log, checkpoints, logger).LoadAsync(fresh, end, cancellationToken).ConfigureAwait(false);
        replica.Replace(fresh.Tree, fresh.Sessions, fresh.LastAppliedZxid);
        replica.Tracking.Stop();
    }

    /// <summary>Names to the tracker what has changed between the store's checkpoint and <paramref name="upTo"/>, so that the next one follows on from it.</summary>
    /// <returns>What the checkpoint stands at, null when there is none; and what the log has behind it.</returns>
    public async Task<(CheckpointHeader? Header, LogBacklog Backlog)> MarkChangesAsync(Replica replica, long upTo, CancellationToken cancellationToken)
    {
        CheckpointHeader? header = await checkpoints.ReadHeaderAsync(cancellationToken).ConfigureAwait(false);
        if (header is null)
        {
            replica.Tracking.Mark(null);
        }

        (long count, long bytes) = (0, 0);

        // Without a checkpoint too: the first of another leader may be on its way, and hold nodes that have gone since.
        await foreach (LogGroup group in log.ReadAsync(header?.Zxid ?? 0, cancellationToken).ConfigureAwait(false))
        {
            if (group.FirstZxid > upTo)
            {
                break;
            }

            IReadOnlyList<Transactions.Transaction> transactions = Transactions.GroupCodec.Read(group).Transactions;
            replica.Tracking.Mark(transactions);
            (count, bytes) = (count + transactions.Count, bytes + group.Bytes.Length);
        }

        return (header, new LogBacklog(count, bytes));
    }
}
