using OrleansZk.Core.Replication;

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
