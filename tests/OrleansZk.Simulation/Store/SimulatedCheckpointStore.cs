using OrleansZk.Core.Replication;
using OrleansZk.Core.Sessions;
using OrleansZk.Core.Tree;
using OrleansZk.Simulation.World;
using OrleansZk.TestKit.Engine;

namespace OrleansZk.Simulation.Store;

/// <summary>What the shared checkpoint holds; replaced as a whole when one is committed.</summary>
internal sealed class CheckpointState
{
    public CheckpointHeader? Header { get; set; }

    public Dictionary<string, NodeImage> Nodes { get; set; } = new(StringComparer.Ordinal);

    public Dictionary<long, SessionState> Sessions { get; set; } = [];
}

/// <summary>The shared checkpoint as one incarnation of a server sees it.</summary>
internal sealed class SimulatedCheckpointStore(SimulatedStore store, SimulatedProcess process) : ICheckpointStore
{
    public ValueTask<EnsembleRecord> OpenAsync(CancellationToken cancellationToken) =>
        store.Call(process, "open checkpoint", () => new EnsembleRecord(MemoryCheckpointStore.Secret), isChange: false, cancellationToken);

    public async ValueTask<CheckpointHeader?> LoadAsync(ICheckpointLoader loader, CancellationToken cancellationToken)
    {
        CheckpointState state = store.Checkpoint;
        (CheckpointHeader? header, Dictionary<string, NodeImage> nodes, Dictionary<long, SessionState> sessions) = await store.Call(
            process, "load checkpoint", () => (state.Header, state.Nodes, state.Sessions), isChange: false, cancellationToken).ConfigureAwait(false);
        if (header is null)
        {
            return null;
        }

        foreach ((long id, SessionState session) in sessions)
        {
            loader.AddSession(id, session.Timeout, session.Owner);
        }

        foreach (NodeImage image in nodes.Values.OrderBy(image => image.Path, StringComparer.Ordinal))
        {
            loader.AddNode(image);
        }

        return header;
    }

    public ValueTask<CheckpointHeader?> ReadHeaderAsync(CancellationToken cancellationToken) =>
        store.Call(process, "read header", () => store.Checkpoint.Header, isChange: false, cancellationToken);

    public async ValueTask WriteAsync(
        CheckpointHeader? previous,
        CheckpointHeader header,
        IEnumerable<IReadOnlyList<NodeChange>> nodes,
        IReadOnlyList<SessionChange> sessions,
        CancellationToken cancellationToken)
    {
        var written = new List<NodeChange>();
        await Pass("begin checkpoint").ConfigureAwait(false);
        foreach (IReadOnlyList<NodeChange> chunk in nodes)
        {
            written.AddRange(chunk);
            await Pass("write checkpoint").ConfigureAwait(false);
        }

        if (store.Queue.Random.Next(1000) < store.Faults.CheckpointPerMille)
        {
            throw new CheckpointException("the simulation wants this checkpoint to fail");
        }

        try
        {
            await store.Call(process, "commit checkpoint", () => Commit(previous, header, written, sessions), isChange: true, cancellationToken)
                .ConfigureAwait(false);
        }
        catch (StoreUnavailableException e)
        {
            throw new CheckpointException(e.Message, e);
        }

        async ValueTask Pass(string what)
        {
            try
            {
                await store.Call(process, what, () => true, isChange: false, cancellationToken).ConfigureAwait(false);
            }
            catch (StoreUnavailableException e)
            {
                throw new CheckpointException(e.Message, e);
            }
        }
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private bool Commit(CheckpointHeader? previous, CheckpointHeader header, List<NodeChange> nodes, IReadOnlyList<SessionChange> sessions)
    {
        CheckpointState state = store.Checkpoint;
        if (previous != state.Header)
        {
            throw new CheckpointException($"the checkpoint stands at {state.Header}, not at {previous}");
        }

        var newNodes = new Dictionary<string, NodeImage>(state.Nodes, StringComparer.Ordinal);
        foreach (NodeChange change in nodes)
        {
            if (change.Deleted)
            {
                newNodes.Remove(change.Image.Path);
            }
            else
            {
                newNodes[change.Image.Path] = change.Image;
            }
        }

        var tree = new DataTree();
        foreach (NodeImage image in newNodes.Values.OrderBy(image => image.Path, StringComparer.Ordinal))
        {
            tree.Load(image);
        }

        if (tree.Digest != header.Digest)
        {
            store.Misuses.Add($"{process.Name} writes a checkpoint at 0x{header.Zxid:x} that is not the tree's state there");
        }

        var newSessions = new Dictionary<long, SessionState>(state.Sessions);
        foreach (SessionChange session in sessions)
        {
            if (session.Closed)
            {
                newSessions.Remove(session.SessionId);
            }
            else
            {
                newSessions[session.SessionId] = new SessionState(session.Timeout, session.Owner);
            }
        }

        store.Trace.Add("checkpoint", process.Name, header.Zxid);
        (state.Header, state.Nodes, state.Sessions) = (header, newNodes, newSessions);
        store.Remember();
        return true;
    }
}
