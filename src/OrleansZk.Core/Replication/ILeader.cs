using OrleansZk.Core.Transactions;

namespace OrleansZk.Core.Replication;

/// <summary>The seam between a replica and the leader: a direct call in one process, a peer connection or a grain elsewhere.</summary>
public interface ILeader
{
    /// <summary>Hands over requests of one replica. Calls of one replica do not overlap, and their order is kept.</summary>
    /// <param name="settledUpTo">The number of the newest request whose answer the replica has: what was decided up to there need not be remembered for it.</param>
    /// <remarks>
    /// Every request is answered through <see cref="IFollower.Deliver"/>, in the order in which they were submitted. Does not throw: a leader that cannot take them
    /// ends, and the next one gets them.
    /// </remarks>
    void Submit(IReadOnlyList<WriteRequest> requests, long settledUpTo);

    /// <summary>Says which sessions' clients were heard of, so that they do not expire.</summary>
    void ReportActivity(IReadOnlyList<SessionActivity> activity);
}

/// <summary>Takes what the leader has committed, in order.</summary>
public interface IFollower
{
    /// <summary>Applies a group of sequenced requests and answers those that are its own. Calls do not overlap.</summary>
    void Deliver(Span<Sequenced> group);
}

/// <param name="SilentFor">Milliseconds since the client was last heard of.</param>
public readonly record struct SessionActivity(long SessionId, long SilentFor);

/// <summary>A request at its place in the order: committed, refused, or (a sync) simply reached.</summary>
/// <param name="Request">Null when it was read from a log or came from the leader, until the replica that had asked puts it back.</param>
/// <param name="Transaction">What was committed; null when there was nothing to log.</param>
/// <param name="PartErrors">A failed multi's results.</param>
public readonly record struct Sequenced(
    RequestOrigin Origin, WriteRequest? Request, Transaction? Transaction, ErrorCode Error, ErrorCode[]? PartErrors);

/// <summary>Runs work elsewhere, soon; a simulation decides when.</summary>
public interface IWorkScheduler
{
    void Post(Action work);
}
