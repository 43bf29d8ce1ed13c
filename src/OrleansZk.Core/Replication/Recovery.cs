using Microsoft.Extensions.Logging;
using OrleansZk.Core.Sessions;
using OrleansZk.Core.Transactions;
using OrleansZk.Core.Tree;

namespace OrleansZk.Core.Replication;

/// <summary>Brings a new replica to the end of the log: loads the checkpoint, replays what the log has behind it, checks digests on the way.</summary>
public sealed partial class Recovery(ITransactionLog log, ICheckpointStore store, ILogger<Recovery> logger)
{
    /// <summary>What the log had behind the checkpoint that was loaded.</summary>
    public LogBacklog Replayed { get; private set; }

    /// <param name="end">Where the log ends, as opening it said.</param>
    /// <returns>What the checkpoint stands at; null when there was none.</returns>
    /// <exception cref="CheckpointException">The checkpoint cannot be used.</exception>
    /// <exception cref="LogCorruptException">The log cannot be used, or does not fit the checkpoint.</exception>
    public async Task<CheckpointHeader?> LoadAsync(Replica replica, LogPosition end, CancellationToken cancellationToken)
    {
        var loader = new Loader(replica);
        CheckpointHeader? header = await store.LoadAsync(loader, cancellationToken).ConfigureAwait(false);
        if (header is { } found)
        {
            if (end.LastZxid < found.Zxid)
            {
                // Where servers share a store, the leader may have moved the checkpoint on since the log was looked at.
                end = await log.OpenAsync(cancellationToken).ConfigureAwait(false);
            }

            if (end.LastZxid < found.Zxid)
            {
                // Going on would give out zxids a second time.
                throw new LogCorruptException(
                    $"the log ends at zxid 0x{end.LastZxid:x}, before the checkpoint at zxid 0x{found.Zxid:x}: "
                    + "it is not the log of this checkpoint, or files of it are missing");
            }

            if (replica.Tree.Digest != found.Digest)
            {
                throw new CheckpointException(
                    $"the checkpoint at zxid 0x{found.Zxid:x} has digest {replica.Tree.Digest:x16} but should have {found.Digest:x16}");
            }

            replica.SetLoaded(found.Zxid);
        }

        long from = replica.LastAppliedZxid;
        (long count, long bytes) = (0, 0);
        await foreach (LogGroup group in log.ReadAsync(from, cancellationToken).ConfigureAwait(false))
        {
            DecodedGroup decoded = GroupCodec.Read(group);
            bytes += group.Bytes.Length;
            foreach (Transaction transaction in decoded.Transactions)
            {
                if (transaction.Zxid > replica.LastAppliedZxid)
                {
                    Check(replica, decoded, group);
                    Replay(replica, transaction, group);
                    count++;
                }
            }
        }

        if (replica.SkippedZxid > 0 && (replica.SkippedZxid <= from || replica.SkippedZxid > replica.LastAppliedZxid))
        {
            LogNothingToSkip(replica.SkippedZxid, from);
        }

        Replayed = new LogBacklog(count, bytes);
        replica.Tree.Changes.CountAsStored();
        LogLoaded(replica.Tree.Count, replica.Sessions.Count, from, count, replica.LastAppliedZxid);
        return header;
    }

    private static void Check(Replica replica, DecodedGroup decoded, LogGroup group)
    {
        if (decoded.DigestZxid == replica.LastAppliedZxid && decoded.Digest != replica.Tree.Digest)
        {
            throw new LogCorruptException(
                $"the tree at zxid 0x{decoded.DigestZxid:x} has digest {replica.Tree.Digest:x16}, but group 0x{group.FirstZxid:x} of the log says {decoded.Digest:x16}");
        }
    }

    private void Replay(Replica replica, Transaction transaction, in LogGroup group)
    {
        if (transaction.Zxid == replica.SkippedZxid)
        {
            LogSkipped(transaction.Zxid, transaction.Body.Kind, transaction.SessionId);
            replica.Replay(transaction.Emptied());
            return;
        }

        try
        {
            replica.Replay(transaction);
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            throw new LogCorruptException(
                $"transaction 0x{transaction.Zxid:x} does not fit the tree before it: {e.Message}. It is a {transaction.Body.Kind} of session "
                + $"0x{transaction.SessionId:x} in group 0x{group.FirstZxid:x} to 0x{group.LastZxid:x} of the log. To start without its change, which is lost then, "
                + $"give --skip-transaction 0x{transaction.Zxid:x} to every server",
                e);
        }
    }

    [LoggerMessage(
        Level = LogLevel.Critical,
        Message = "Skipping transaction 0x{Zxid:x}, a {Kind} of session 0x{SessionId:x}, as --skip-transaction asks for: its change is lost on this server")]
    private partial void LogSkipped(long zxid, TransactionKind kind, long sessionId);

    [LoggerMessage(
        Level = LogLevel.Warning,
        Message = "Transaction 0x{Zxid:x} (--skip-transaction) is not in the log behind the checkpoint at zxid 0x{Checkpoint:x}: remove the option")]
    private partial void LogNothingToSkip(long zxid, long checkpoint);

    [LoggerMessage(
        Level = LogLevel.Information,
        Message = "Loaded {Nodes} nodes and {Sessions} sessions: checkpoint at zxid 0x{Checkpoint:x}, then {Transactions} transactions up to zxid 0x{Zxid:x}")]
    private partial void LogLoaded(int nodes, int sessions, long checkpoint, long transactions, long zxid);

    private sealed class Loader(Replica replica) : ICheckpointLoader
    {
        public void AddSession(long sessionId, int timeout, long owner) => replica.Sessions.Load(sessionId, new SessionState(timeout, owner));

        public void AddNode(in NodeImage image) => replica.Tree.Load(image);
    }
}
