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
    /// <returns>What the checkpoint stands at; null when there is none.</returns>
    public async Task<CheckpointHeader?> MarkChangesAsync(Replica replica, long upTo, CancellationToken cancellationToken)
    {
        CheckpointHeader? header = await checkpoints.ReadHeaderAsync(cancellationToken).ConfigureAwait(false);
        if (header is null)
        {
            replica.Tracking.Mark(null);
        }

        // Without a checkpoint too: the first of another leader may be on its way, and hold nodes that have gone since.
        await foreach (LogGroup group in log.ReadAsync(header?.Zxid ?? 0, cancellationToken).ConfigureAwait(false))
        {
            if (group.FirstZxid > upTo)
            {
                break;
            }

            replica.Tracking.Mark(Transactions.GroupCodec.Read(group).Transactions);
        }

        return header;
    }
}
