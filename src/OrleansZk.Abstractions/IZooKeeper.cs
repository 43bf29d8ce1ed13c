namespace OrleansZk;

/// <summary>A session with an ensemble, whatever carries it. Requests of one session are executed in the order in which they were made.</summary>
/// <remarks>
/// Every method throws <see cref="KeeperException"/> with the protocol's own error; <see cref="ErrorCode.ConnectionLoss"/> says that nobody knows whether the request
/// was executed, <see cref="ErrorCode.SessionExpired"/> that this object is of no use any more. Cancelling stops the wait, not the request. Thread-safe.
/// </remarks>
public interface IZooKeeper : IAsyncDisposable
{
    /// <summary>The owner of the session's ephemeral nodes.</summary>
    long SessionId { get; }

    /// <summary>As negotiated: the session lives for so long without being heard of.</summary>
    TimeSpan SessionTimeout { get; }

    KeeperState State { get; }

    /// <summary>Raised in order with the watch events.</summary>
    event Action<KeeperState>? StateChanged;

    /// <summary>Creates a node.</summary>
    /// <param name="acl">Null lets everybody do everything.</param>
    /// <param name="timeToLive">For the two modes with a time to live, whole milliseconds.</param>
    /// <returns>The path, which for sequential modes ends in the number that was given, and the new node's stat.</returns>
    Task<CreatedNode> CreateAsync(
        string path,
        byte[]? data = null,
        CreateMode mode = CreateMode.Persistent,
        IReadOnlyList<Acl>? acl = null,
        TimeSpan? timeToLive = null,
        CancellationToken cancellationToken = default);

    /// <param name="version">That the node's data must have; -1 for any.</param>
    Task DeleteAsync(string path, int version = -1, CancellationToken cancellationToken = default);

    /// <param name="watcher">Called once, when the node is created, deleted or its data changes.</param>
    /// <returns>Null when there is no such node.</returns>
    Task<Stat?> ExistsAsync(string path, Action<WatchedEvent>? watcher = null, CancellationToken cancellationToken = default);

    /// <param name="watcher">Called once, when the node is deleted or its data changes.</param>
    Task<NodeData> GetDataAsync(string path, Action<WatchedEvent>? watcher = null, CancellationToken cancellationToken = default);

    /// <param name="version">That the node's data must have; -1 for any.</param>
    Task<Stat> SetDataAsync(string path, byte[] data, int version = -1, CancellationToken cancellationToken = default);

    /// <param name="watcher">Called once, when the node is deleted or a child of it comes or goes.</param>
    Task<NodeChildren> GetChildrenAsync(string path, Action<WatchedEvent>? watcher = null, CancellationToken cancellationToken = default);

    Task<NodeAcl> GetAclAsync(string path, CancellationToken cancellationToken = default);

    /// <param name="version">The aversion that the node must have; -1 for any.</param>
    Task<Stat> SetAclAsync(string path, IReadOnlyList<Acl> acl, int version = -1, CancellationToken cancellationToken = default);

    /// <summary>Completes when the session's server has all that was committed before the call: a read behind it is linearizable.</summary>
    Task SyncAsync(string path = "/", CancellationToken cancellationToken = default);

    /// <summary>Executes all the operations, or none.</summary>
    /// <exception cref="MultiException">One of them was refused.</exception>
    Task<IReadOnlyList<MultiResult>> MultiAsync(IReadOnlyList<MultiOperation> operations, CancellationToken cancellationToken = default);

    /// <summary>Leaves a watch that stays after it was fired, on a node that need not exist.</summary>
    Task AddWatchAsync(string path, AddWatchMode mode, Action<WatchedEvent> watcher, CancellationToken cancellationToken = default);

    /// <summary>Ends all watches of a type on a path.</summary>
    Task RemoveWatchesAsync(string path, WatcherType type = WatcherType.Any, CancellationToken cancellationToken = default);

    /// <returns>The paths of the session's ephemeral nodes at and below <paramref name="prefix"/>.</returns>
    Task<IReadOnlyList<string>> GetEphemeralsAsync(string prefix = "/", CancellationToken cancellationToken = default);

    /// <summary>Adds an identity to those that ACLs are checked against.</summary>
    /// <param name="credentials">In the scheme's own form: <c>user:password</c> for <c>digest</c>.</param>
    Task AuthenticateAsync(string scheme, byte[] credentials, CancellationToken cancellationToken = default);
}

public readonly record struct CreatedNode(string Path, Stat Stat);

public readonly record struct NodeData(byte[] Data, Stat Stat);

/// <param name="Names">Without the path, in no order.</param>
public readonly record struct NodeChildren(IReadOnlyList<string> Names, Stat Stat);

public readonly record struct NodeAcl(IReadOnlyList<Acl> Acl, Stat Stat);
