namespace OrleansZk.Histories.Checking;

internal enum WatchKind
{
    Data,
    Child,
    PersistentData,
    PersistentChild,
    Recursive,
}

/// <summary>One connection's watches: says which events the committed changes must send it, in which order.</summary>
internal sealed class WatchModel(StateHistory states)
{
    private readonly Dictionary<(WatchKind Kind, string Path), int> _armed = [];
    private readonly PriorityQueue<(WatchKind Kind, string Path), int> _due = new();
    private readonly List<(WatchKind Kind, string Path)> _fired = [];

    /// <summary>Events that must come next.</summary>
    public Queue<WatchedEvent> Expected { get; } = new();

    public bool IsWatching => _armed.Count > 0;

    /// <summary>Sets a watch that sees what follows <paramref name="zxid"/>.</summary>
    public void Arm(WatchKind kind, string path, long zxid)
    {
        if (!_armed.ContainsKey((kind, path)))
        {
            Enqueue(kind, path, FirstAfter(zxid));
        }
    }

    public void Disarm(string path, WatcherType type)
    {
        bool all = type == WatcherType.Any;
        Remove(all || type == WatcherType.Data, WatchKind.Data, path);
        Remove(all || type == WatcherType.Children, WatchKind.Child, path);
        Remove(all || type == WatcherType.Persistent, WatchKind.PersistentData, path);
        Remove(all || type == WatcherType.Persistent, WatchKind.PersistentChild, path);
        Remove(all || type == WatcherType.PersistentRecursive, WatchKind.Recursive, path);
    }

    /// <summary>Fires what the changes up to <paramref name="zxid"/> fire.</summary>
    public void AdvanceTo(long zxid)
    {
        while (_due.TryPeek(out _, out int index) && states.Changes[index].Zxid <= zxid)
        {
            _fired.Clear();
            while (_due.TryPeek(out (WatchKind Kind, string Path) watch, out int same) && same == index)
            {
                _due.Dequeue();
                if (_armed.GetValueOrDefault(watch, -1) == index)
                {
                    _fired.Add(watch);
                }
            }

            Fire(states.Changes[index], index);
        }
    }

    private void Fire(in WatchedChange change, int index)
    {
        (bool data, bool self, bool parent) = (false, false, false);
        foreach ((WatchKind kind, string path) in _fired)
        {
            if (kind is WatchKind.Child or WatchKind.PersistentChild)
            {
                self |= path == change.Path;
                parent |= path == change.Parent;
            }
            else
            {
                data = true;
            }

            _armed.Remove((kind, path));
            if (kind is not (WatchKind.Data or WatchKind.Child))
            {
                Enqueue(kind, path, index + 1);
            }
        }

        if (data || self)
        {
            Expect(change.Kind, change.Path, change.Zxid);
        }

        if (parent)
        {
            Expect(EventType.NodeChildrenChanged, change.Parent!, change.Zxid);
        }
    }

    private void Expect(EventType type, string path, long zxid) =>
        Expected.Enqueue(new WatchedEvent(type, KeeperState.SyncConnected, path, zxid));

    private void Remove(bool wanted, WatchKind kind, string path)
    {
        if (wanted)
        {
            _armed.Remove((kind, path));
        }
    }

    private void Enqueue(WatchKind kind, string path, int from)
    {
        IReadOnlyList<int> changes = kind switch
        {
            WatchKind.Recursive => states.SubtreeChanges(path),
            WatchKind.Data or WatchKind.PersistentData => states.Find(path)?.Changes ?? (IReadOnlyList<int>)[],
            _ => states.Find(path)?.ChildChanges ?? (IReadOnlyList<int>)[],
        };
        int at = FirstFrom(changes.Count, i => changes[i] >= from);
        int next = at < changes.Count ? changes[at] : int.MaxValue;
        _armed[(kind, path)] = next;
        if (next != int.MaxValue)
        {
            _due.Enqueue((kind, path), next);
        }
    }

    private int FirstAfter(long zxid) => FirstFrom(states.Changes.Count, i => states.Changes[i].Zxid > zxid);

    private static int FirstFrom(int count, Func<int, bool> isThere)
    {
        (int low, int high) = (0, count);
        while (low < high)
        {
            int middle = (low + high) >>> 1;
            (low, high) = isThere(middle) ? (low, middle) : (middle + 1, high);
        }

        return low;
    }
}
