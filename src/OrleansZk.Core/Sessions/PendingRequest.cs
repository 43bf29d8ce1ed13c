using OrleansZk.Core.Replication;

namespace OrleansZk.Core.Sessions;

/// <summary>A request in a connection's queue: a write that waits for the leader, or anything that came behind one.</summary>
/// <param name="Frame">Rented; only the first <paramref name="Length"/> bytes are the request's. Null for a write.</param>
/// <param name="Cost">Bytes that it and its answer are expected to take.</param>
/// <param name="IsHeavy">True for a request whose work or answer its length does not bound.</param>
/// <param name="Identities">The connection's when the request arrived.</param>
/// <param name="Outcome">What came of an auth packet, which is decided when it arrives and answered in its turn; null for everything else.</param>
internal readonly record struct PendingRequest(
    WriteRequest? Write,
    byte[]? Frame,
    int Length,
    long ReceivedAt,
    int Cost,
    bool IsHeavy,
    IReadOnlyList<AclId> Identities,
    ErrorCode? Outcome = null);
