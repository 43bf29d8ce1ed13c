using OrleansZk.Core.Tree;

namespace OrleansZk.Core.Replication;

/// <summary>Keeps the whole tree as it stood at one zxid, in tables that anyone can query.</summary>
public interface ICheckpointStore : IAsyncDisposable
{
    /// <summary>Opens the store, creates or upgrades its tables, and gives what it keeps for the ensemble.</summary>
    /// <exception cref="CheckpointException">The file is not a checkpoint, is damaged, or was written by a newer version.</exception>
    ValueTask<EnsembleRecord> OpenAsync(CancellationToken cancellationToken);

    /// <summary>Reads the checkpoint into <paramref name="loader"/>: every session, then every node, parents before children.</summary>
    /// <returns>What the checkpoint stands at, or null when there is none yet.</returns>
    ValueTask<CheckpointHeader?> LoadAsync(ICheckpointLoader loader, CancellationToken cancellationToken);

    /// <summary>What the checkpoint stands at; null when there is none yet.</summary>
    ValueTask<CheckpointHeader?> ReadHeaderAsync(CancellationToken cancellationToken);

    /// <summary>Moves the checkpoint to <paramref name="header"/> by writing what changed, in one durable transaction.</summary>
    /// <param name="previous">What the changes are changes from; null writes the first checkpoint.</param>
    /// <exception cref="CheckpointException">The store failed, or does not stand at <paramref name="previous"/> (another leader has moved it).</exception>
    /// <remarks>
    /// <paramref name="nodes"/> is read once, in chunks; all deletions of nodes come before all others. A node that is deleted
    /// need not be in the store. Writes of the engine go on meanwhile.
    /// </remarks>
    ValueTask WriteAsync(
        CheckpointHeader? previous,
        CheckpointHeader header,
        IEnumerable<IReadOnlyList<NodeChange>> nodes,
        IReadOnlyList<SessionChange> sessions,
        CancellationToken cancellationToken);

    /// <summary>Lets go of what is kept in memory for the next <see cref="WriteAsync"/>: another server writes from here on. Thread-safe; waits for nothing.</summary>
    void Forget()
    {
    }
}

/// <summary>What a store keeps for the whole ensemble.</summary>
/// <param name="Secret">32 random bytes, drawn when the store was created; session passwords are derived from it.</param>
public sealed record EnsembleRecord(byte[] Secret);

/// <summary>What a checkpoint stands at.</summary>
/// <param name="Zxid">The last transaction that it contains.</param>
/// <param name="Digest">The tree's digest at <paramref name="Zxid"/> (see <see cref="TreeDigest"/>).</param>
/// <param name="Time">When it was cut, milliseconds since the Unix epoch.</param>
public readonly record struct CheckpointHeader(long Zxid, ulong Digest, long Time);

/// <summary>A node that was written (<see cref="Image"/>) or deleted (only its path counts) since the last checkpoint.</summary>
public readonly record struct NodeChange(bool Deleted, NodeImage Image);

/// <summary>A session that was opened, or closed, since the last checkpoint.</summary>
/// <param name="Timeout">Milliseconds.</param>
/// <param name="Owner">The token of the connection that speaks for it.</param>
public readonly record struct SessionChange(bool Closed, long SessionId, int Timeout, long Owner);

/// <summary>Takes what a checkpoint holds.</summary>
public interface ICheckpointLoader
{
    /// <param name="timeout">Milliseconds.</param>
    /// <param name="owner">The token of the connection that spoke for it.</param>
    void AddSession(long sessionId, int timeout, long owner);

    void AddNode(in NodeImage image);
}

/// <summary>The checkpoint cannot be used; the message names the file and what is wrong with it.</summary>
public sealed class CheckpointException(string message, Exception? inner = null) : Exception(message, inner);
