using OrleansZk.Protocol;

namespace OrleansZk.Core.Replication;

/// <summary>What a replica allows its clients.</summary>
public sealed record ReplicaLimits
{
    /// <summary>Bytes of a request's frame (<c>jute.maxbuffer</c>).</summary>
    public int MaxFrameLength { get; init; } = Frame.DefaultMaxLength;

    /// <summary>Milliseconds.</summary>
    public int MinSessionTimeout { get; init; } = 4000;

    /// <summary>Milliseconds.</summary>
    public int MaxSessionTimeout { get; init; } = 40_000;

    /// <summary>Milliseconds that a write waits before its client's pings are answered past it: without a leader for a while, clients shall not think the server dead.</summary>
    public int PingsPassAfter { get; init; } = 500;

    /// <summary>True lets a client that has seen more at another server wait until this one has caught up; false refuses it.</summary>
    public bool WaitsForZxid { get; init; }

    /// <summary>Writes on their way, of all clients; beyond, those who have some are not read from (<c>globalOutstandingLimit</c>).</summary>
    public int MaxOutstanding { get; init; } = 4096;

    /// <summary>Bytes of the writes on their way, of all clients.</summary>
    public long MaxOutstandingBytes { get; init; } = 64L << 20;

    /// <summary>Requests of one connection that wait for their turn; beyond, it is not read from.</summary>
    public int MaxPending { get; init; } = 4096;

    /// <summary>Bytes that those of them that are not writes may take, with the answers that are expected to them.</summary>
    public int MaxPendingBytes { get; init; } = 4 << 20;

    /// <summary>
    /// Characters of all that a client has authenticated as; beyond, it is refused. They go along with each of its writes, and into every ACL that names <c>auth</c>.
    /// </summary>
    public int MaxIdentityLength { get; init; } = 4096;

    /// <summary>Output of one connection, in bytes, after which it is sent before more requests are taken.</summary>
    public int OutputPerTurn { get; init; } = 256 << 10;

    /// <summary>Output that one connection may leave unread, in bytes; beyond, it is dropped.</summary>
    public int MaxUnsentBytes { get; init; } = 16 << 20;
}
