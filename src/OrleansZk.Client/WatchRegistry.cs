namespace OrleansZk.Client;

/// <summary>A kind of watch, as far as a client has to tell them apart.</summary>
public enum WatchKind
{
    /// <summary>On a node's data; fires once.</summary>
    Data,

    /// <summary>On a node that does not exist; fires once, when it does.</summary>
    Exist,

    /// <summary>On a node's list of children; fires once.</summary>
    Children,

    /// <summary>Stays; sees the node and its list of children.</summary>
    Persistent,

    /// <summary>Stays; sees the node and its descendants.</summary>
    PersistentRecursive,
}

/// <summary>Who is to be told of what: the client's side of its watches (ZooKeeper: <c>ZKWatchManager</c>). Thread-safe.</summary>
/// <remarks>To be told of answers and events in the order in which the server sent them.</remarks>
public sealed class WatchRegistry
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, List<Action<WatchedEvent>>>[] _watchers = [[], [], [], [], []];

    /// <summary>Notes a watch that the server has taken.</summary>
    public void Add(WatchKind kind, string path, Action<WatchedEvent> watcher)
    {
        lock (_gate)
        {
            Dictionary<string, List<Action<WatchedEvent>>> table = _watchers[(int)kind];
            if (!table.TryGetValue(path, out List<Action<WatchedEvent>>? watchers))
            {
                table.Add(path, watchers = []);
            }

            if (!watchers.Contains(watcher))
            {
                watchers.Add(watcher);
            }
        }
    }

    /// <summary>Who is to be told of an event, each once; those whose watches it has used up are forgotten.</summary>
    public IReadOnlyCollection<Action<WatchedEvent>> Take(EventType type, string path)
    {
        var found = new HashSet<Action<WatchedEvent>>();
        lock (_gate)
        {
            switch (type)
            {
                case EventType.NodeCreated or EventType.NodeDataChanged:
                    TakeOnce(WatchKind.Data, path, found);
                    TakeOnce(WatchKind.Exist, path, found);
                    FindLasting(path, isOfChildren: false, found);
                    break;
                case EventType.NodeChildrenChanged:
                    TakeOnce(WatchKind.Children, path, found);
                    FindLasting(path, isOfChildren: true, found);
                    break;
                case EventType.NodeDeleted:
                    TakeOnce(WatchKind.Data, path, found);
                    TakeOnce(WatchKind.Exist, path, found);
                    TakeOnce(WatchKind.Children, path, found);
                    FindLasting(path, isOfChildren: false, found);
                    break;
                default:
                    break;
            }
        }

        return found;
    }

    /// <summary>Forgets watches that the server has removed.</summary>
    public void Remove(string path, WatcherType type)
    {
        lock (_gate)
        {
            foreach (WatchKind kind in Enum.GetValues<WatchKind>().Where(kind => Means(type, kind)))
            {
                _watchers[(int)kind].Remove(path);
            }
        }
    }

    /// <summary>Everything that has to be armed again at a server that knows nothing of this client.</summary>
    public WatchList List(long lastZxid)
    {
        lock (_gate)
        {
            List<string> Of(WatchKind kind) => [.. _watchers[(int)kind].Keys];
            return new WatchList(
                lastZxid, Of(WatchKind.Data), Of(WatchKind.Exist), Of(WatchKind.Children), Of(WatchKind.Persistent), Of(WatchKind.PersistentRecursive));
        }
    }

    private static bool Means(WatcherType type, WatchKind kind) => type switch
    {
        WatcherType.Any => true,
        WatcherType.Data => kind is WatchKind.Data or WatchKind.Exist,
        WatcherType.Children => kind is WatchKind.Children,
        WatcherType.Persistent => kind is WatchKind.Persistent,
        WatcherType.PersistentRecursive => kind is WatchKind.PersistentRecursive,
        _ => false,
    };

    private void TakeOnce(WatchKind kind, string path, HashSet<Action<WatchedEvent>> found)
    {
        if (_watchers[(int)kind].Remove(path, out List<Action<WatchedEvent>>? watchers))
        {
            found.UnionWith(watchers);
        }
    }

    private void FindLasting(string path, bool isOfChildren, HashSet<Action<WatchedEvent>> found)
    {
        if (_watchers[(int)WatchKind.Persistent].TryGetValue(path, out List<Action<WatchedEvent>>? watchers))
        {
            found.UnionWith(watchers);
        }

        Dictionary<string, List<Action<WatchedEvent>>> recursive = _watchers[(int)WatchKind.PersistentRecursive];
        if (isOfChildren || recursive.Count == 0)
        {
            return;
        }

        for (string? at = path; at is not null; at = Parent(at))
        {
            if (recursive.TryGetValue(at, out watchers))
            {
                found.UnionWith(watchers);
            }
        }
    }

    private static string? Parent(string path)
    {
        int slash = path.LastIndexOf('/');
        return path.Length <= 1 || slash < 0 ? null : slash == 0 ? "/" : path[..slash];
    }
}
