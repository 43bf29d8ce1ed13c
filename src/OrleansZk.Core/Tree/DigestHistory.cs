namespace OrleansZk.Core.Tree;

/// <summary>The tree's digest at the newest zxids, so that replicas can be compared; every 128th is kept for longer, to be compared by eye.</summary>
/// <remarks>ZooKeeper: the digest log of <c>DataTree</c>. Guarded by the replica's lock, like the tree.</remarks>
public sealed class DigestHistory
{
    private const long Interval = 128;
    private const int MostEntries = 1024;
    private const int MostRecent = 8192;

    private readonly Queue<(long Zxid, ulong Digest)> _entries = new();
    private readonly (long Zxid, ulong Digest)[] _recent = new (long, ulong)[MostRecent];

    public DigestHistory()
    {
        // Zxid 0 is a state too: that of a new tree, whose digest is not known before it is noted.
        _recent[0].Zxid = -1;
    }

    /// <summary>Those of every 128th zxid, oldest first.</summary>
    public IReadOnlyCollection<(long Zxid, ulong Digest)> Entries => _entries;

    /// <summary>The digest at a zxid, if it is one of the last few thousand.</summary>
    public ulong? Find(long zxid)
    {
        (long found, ulong digest) = _recent[zxid % MostRecent];
        return zxid != 0 && found == zxid ? digest : null;
    }

    internal void Note(long zxid, ulong digest)
    {
        _recent[zxid % MostRecent] = (zxid, digest);
        if (zxid % Interval != 0)
        {
            return;
        }

        if (_entries.Count == MostEntries)
        {
            _entries.Dequeue();
        }

        _entries.Enqueue((zxid, digest));
    }
}
