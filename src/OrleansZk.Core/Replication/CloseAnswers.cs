using OrleansZk.Core.Transactions;
using OrleansZk.Core.Tree;

namespace OrleansZk.Core.Replication;

/// <summary>The answers to closeSession that wait until the last of the session's ephemerals is gone.</summary>
/// <remarks>
/// Each replica looks at its own tree, so an answer comes whichever leader deletes the rest. Guarded by the replica's write lock.
/// </remarks>
internal sealed class CloseAnswers
{
    private readonly Dictionary<long, Sequenced> _waiting = [];

    /// <summary>Looks at what was just applied or decided.</summary>
    /// <returns>The same, or without its request, when nobody is to be answered now.</returns>
    public Sequenced Pass(in Sequenced item, DataTree tree)
    {
        if (item.Request is not { Connection: { } connection } request)
        {
            return item;
        }

        if (item.Transaction?.Body is CloseSessionBody { ClosedId: var closed } && tree.EphemeralsOf(closed).Count > 0)
        {
            _waiting[closed] = item;
            return item with { Request = null };
        }

        // Nothing is said behind the answer to closeSession, and so nothing before it that was asked behind.
        return _waiting.Count > 0 && _waiting.TryGetValue(request.SessionId, out Sequenced close) && ReferenceEquals(close.Request!.Connection, connection)
            ? item with { Request = null }
            : item;
    }

    /// <summary>Takes an answer whose session has nothing left.</summary>
    public bool TryTake(DataTree tree, out Sequenced answer)
    {
        foreach ((long id, Sequenced waiting) in _waiting)
        {
            if (tree.EphemeralsOf(id).Count == 0)
            {
                answer = waiting;
                return _waiting.Remove(id);
            }
        }

        answer = default;
        return false;
    }

    public void Clear() => _waiting.Clear();
}
