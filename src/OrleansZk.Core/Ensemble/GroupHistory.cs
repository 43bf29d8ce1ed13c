using OrleansZk.Core.Replication;
using OrleansZk.Core.Transactions;

namespace OrleansZk.Core.Ensemble;

/// <summary>The newest groups that a leader has committed, in memory, for followers to follow.</summary>
/// <param name="beginsAfter">The newest transaction before the leader's first.</param>
/// <param name="maxBytes">Beyond, the oldest groups are dropped; a follower that still needs them gets them from the log.</param>
internal sealed class GroupHistory(long beginsAfter, long maxBytes)
{
    private readonly Lock _gate = new();
    private readonly List<CommittedGroup> _groups = [];
    private int _head;
    private long _firstPosition;
    private long _droppedUpTo = beginsAfter;
    private long _bytes;

    /// <summary>The newest transaction that was committed.</summary>
    public long LastZxid { get; private set; } = beginsAfter;

    /// <summary>The newest transaction before the oldest group that is kept.</summary>
    public long FirstZxid
    {
        get
        {
            lock (_gate)
            {
                return _droppedUpTo;
            }
        }
    }

    public void Add(CommittedGroup group)
    {
        lock (_gate)
        {
            _groups.Add(group);
            _bytes += group.Bytes.Length;
            LastZxid = group.LastZxid;
            while (_bytes > maxBytes && _groups.Count - _head > 1)
            {
                CommittedGroup dropped = _groups[_head];
                _groups[_head++] = null!;
                _bytes -= dropped.Bytes.Length;
                _droppedUpTo = dropped.LastZxid;
                _firstPosition++;
            }

            if (_head > _groups.Count / 2)
            {
                _groups.RemoveRange(0, _head);
                _head = 0;
            }
        }
    }

    /// <summary>Finds where a follower goes on that has everything up to <paramref name="zxid"/>.</summary>
    /// <returns>False when some of what it needs has been dropped.</returns>
    public bool TryFind(long zxid, out long position)
    {
        lock (_gate)
        {
            position = _firstPosition;
            if (zxid < _droppedUpTo)
            {
                return false;
            }

            // Answers without transactions are sent again when it may not have them: it knows which ones it has.
            for (int i = _head; i < _groups.Count; i++)
            {
                CommittedGroup group = _groups[i];
                if (group.LastZxid > zxid || (group.LastZxid == zxid && !group.HasTransactions))
                {
                    break;
                }

                position++;
            }

            return true;
        }
    }

    /// <summary>Finds the groups with transactions that follow <paramref name="zxid"/>, to put them back into a log that has lost them.</summary>
    /// <param name="before">The group that ends at <paramref name="zxid"/>; null when it was the last before those that are kept.</param>
    /// <returns>False when some have been dropped, or no group ends at <paramref name="zxid"/>.</returns>
    public bool TryGetAfter(long zxid, out LogGroup? before, out List<LogGroup> groups)
    {
        lock (_gate)
        {
            (before, groups) = (null, []);
            bool isFound = zxid == _droppedUpTo;
            for (int i = _head; i < _groups.Count; i++)
            {
                CommittedGroup group = _groups[i];
                if (!group.HasTransactions)
                {
                    continue;
                }

                if (group.LastZxid > zxid)
                {
                    groups.Add(ForLog(group));
                }
                else if (group.LastZxid == zxid)
                {
                    (before, isFound) = (ForLog(group), true);
                }
            }

            return isFound;
        }
    }

    private static LogGroup ForLog(CommittedGroup group)
    {
        DecodedGroup decoded = GroupCodec.Read(group.Bytes.Span);
        return new LogGroup(decoded.Transactions[0].Zxid, group.LastZxid, group.Bytes);
    }

    /// <summary>The group at a position; null when it was not committed yet.</summary>
    /// <param name="isLost">True when it has been dropped.</param>
    public CommittedGroup? Get(long position, out bool isLost)
    {
        lock (_gate)
        {
            long index = position - _firstPosition;
            isLost = index < 0;
            return index >= 0 && index < _groups.Count - _head ? _groups[_head + (int)index] : null;
        }
    }
}
