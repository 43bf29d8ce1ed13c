namespace OrleansZk.Core.Tree;

/// <summary>Knows which nodes changed since the last checkpoint, and keeps an exact cut readable while the tree goes on changing.</summary>
/// <remarks>
/// Generations number the spans between checkpoints. A node enters its generation's list when it first changes in it. After a cut, a node of the
/// cut's list that is about to change again first leaves its image with the cut. So a cut costs no pause, and a checkpoint's cost follows the changes.
/// Changes and <see cref="BeginCut"/> need the tree's write lock, reading a cut its read lock.
/// </remarks>
internal sealed class ChangeTracker
{
    private int _generation = 1;
    private List<ZNode> _changed = [];
    private TreeCut? _cut;
    private List<string> _gone = [];
    private bool _isOff;

    /// <summary>False while another server writes the checkpoints.</summary>
    public bool IsOn => !_isOff;

    /// <summary>Nodes that the next checkpoint will have to look at.</summary>
    public int ChangedCount => _changed.Count;

    /// <summary>Must be called before a node that is in the tree changes or leaves it.</summary>
    public void BeforeChange(ZNode node)
    {
        if (node.ChangeGeneration == _generation)
        {
            return;
        }

        // Also when the tracking has ended: a checkpoint that has begun must stay a cut.
        KeepForCut(node);
        if (!_isOff)
        {
            Enlist(node);
        }
    }

    public void Created(ZNode node)
    {
        if (_isOff)
        {
            // Another server writes the checkpoints; for all that is known here, the store has it.
            node.IsStored = true;
        }
        else
        {
            Enlist(node);
        }
    }

    /// <summary>
    /// Counts what has changed so far as stored: a checkpoint of an earlier run may have come to the store behind the one that was loaded, and hold what came and went since.
    /// </summary>
    public void CountAsStored()
    {
        foreach (ZNode node in _changed.Concat(_cut?.Nodes ?? []))
        {
            node.IsStored = true;
        }
    }

    /// <summary>Ends the tracking: another server writes the checkpoints.</summary>
    public void Stop()
    {
        CountAsStored();
        (_isOff, _changed, _gone) = (true, [], []);
        _generation++;
    }

    /// <summary>Begins the tracking again. What changed since the store's checkpoint must be named by <see cref="Mark"/>.</summary>
    public void Start() => _isOff = false;

    /// <summary>Counts a path as changed since the last checkpoint.</summary>
    /// <param name="node">The node there, if there is one.</param>
    public void Mark(string path, ZNode? node)
    {
        if (_isOff)
        {
            // Named on behalf of a time as leader that has ended meanwhile. What is enlisted now would be taken for changes of the next one.
            return;
        }

        if (node is null)
        {
            _gone.Add(path);
            return;
        }

        // Whether or not the store has it: to delete what is not there does no harm.
        node.IsStored = true;
        if (node.ChangeGeneration != _generation)
        {
            // From here on nothing shows that the node belongs to a checkpoint of this server's earlier time as leader.
            KeepForCut(node);
            Enlist(node);
        }
    }

    /// <summary>Takes a node as what the store already holds.</summary>
    public static void Loaded(ZNode node) => node.IsStored = true;

    public TreeCut BeginCut()
    {
        if (_cut is not null)
        {
            throw new Replication.CheckpointException("a checkpoint of an earlier time as leader is still being written");
        }

        _cut = new TreeCut(_generation, _changed, _gone);
        (_changed, _gone) = ([], []);
        _generation++;
        return _cut;
    }

    /// <summary>Ends the cut; when its checkpoint failed, its nodes count as changed again.</summary>
    public void EndCut(bool written)
    {
        if (_cut is not { } cut)
        {
            // The tree has been replaced meanwhile.
            return;
        }

        _cut = null;
        if (written || _isOff)
        {
            return;
        }

        _gone.AddRange(cut.Gone);
        foreach (ZNode node in cut.Nodes)
        {
            if (node.ChangeGeneration == cut.Generation)
            {
                Enlist(node);
            }
        }
    }

    private void KeepForCut(ZNode node)
    {
        if (_cut is { } cut && node.ChangeGeneration == cut.Generation)
        {
            cut.Keep(node);
        }
    }

    private void Enlist(ZNode node)
    {
        node.ChangeGeneration = _generation;
        _changed.Add(node);
    }
}

/// <summary>The changes that one checkpoint writes, as they stood at its zxid.</summary>
/// <param name="gone">Paths whose nodes were deleted before the tracking began.</param>
internal sealed class TreeCut(int generation, List<ZNode> nodes, List<string> gone)
{
    private readonly Dictionary<ZNode, NodeImage> _kept = [];

    public int Generation => generation;

    public IReadOnlyList<ZNode> Nodes => nodes;

    public IReadOnlyList<string> Gone => gone;

    public void SortByPath() => nodes.Sort(static (a, b) => string.CompareOrdinal(a.Path, b.Path));

    public void Keep(ZNode node) => _kept.TryAdd(node, node.Image);

    /// <summary>The change to write for the node at <paramref name="index"/>; false when the store needs none of that kind.</summary>
    public bool TryRead(int index, bool deletions, out Replication.NodeChange change)
    {
        ZNode node = nodes[index];
        if (_kept.TryGetValue(node, out NodeImage image))
        {
            change = new Replication.NodeChange(false, image);
            if (!deletions)
            {
                node.IsStored = true;
            }

            return !deletions;
        }

        if (node.IsDeleted && node.ChangeGeneration == generation)
        {
            change = new Replication.NodeChange(true, new NodeImage { Path = node.Path });
            return deletions && node.IsStored;
        }

        change = new Replication.NodeChange(false, node.Image);
        if (!deletions)
        {
            node.IsStored = true;
        }

        return !deletions;
    }
}
