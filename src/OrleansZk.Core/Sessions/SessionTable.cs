namespace OrleansZk.Core.Sessions;

/// <summary>The sessions that exist, as the log says: part of the replicated state.</summary>
/// <remarks>Guarded by the replica's lock, like the tree.</remarks>
public sealed class SessionTable
{
    private readonly Dictionary<long, SessionState> _sessions = [];
    private HashSet<long> _changed = [];
    private bool _isTracking = true;

    public int Count => _sessions.Count;

    /// <summary>Every session by its id.</summary>
    public IReadOnlyDictionary<long, SessionState> All => _sessions;

    public bool Contains(long sessionId) => _sessions.ContainsKey(sessionId);

    /// <summary>Opens a session, or gives one to another connection.</summary>
    public void Set(long sessionId, SessionState state)
    {
        _sessions[sessionId] = state;
        Mark(sessionId);
    }

    public void Close(long sessionId)
    {
        _sessions.Remove(sessionId);
        Mark(sessionId);
    }

    /// <summary>Takes a session from a checkpoint.</summary>
    public void Load(long sessionId, SessionState state) => _sessions[sessionId] = state;

    /// <summary>Ends or begins to note what the next checkpoint must hold.</summary>
    internal void Track(bool isTracking)
    {
        _isTracking = isTracking;
        _changed.Clear();
    }

    /// <summary>Counts a session as changed since the last checkpoint.</summary>
    internal void Mark(long sessionId)
    {
        if (_isTracking)
        {
            _changed.Add(sessionId);
        }
    }

    internal void MarkAll() => _changed.UnionWith(_sessions.Keys);

    /// <summary>What changed since the last cut.</summary>
    internal List<Replication.SessionChange> Cut()
    {
        var changes = new List<Replication.SessionChange>(_changed.Count);
        foreach (long id in _changed)
        {
            bool open = _sessions.TryGetValue(id, out SessionState state);
            changes.Add(new Replication.SessionChange(!open, id, state.Timeout, state.Owner));
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

/// <param name="Timeout">Milliseconds.</param>
/// <param name="Owner">The token of the connection that speaks for the session.</param>
public readonly record struct SessionState(int Timeout, long Owner);
