namespace OrleansZk;

/// <summary>What happened to a watched node (ZooKeeper: <c>Watcher.Event.EventType</c>).</summary>
public enum EventType
{
    None = -1,
    NodeCreated = 1,
    NodeDeleted = 2,
    NodeDataChanged = 3,
    NodeChildrenChanged = 4,
    DataWatchRemoved = 5,
    ChildWatchRemoved = 6,
    PersistentWatchRemoved = 7,
}

/// <summary>State of a client's connection (ZooKeeper: <c>Watcher.Event.KeeperState</c>); only SyncConnected is ever sent by a server.</summary>
public enum KeeperState
{
    Disconnected = 0,
    SyncConnected = 3,
    AuthFailed = 4,
    ConnectedReadOnly = 5,
    SaslAuthenticated = 6,
    Closed = 7,
    Expired = -112,
}

/// <summary>Which watches checkWatches and removeWatches mean (ZooKeeper: <c>Watcher.WatcherType</c>).</summary>
public enum WatcherType
{
    Children = 1,
    Data = 2,
    Any = 3,
    Persistent = 4,
    PersistentRecursive = 5,
}

/// <summary>Kinds of lasting watches (ZooKeeper: <c>AddWatchMode</c>).</summary>
public enum AddWatchMode
{
    /// <summary>Stays after it fired; sees the node and its list of children.</summary>
    Persistent = 0,

    /// <summary>Stays after it fired; sees the node and every descendant, but no NodeChildrenChanged.</summary>
    PersistentRecursive = 1,
}

/// <summary>A watch event as it reaches a client.</summary>
/// <param name="Zxid">The transaction that caused it, or -1 when it was made up for a reconnecting client.</param>
public readonly record struct WatchedEvent(EventType Type, KeeperState State, string Path, long Zxid);
