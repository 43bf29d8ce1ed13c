using System.Runtime.InteropServices;
using OrleansZk.Core.Paths;

namespace OrleansZk.Core.Replication;

/// <summary>What is sequenced but not yet applied, added up for every path from the root down: what a quota on any of them must count beside the tree.</summary>
/// <remarks>
/// As long as no quota asks, changes are only listed. From the first that does, each is added to the sum of every path above it, so that a quota costs one look, also one that was
/// sequenced behind the changes it must count. Paths are told apart by their hash alone: two that share one would count each other's changes while these are on their way.
/// </remarks>
internal sealed class PendingUsage
{
    private readonly List<Change> _changes = [];
    private readonly Dictionary<ulong, Sum> _sums = [];
    private int _oldest;
    private int _undoFrom;
    private bool _isSummed;

    /// <summary>Adds a change of the stretch that was begun last.</summary>
    public void Add(long zxid, string path, int count, long bytes)
    {
        if (count == 0 && bytes == 0)
        {
            return;
        }

        var change = new Change(zxid, path, count, bytes);
        _changes.Add(change);
        if (_isSummed)
        {
            AddUp(change, 1);
        }
    }

    /// <summary>Nodes and bytes that a path and all beneath it will gain.</summary>
    public (int Count, long Bytes) Of(string path)
    {
        if (_oldest == _changes.Count)
        {
            return default;
        }

        if (!_isSummed)
        {
            // Until all that is listed now has been applied: a change is added up once, whatever quotas come and go.
            _isSummed = true;
            foreach (Change change in CollectionsMarshal.AsSpan(_changes)[_oldest..])
            {
                AddUp(change, 1);
            }
        }

        Sum sum = _sums.GetValueOrDefault(PathPrefixes.HashOf(path));
        return (sum.Count, sum.Bytes);
    }

    public void Begin() => _undoFrom = _changes.Count;

    public void RollBack()
    {
        Forget(CollectionsMarshal.AsSpan(_changes)[_undoFrom..]);
        _changes.RemoveRange(_undoFrom, _changes.Count - _undoFrom);
    }

    /// <summary>Forgets what the tree shows by now.</summary>
    public void Prune(long appliedZxid)
    {
        int from = _oldest;
        while (_oldest < _changes.Count && _changes[_oldest].Zxid <= appliedZxid)
        {
            _oldest++;
        }

        Span<Change> applied = CollectionsMarshal.AsSpan(_changes)[from.._oldest];
        Forget(applied);
        applied.Clear();
        if (_oldest == _changes.Count)
        {
            _isSummed = false;
        }

        if (_oldest == _changes.Count || _oldest > 4096)
        {
            _changes.RemoveRange(0, _oldest);
            _oldest = 0;
        }
    }

    private void Forget(ReadOnlySpan<Change> changes)
    {
        if (_isSummed)
        {
            foreach (ref readonly Change change in changes)
            {
                AddUp(change, -1);
            }
        }
    }

    private void AddUp(in Change change, int sign)
    {
        var prefixes = new PathPrefixes(change.Path);
        while (prefixes.MoveNext())
        {
            ref Sum sum = ref CollectionsMarshal.GetValueRefOrAddDefault(_sums, prefixes.Hash, out _);
            sum = new Sum(sum.Count + (sign * change.Count), sum.Bytes + (sign * change.Bytes));
            if (sum == default)
            {
                _sums.Remove(prefixes.Hash);
            }
        }
    }

    private readonly record struct Change(long Zxid, string Path, int Count, long Bytes);

    private readonly record struct Sum(int Count, long Bytes);
}
