using OrleansZk.Core.Replication;
using OrleansZk.Core.Sessions;
using OrleansZk.Core.Tree;

namespace OrleansZk.TestKit.Engine;

/// <summary>A checkpoint store in memory that is as strict as a database with foreign keys, and outlives engines as the log does.</summary>
public sealed class MemoryCheckpointStore : ICheckpointStore
{
    private Dictionary<string, NodeImage> _nodes = new(StringComparer.Ordinal);
    private Dictionary<long, SessionState> _sessions = [];

    public CheckpointHeader? Header { get; private set; }

    /// <summary>How many checkpoints were written.</summary>
    public int Count { get; private set; }

    public IReadOnlyDictionary<string, NodeImage> Nodes => _nodes;

    public IReadOnlyDictionary<long, SessionState> Sessions => _sessions;

    /// <summary>Every change of a node that was ever handed over, committed or not.</summary>
    public List<(string Path, bool Deleted)> Written { get; } = [];

    /// <summary>Called before the first chunk is read and after each, so that a test can change the tree meanwhile.</summary>
    public Action? BetweenChunks { get; set; }

    /// <summary>Makes the next checkpoint fail: after so many chunks, or at the commit when it has no more.</summary>
    public int? FailAfterChunks { get; set; }

    /// <summary>Lets a test damage what is stored.</summary>
    public Dictionary<string, NodeImage> Editable => _nodes;

    public static byte[] Secret { get; } = [.. Enumerable.Range(1, 32).Select(i => (byte)i)];

    public ValueTask<EnsembleRecord> OpenAsync(CancellationToken cancellationToken) => ValueTask.FromResult(new EnsembleRecord(Secret));

    public ValueTask<CheckpointHeader?> LoadAsync(ICheckpointLoader loader, CancellationToken cancellationToken)
    {
        if (Header is null)
        {
            return ValueTask.FromResult<CheckpointHeader?>(null);
        }

        foreach ((long id, SessionState session) in _sessions)
        {
            loader.AddSession(id, session.Timeout, session.Owner);
        }

        // A parent's path is a proper beginning of its children's, so it comes first.
        foreach (NodeImage image in _nodes.Values.OrderBy(image => image.Path, StringComparer.Ordinal))
        {
            loader.AddNode(image);
        }

        return ValueTask.FromResult(Header);
    }

    public ValueTask<CheckpointHeader?> ReadHeaderAsync(CancellationToken cancellationToken) => ValueTask.FromResult(Header);

    public ValueTask WriteAsync(
        CheckpointHeader? previous,
        CheckpointHeader header,
        IEnumerable<IReadOnlyList<NodeChange>> nodes,
        IReadOnlyList<SessionChange> sessions,
        CancellationToken cancellationToken)
    {
        if (previous != Header)
        {
            throw new CheckpointException($"the checkpoint stands at {Header}, not at {previous}");
        }

        var staged = new Dictionary<string, NodeImage>(_nodes, StringComparer.Ordinal);
        int chunks = 0;
        bool deletionsAreOver = false;
        BetweenChunks?.Invoke();
        foreach (IReadOnlyList<NodeChange> chunk in nodes)
        {
            ThrowIfDue(chunks++);
            foreach (NodeChange change in chunk)
            {
                Written.Add((change.Image.Path, change.Deleted));
                if (change.Deleted && deletionsAreOver)
                {
                    throw new InvalidOperationException($"the deletion of {change.Image.Path} comes after a node");
                }

                deletionsAreOver |= !change.Deleted;
                if (change.Deleted)
                {
                    staged.Remove(change.Image.Path);
                }
                else
                {
                    staged[change.Image.Path] = change.Image;
                }
            }

            BetweenChunks?.Invoke();
        }

        if (FailAfterChunks is not null)
        {
            ThrowIfDue(int.MaxValue);
        }

        Dictionary<long, SessionState> stagedSessions = new(_sessions);
        foreach (SessionChange session in sessions)
        {
            if (session.Closed)
            {
                stagedSessions.Remove(session.SessionId);
            }
            else
            {
                stagedSessions[session.SessionId] = new SessionState(session.Timeout, session.Owner);
            }
        }

        (_nodes, _sessions, Header) = (staged, stagedSessions, header);
        Count++;
        return ValueTask.CompletedTask;
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private void ThrowIfDue(int chunks)
    {
        if (FailAfterChunks is { } most && chunks >= most)
        {
            FailAfterChunks = null;
            throw new CheckpointException("the test wants this checkpoint to fail");
        }
    }
}
