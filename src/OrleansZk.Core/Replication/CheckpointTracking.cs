using OrleansZk.Core.Transactions;
using OrleansZk.Core.Tree;

namespace OrleansZk.Core.Replication;

/// <summary>What a replica remembers for the next checkpoint, which the leader writes: what has changed since the last one, and the cuts through that.</summary>
/// <remarks>Only the newest leader's process remembers. Times in which it does and does not are spans with numbers: a checkpoint that was begun in one must not end in another.</remarks>
public sealed class CheckpointTracking
{
    private readonly Replica _replica;
    private readonly ReaderWriterLockSlim _lock;

    internal CheckpointTracking(Replica replica, ReaderWriterLockSlim replicaLock)
    {
        _replica = replica;
        _lock = replicaLock;
    }

    /// <summary>The number of the span that lasts now.</summary>
    public long Span { get; private set; }

    private DataTree Tree => _replica.Tree;

    private Sessions.SessionTable Sessions => _replica.Sessions;

    /// <summary>Leaves it to another server to write checkpoints: changes need not be remembered for them.</summary>
    public void Stop() => Begin(isOn: false);

    /// <summary>Remembers changes from now on; those since the store's checkpoint must be named by <see cref="Mark"/>.</summary>
    public void Start() => Begin(isOn: true);

    /// <summary>Counts what transactions have changed as changed since the last checkpoint; everything when <paramref name="transactions"/> is null.</summary>
    internal void Mark(IReadOnlyList<Transaction>? transactions)
    {
        _lock.EnterWriteLock();
        try
        {
            if (transactions is null)
            {
                Tree.MarkAll();
                Sessions.MarkAll();
                return;
            }

            foreach (Transaction transaction in transactions)
            {
                transaction.Body.MarkChanged(Tree, Sessions);
            }

            // Usage is kept along with changes, not as a change of its own.
            foreach (string quota in Tree.Quotas.Paths)
            {
                Tree.Mark(QuotaTable.StatsPath(quota));
            }
        }
        finally
        {
            _lock.ExitWriteLock();
        }
    }

    /// <summary>Cuts the tree for a checkpoint.</summary>
    /// <param name="span">That whose changes the checkpoint is to hold: those of another are not all there are.</param>
    /// <exception cref="CheckpointException">It is over, or the state is not to be trusted.</exception>
    internal (CheckpointHeader Header, TreeCut Nodes, List<SessionChange> Sessions) BeginCut(long span)
    {
        _lock.EnterWriteLock();
        try
        {
            if (span != Span || !Tree.Changes.IsOn)
            {
                throw new CheckpointException("the changes are not remembered any more that it would have to hold: it is the newest leader's to write");
            }

            if (!_replica.IsTrusted)
            {
                throw new CheckpointException("the state is damaged: it must not replace the one in the store");
            }

            var header = new CheckpointHeader(_replica.LastAppliedZxid, Tree.Digest, _replica.Clock.GetUtcNow().ToUnixTimeMilliseconds());
            return (header, Tree.Changes.BeginCut(), Sessions.Cut());
        }
        finally
        {
            _lock.ExitWriteLock();
        }
    }

    /// <summary>Ends a cut, whose changes stay to be written when its checkpoint failed.</summary>
    internal void EndCut(bool written, List<SessionChange> sessions)
    {
        _lock.EnterWriteLock();
        try
        {
            Tree.Changes.EndCut(written);
            if (!written)
            {
                Sessions.Restore(sessions);
            }
        }
        finally
        {
            _lock.ExitWriteLock();
        }
    }

    /// <summary>Ends the span: the state is another from now on. Called with the lock.</summary>
    internal void Renew() => Span++;

    private void Begin(bool isOn)
    {
        _lock.EnterWriteLock();
        if (isOn)
        {
            Tree.Changes.Start();
        }
        else
        {
            Tree.Changes.Stop();
        }

        Sessions.Track(isOn);
        Span++;
        _lock.ExitWriteLock();
    }
}
