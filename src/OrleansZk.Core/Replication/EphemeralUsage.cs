using System.Runtime.InteropServices;
using System.Text;
using OrleansZk.Core.Tree;

namespace OrleansZk.Core.Replication;

/// <summary>What each session owns once everything sequenced is applied, and which of it is not applied yet.</summary>
/// <remarks>Kept up with every change, so that neither a creation nor a session's end looks at the changes of others. Belongs to the <see cref="Overlay"/>.</remarks>
internal sealed class EphemeralUsage
{
    private readonly Dictionary<long, (int Count, long Bytes)> _owned = [];
    private readonly Dictionary<long, HashSet<string>> _pending = [];
    private readonly List<(long SessionId, int Count, long Bytes)> _undo = [];

    public EphemeralUsage(DataTree tree)
    {
        foreach ((long sessionId, HashSet<ZNode> nodes) in tree.Ephemerals)
        {
            _owned.Add(sessionId, (nodes.Count, nodes.Sum(node => (long)BytesOf(node.Path))));
        }
    }

    /// <summary>How many ephemerals a session owns, and the bytes of their paths.</summary>
    public (int Count, long Bytes) Of(long sessionId) => _owned.GetValueOrDefault(sessionId);

    /// <summary>The ephemerals of a session whose creation, or newest change, is not applied yet.</summary>
    public IReadOnlyCollection<string> PendingOf(long sessionId) => _pending.TryGetValue(sessionId, out HashSet<string>? paths) ? paths : [];

    public static int BytesOf(string path) => Encoding.UTF8.GetByteCount(path);

    /// <param name="change">1 for a creation, -1 for a deletion.</param>
    public void Count(long sessionId, string path, int change)
    {
        long bytes = change * (long)BytesOf(path);
        _undo.Add((sessionId, change, bytes));
        Add(sessionId, change, bytes);
    }

    public void Begin() => _undo.Clear();

    public void RollBack()
    {
        foreach ((long sessionId, int count, long bytes) in _undo)
        {
            Add(sessionId, -count, -bytes);
        }

        _undo.Clear();
    }

    /// <summary>Notes what a path becomes in the overlay.</summary>
    /// <param name="before">The owner of its pending ephemeral until now; 0 for none.</param>
    /// <param name="after">The same from now on.</param>
    public void ReplacePending(string path, long before, long after)
    {
        if (before == after)
        {
            return;
        }

        if (before != 0)
        {
            HashSet<string> paths = _pending[before];
            paths.Remove(path);
            if (paths.Count == 0)
            {
                _pending.Remove(before);
            }
        }

        if (after != 0)
        {
            ref HashSet<string>? paths = ref CollectionsMarshal.GetValueRefOrAddDefault(_pending, after, out _);
            (paths ??= []).Add(path);
        }
    }

    private void Add(long sessionId, int count, long bytes)
    {
        ref (int Count, long Bytes) owned = ref CollectionsMarshal.GetValueRefOrAddDefault(_owned, sessionId, out _);
        owned = (owned.Count + count, owned.Bytes + bytes);
        if (owned.Count == 0)
        {
            _owned.Remove(sessionId);
        }
    }
}
