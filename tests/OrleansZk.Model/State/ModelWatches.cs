using OrleansZk.Model.Histories;

namespace OrleansZk.Model.State;

internal enum WatchKind
{
    Standard,
    Persistent,
    Recursive,
}

/// <summary>One connection's watches, as the specification describes them (§8): two tables of paths with kinds.</summary>
internal sealed class ModelWatches
{
    private readonly HashSet<(string Path, WatchKind Kind)> _data = [];
    private readonly HashSet<(string Path, WatchKind Kind)> _child = [];

    public void AddData(string path) => _data.Add((path, WatchKind.Standard));

    public void AddChild(string path) => _child.Add((path, WatchKind.Standard));

    public void AddPersistent(string path)
    {
        _data.Add((path, WatchKind.Persistent));
        _child.Add((path, WatchKind.Persistent));
    }

    public void AddRecursive(string path) => _data.Add((path, WatchKind.Recursive));

    /// <summary>The events of one change, which the connection may still not be allowed to see.</summary>
    public IEnumerable<(EventType Type, string Path, IReadOnlyList<Acl> Acl)> Fire(Change change)
    {
        bool told = FiresIn(_data, change.Path);
        if (told)
        {
            yield return (change.Type, change.Path, change.Acl);
        }

        if (change.Type == EventType.NodeDeleted && FiresIn(_child, change.Path) && !told)
        {
            yield return (EventType.NodeDeleted, change.Path, change.Acl);
        }

        if (change.Parent is { } parent && FiresIn(_child, parent))
        {
            yield return (EventType.NodeChildrenChanged, parent, change.ParentAcl!);
        }
    }

    public bool Has(string path, int type) => Of(path, type).Any(watch => watch.Table.Contains(watch.Entry));

    public bool Remove(string path, int type)
    {
        bool removed = false;
        foreach ((HashSet<(string, WatchKind)> table, (string, WatchKind) entry) in Of(path, type).ToList())
        {
            removed |= table.Remove(entry);
        }

        return removed;
    }

    /// <summary>Sets watches again; gives the events that were missed, for nodes that the connection may read.</summary>
    public List<(EventType Type, string Path)> Reset(SetWatchesOp op, ModelTree tree, Func<string, bool> mayRead)
    {
        var missed = new List<(EventType, string)>();
        void Again(string path, bool changed, EventType change, Action<string> add)
        {
            if (!tree.Nodes.ContainsKey(path))
            {
                missed.Add((EventType.NodeDeleted, path));
            }
            else if (!changed)
            {
                add(path);
            }
            else if (mayRead(path))
            {
                missed.Add((change, path));
            }
        }

        foreach (string path in op.Data)
        {
            Again(path, tree.Nodes.TryGetValue(path, out ModelNode? node) && node.Mzxid > op.Relative, EventType.NodeDataChanged, AddData);
        }

        foreach (string path in op.Exist)
        {
            if (!tree.Nodes.ContainsKey(path))
            {
                AddData(path);
            }
            else if (mayRead(path))
            {
                missed.Add((EventType.NodeCreated, path));
            }
        }

        foreach (string path in op.Child)
        {
            Again(path, tree.Nodes.TryGetValue(path, out ModelNode? node) && node.Pzxid > op.Relative, EventType.NodeChildrenChanged, AddChild);
        }

        if (op.Type == OpCode.SetWatches2)
        {
            foreach (string path in op.Persistent)
            {
                AddPersistent(path);
            }

            foreach (string path in op.Recursive)
            {
                AddRecursive(path);
            }
        }

        return missed;
    }

    private static bool FiresIn(HashSet<(string Path, WatchKind Kind)> table, string path)
    {
        bool standard = table.Remove((path, WatchKind.Standard));
        return standard
            || table.Contains((path, WatchKind.Persistent))
            || ModelPaths.SelfAndAbove(path).Any(at => table.Contains((at, WatchKind.Recursive)));
    }

    private IEnumerable<(HashSet<(string, WatchKind)> Table, (string, WatchKind) Entry)> Of(string path, int type)
    {
        if (type is (int)WatcherType.Data or (int)WatcherType.Any)
        {
            yield return (_data, (path, WatchKind.Standard));
        }

        if (type is (int)WatcherType.Children or (int)WatcherType.Any)
        {
            yield return (_child, (path, WatchKind.Standard));
        }

        if (type is (int)WatcherType.Persistent or (int)WatcherType.Any)
        {
            yield return (_data, (path, WatchKind.Persistent));
            yield return (_child, (path, WatchKind.Persistent));
        }

        if (type is (int)WatcherType.PersistentRecursive or (int)WatcherType.Any)
        {
            yield return (_data, (path, WatchKind.Recursive));
        }
    }
}
