namespace OrleansZk.Core.Sessions;

/// <summary>The sessions that exist, as the log says: part of the replicated state.</summary>
/// <remarks>Guarded by the replica's lock, like the tree.</remarks>
public sealed class SessionTable
{
    private readonly Dictionary<long, int> _timeouts = [];
    private HashSet<long> _changed = [];

    public int Count => _timeouts.Count;

    /// <summary>Session ids with their timeouts in milliseconds.</summary>
    public IReadOnlyDictionary<long, int> Timeouts => _timeouts;

    public bool Contains(long sessionId) => _timeouts.ContainsKey(sessionId);

    public void Open(long sessionId, int timeout)
    {
        _timeouts[sessionId] = timeout;
        _changed.Add(sessionId);
    }

    public void Close(long sessionId)
    {
        _timeouts.Remove(sessionId);
        _changed.Add(sessionId);
    }

    /// <summary>Takes a session from a checkpoint.</summary>
    public void Load(long sessionId, int timeout) => _timeouts[sessionId] = timeout;

    /// <summary>What changed since the last cut.</summary>
    internal List<Replication.SessionChange> Cut()
    {
        var changes = new List<Replication.SessionChange>(_changed.Count);
        foreach (long id in _changed)
        {
            bool open = _timeouts.TryGetValue(id, out int timeout);
            changes.Add(new Replication.SessionChange(!open, id, timeout));
        }

        _changed = [];
        return changes;
    }

    /// <summary>Counts changes that could not be written as changes again.</summary>
    internal void Restore(IReadOnlyList<Replication.SessionChange> changes)
    {
        foreach (Replication.SessionChange change in changes)
        {
            _changed.Add(change.SessionId);
        }
    }
}
