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

    /// <summary>
    /// Requests of one connection that wait for their answers; a multi counts as its parts. Beyond, the connection is not read from: the writes of others would wait for them too.
    /// </summary>
    public int MaxPending { get; init; } = 4096;

    /// <summary>Bytes of them.</summary>
    public int MaxPendingBytes { get; init; } = 4 << 20;

    /// <summary>
    /// Requests of one connection that may stand between two of its writes that are on their way. They are executed before the second is applied, whatever else waits;
    /// a write behind more of them is taken when they have their answers.
    /// </summary>
    public int MaxBetweenWrites { get; init; } = 128;

    /// <summary>
    /// Requests behind a write that are executed along with its answer, at that very state; the others follow when the client has room for them. None that is heavy
    /// (multiRead, setWatches, getEphemerals) is among them, unless <see cref="DefersHeavy"/> is false.
    /// </summary>
    public int MaxAlongWithAnswer { get; init; } = 128;

    /// <summary>False lets heavy requests behind a write be executed while all others wait: for comparisons with a model that knows one state only.</summary>
    public bool DefersHeavy { get; init; } = true;

    /// <summary>
    /// Characters of all that a client has authenticated as; beyond, it is refused. They go along with each of its writes, and into every ACL that names <c>auth</c>.
    /// </summary>
    public int MaxIdentityLength { get; init; } = 4096;

    /// <summary>Frames that are taken from one connection before others have their turn.</summary>
    public int FramesPerTurn { get; init; } = 256;

    /// <summary>
    /// Time after which whoever holds the replica's lock, or a thread that serves sockets, gives way to others. A request that has begun is finished first.
    /// </summary>
    public TimeSpan TurnTime { get; init; } = TimeSpan.FromMilliseconds(5);

    /// <summary>Output of one connection, in bytes, after which it is sent before more requests are executed.</summary>
    public int OutputPerTurn { get; init; } = 256 << 10;

    /// <summary>Bytes of the answer to a multiRead, which would otherwise grow with the product of its parts and the data they name; beyond, it is refused.</summary>
    public int MaxMultiReadLength { get; init; } = 16 << 20;

    /// <summary>
    /// Output that one connection may hold for a client that has not taken it, in bytes; beyond, it is dropped. Answers wait for their client long before; events cannot.
    /// </summary>
    public int MaxUnsentBytes { get; init; } = 128 << 20;

    /// <summary>Output that all connections together may hold, in bytes; beyond, those are dropped that hold most, first of all those whose clients take nothing.</summary>
    public long MaxUnsentBytesOfAll { get; init; } = 512L << 20;

    /// <summary>Time in which a client must take some of what is ready for it; otherwise it is dropped.</summary>
    public TimeSpan DrainTimeout { get; init; } = TimeSpan.FromSeconds(60);
}
