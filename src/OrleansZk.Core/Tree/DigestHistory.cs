namespace OrleansZk.Core.Tree;

/// <summary>The tree's digest at every 128th zxid, so that replicas can be compared by eye (ZooKeeper: the digest log of <c>DataTree</c>).</summary>
/// <remarks>Guarded by the replica's lock, like the tree.</remarks>
public sealed class DigestHistory
{
    private const long Interval = 128;
    private const int MostEntries = 1024;

    private readonly Queue<(long Zxid, ulong Digest)> _entries = new();

    /// <summary>Oldest first.</summary>
    public IReadOnlyCollection<(long Zxid, ulong Digest)> Entries => _entries;

    internal void Note(long zxid, ulong digest)
    {
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
