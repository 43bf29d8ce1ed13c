namespace OrleansZk.Core.Replication;

/// <summary>Which server a replica is part of.</summary>
/// <param name="ServerId">0 to 255, unique in the ensemble.</param>
/// <param name="Incarnation">Grows with every start of the server: its start, milliseconds since the Unix epoch.</param>
public sealed record ReplicaIdentity(int ServerId, long Incarnation);
