using OrleansZk.Core.Access;
using OrleansZk.Core.Sessions;
using OrleansZk.Core.Tree;

namespace OrleansZk.Core.Watches;

/// <summary>All watches of a replica's connections: what leaves them, what fires them.</summary>
public sealed class WatchSet
{
    private readonly HashSet<ClientConnection> _fired = [];
    private readonly HashSet<ClientConnection> _alsoFired = [];

    /// <summary>Watches on a node and its data: those of exists and getData, the persistent and the recursive.</summary>
    public WatchTable<ClientConnection> Data { get; } = new();

    /// <summary>Watches on a node's list of children: those of getChildren, and the persistent.</summary>
    public WatchTable<ClientConnection> Children { get; } = new();

    /// <summary>Tells everybody who watches what a transaction changed. Called with the replica's write lock, before any read can see the change.</summary>
    /// <param name="deliver">Sends one event to one connection, which may still lack the right to see it.</param>
    internal void Fire(IReadOnlyList<TreeChange> changes, IWatchDelivery deliver)
    {
        foreach (TreeChange change in changes)
        {
            Collect(Data, change.Path, _fired);
            deliver.Deliver(_fired, change.Kind, change.Path, change.Acl);
            if (change.Kind == EventType.NodeDeleted)
            {
                // A connection that heard of the deletion as a data watcher does not hear of it again.
                Collect(Children, change.Path, _alsoFired);
                _alsoFired.ExceptWith(_fired);
                deliver.Deliver(_alsoFired, EventType.NodeDeleted, change.Path, change.Acl);
            }

            if (change.Parent is { } parent)
            {
                Collect(Children, parent.Path, _fired);
                deliver.Deliver(_fired, EventType.NodeChildrenChanged, parent.Path, parent.Acl);
            }
        }
    }

    internal void RemoveAll(ClientConnection connection)
    {
        Data.RemoveAll(connection);
        Children.RemoveAll(connection);
    }

    private static void Collect(WatchTable<ClientConnection> table, string path, HashSet<ClientConnection> fired)
    {
        fired.Clear();
        table.Fire(path, fired);
    }
}

/// <summary>Takes the events of one transaction to the connections.</summary>
internal interface IWatchDelivery
{
    void Deliver(HashSet<ClientConnection> watchers, EventType type, string path, AclList acl);
}
