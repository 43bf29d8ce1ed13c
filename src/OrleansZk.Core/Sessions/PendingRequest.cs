using OrleansZk.Core.Replication;

namespace OrleansZk.Core.Sessions;

/// <summary>A request in a connection's queue: a write that waits for the leader, or anything that came behind one.</summary>
/// <param name="Frame">Rented; only the first <paramref name="Length"/> bytes are the request's.</param>
/// <param name="Cost">Bytes that it and its answer are thought to take.</param>
/// <param name="Identities">The connection's when the request arrived.</param>
internal readonly record struct PendingRequest(
    WriteRequest? Write, byte[]? Frame, int Length, long ReceivedAt, int Cost, IReadOnlyList<AclId> Identities);
