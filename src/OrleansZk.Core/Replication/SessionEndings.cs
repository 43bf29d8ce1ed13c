using System.Diagnostics.CodeAnalysis;
using OrleansZk.Core.Sessions;
using OrleansZk.Core.Tree;

namespace OrleansZk.Core.Replication;

/// <summary>The sessions that the leader ends of itself: those that expire, and what is left of those that were closed.</summary>
/// <remarks>
/// The sequencer takes a turn at them, and the next one only when the first is applied: memory, locks and messages hold one turn's work, however much there is, and
/// clients' requests go in between. Guarded by the leader's lock, but for <see cref="MayGoOn"/>.
/// </remarks>
internal sealed class SessionEndings(LeaderSessions sessions)
{
    private readonly Queue<long> _queue = new();
    private readonly Dictionary<long, SessionEnding> _endings = [];
    private readonly List<SessionEnding> _broken = [];
    private long _awaited;
    private volatile bool _isWaiting;

    /// <summary>True when there is work, and the turn before is applied.</summary>
    public bool MayGoOn(long appliedZxid) => _isWaiting && appliedZxid >= Volatile.Read(ref _awaited);

    /// <summary>Finds what leaders before have left: ephemerals of sessions that do not exist.</summary>
    public void Load(DataTree tree, SessionTable table)
    {
        // Sorted, so that every run of the same history writes the same log.
        foreach (long id in tree.Ephemerals.Keys.Where(id => !table.Contains(id)).Order())
        {
            Add(new SessionEnding(id, isClosed: true));
        }
    }

    /// <summary>Adds sessions whose time is up, if they are not here already; and again what could not be done before.</summary>
    /// <returns>How many are new.</returns>
    public int AddExpired(List<long> ids)
    {
        foreach (SessionEnding ending in _broken)
        {
            Add(ending);
        }

        _broken.Clear();
        return ids.Count(id => Add(new SessionEnding(id, isClosed: false)));
    }

    /// <summary>The next session to end; those that were heard of meanwhile, or are closed by now, are passed over.</summary>
    public bool TryPeek(long now, [NotNullWhen(true)] out SessionEnding? ending)
    {
        while (_queue.TryPeek(out long id))
        {
            ending = _endings[id];
            if (!ending.IsDone && (ending.IsClosed || sessions.IsExpired(id, now)))
            {
                return true;
            }

            Remove();
        }

        ending = null;
        return false;
    }

    /// <summary>Says that a part was sequenced. What is left of the session waits for its next turn, behind the others.</summary>
    /// <param name="zxid">The part's transaction.</param>
    public void Advance(SessionEnding ending, long zxid)
    {
        ending.Advance();
        if (_queue.TryPeek(out long first) && first == ending.SessionId)
        {
            Remove();
        }

        if (ending.IsDone)
        {
            return;
        }

        EndTurn(zxid);
        if (!Add(ending))
        {
            // It was about to expire when its client closed it.
            _endings[ending.SessionId] = ending;
        }
    }

    /// <summary>Puts the first one away, whose part could not be sequenced, until <see cref="AddExpired"/>.</summary>
    public void PutAway()
    {
        SessionEnding ending = _endings[_queue.Peek()];
        Remove();
        if (ending.IsClosed)
        {
            _broken.Add(ending);
        }
    }

    /// <summary>Ends a turn: the next one waits until <paramref name="zxid"/> is applied.</summary>
    public void EndTurn(long zxid) => Volatile.Write(ref _awaited, zxid);

    /// <summary>Gives everything up: another leader goes on with it.</summary>
    public void Clear()
    {
        _queue.Clear();
        _endings.Clear();
        _broken.Clear();
        _isWaiting = false;
    }

    private bool Add(SessionEnding ending)
    {
        if (!_endings.TryAdd(ending.SessionId, ending))
        {
            return false;
        }

        _queue.Enqueue(ending.SessionId);
        _isWaiting = true;
        return true;
    }

    private void Remove()
    {
        _endings.Remove(_queue.Dequeue());
        _isWaiting = _queue.Count > 0;
    }
}
