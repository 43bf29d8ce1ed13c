using OrleansZk.Core.Access;
using OrleansZk.Core.Paths;

namespace OrleansZk.Core.Tree;

/// <summary>The znodes, in memory (ZooKeeper: <c>DataTree</c>).</summary>
/// <remarks>
/// One writer, or any number of readers, at a time; the replica's lock sees to it. Changes here are decided facts that cannot fail: a change that
/// does not fit the tree means that log and tree have diverged, and throws <see cref="InvalidOperationException"/>.
/// </remarks>
public sealed class DataTree
{
    private readonly PathTable _paths = new();
    private readonly AclTable _acls = new();
    private readonly SubtreeCounters _counters = new();
    private readonly Dictionary<long, HashSet<ZNode>> _ephemerals = [];
    private readonly HashSet<ZNode> _containers = [];
    private readonly HashSet<ZNode> _ttls = [];

    public DataTree()
    {
        Quotas = new QuotaTable(this);
        Root = AddSystemNode(ZPath.Root, AclList.Open);
        AddSystemNode(SystemPaths.ZooKeeper, AclList.Open);
        AddSystemNode(SystemPaths.Quota, AclList.Open);

        // ZooKeeper gives this one its list by a setACL that counts from -1.
        AddSystemNode(SystemPaths.Config, AclList.WorldReadable, aversion: -1);
    }

    public ZNode Root { get; }

    /// <summary>Nodes, the root and the system nodes included.</summary>
    public int Count => _paths.Count;

    public int EphemeralCount { get; private set; }

    /// <summary>Different access control lists that nodes have (ZooKeeper: <c>aclCacheSize</c>).</summary>
    public int AclCount => _acls.Count;

    /// <summary>Bytes of all paths and data (ZooKeeper: <c>approximateDataSize</c>).</summary>
    public long DataSize { get; private set; }

    /// <summary>The running digest (see <see cref="TreeDigest"/>).</summary>
    public ulong Digest { get; private set; }

    public QuotaTable Quotas { get; }

    /// <summary>Sessions that own ephemeral nodes, with those.</summary>
    public IReadOnlyDictionary<long, HashSet<ZNode>> Ephemerals => _ephemerals;

    public IReadOnlyCollection<ZNode> Containers => _containers;

    public IReadOnlyCollection<ZNode> TtlNodes => _ttls;

    internal ChangeTracker Changes { get; } = new();

    public ZNode? Find(string path) => _paths.Find(path);

    /// <summary>Compares some nodes with the digests that they had when they last changed: memory can fail, and a replica must not serve what it made up.</summary>
    /// <param name="position">Where to go on; 0 at first, and again after the last.</param>
    /// <param name="most">How many to look at, about.</param>
    /// <returns>A node that is not what was written; null when all are.</returns>
    public ZNode? FindDamaged(ref int position, int most) => _paths.FindFirst(ref position, most, static node => node.Digest != TreeDigest.Of(node));

    public ZNode? Find(ReadOnlySpan<byte> utf8Path) => _paths.Find(utf8Path);

    public IReadOnlyCollection<ZNode> EphemeralsOf(long sessionId) =>
        _ephemerals.TryGetValue(sessionId, out HashSet<ZNode>? nodes) ? nodes : [];

    /// <param name="parentCversion">The parent's stored cversion from now on.</param>
    public ZNode Create(
        string path, byte[]? data, AclList acl, long owner, int parentCversion, long zxid, long time, List<TreeChange> changes)
    {
        if (_paths.Find(path) is not null)
        {
            throw new InvalidOperationException($"the tree already has {path}");
        }

        ZNode parent = Require(ZPath.Parent(path));
        BeforeChange(parent);
        parent.Cversion = parentCversion;
        parent.Pzxid = zxid;

        var node = new ZNode(path, PathTable.HashOf(path))
        {
            Data = data,
            Acl = _acls.Share(acl),
            Owner = owner,
            Czxid = zxid,
            Mzxid = zxid,
            Pzxid = zxid,
            Ctime = time,
            Mtime = time,
            Parent = parent,
        };
        Link(node);
        AfterChange(parent);
        Changes.Created(node);
        changes.Add(new TreeChange(EventType.NodeCreated, path, node.Acl, parent));
        Quotas.OnCreated(node);
        return node;
    }

    public void Delete(string path, long zxid, List<TreeChange> changes)
    {
        ZNode node = Require(path);
        ZNode parent = node.Parent ?? throw new InvalidOperationException("the root cannot be deleted");
        if (node.ChildCount > 0)
        {
            throw new InvalidOperationException($"{path} still has children");
        }

        Changes.BeforeChange(node);
        BeforeChange(parent);
        parent.Pzxid = zxid;
        Unlink(node);
        AfterChange(parent);
        node.IsDeleted = true;
        _acls.Release(node.Acl);
        changes.Add(new TreeChange(EventType.NodeDeleted, path, node.Acl, parent));
        Quotas.OnDeleted(node);
    }

    public ZNode SetData(string path, byte[]? data, int version, long zxid, long time, List<TreeChange> changes)
    {
        ZNode node = Require(path);
        int before = node.DataLength;
        ReplaceData(node, data, version, zxid, time);
        changes.Add(new TreeChange(EventType.NodeDataChanged, path, node.Acl, null));
        Quotas.OnDataChanged(node, before);
        return node;
    }

    public ZNode SetAcl(string path, AclList acl, int aversion)
    {
        ZNode node = Require(path);
        BeforeChange(node);
        AclList before = node.Acl;
        node.Acl = _acls.Share(acl);
        _acls.Release(before);
        node.Aversion = aversion;
        AfterChange(node);
        return node;
    }

    /// <summary>Takes a node from a checkpoint; parents must come before their children.</summary>
    public void Load(in NodeImage image)
    {
        ZNode? node = _paths.Find(image.Path);
        bool isNew = node is null;
        if (node is null)
        {
            node = new ZNode(image.Path, PathTable.HashOf(image.Path)) { Parent = Require(ZPath.Parent(image.Path)) };
        }
        else
        {
            // One of the system nodes, which are there from the start.
            Digest -= node.Digest;
            DataSize -= SizeOf(node);
            _acls.Release(node.Acl);
            node.CountGrowth((image.Data?.Length ?? 0) - node.DataLength);
        }

        node.Data = image.Data;
        node.Acl = _acls.Share(image.Acl);
        node.Czxid = image.Czxid;
        node.Mzxid = image.Mzxid;
        node.Pzxid = image.Pzxid;
        node.Ctime = image.Ctime;
        node.Mtime = image.Mtime;
        node.Version = image.Version;
        node.Cversion = image.Cversion;
        node.Aversion = image.Aversion;
        node.Owner = image.EphemeralOwner;
        ChangeTracker.Loaded(node);
        if (isNew)
        {
            Link(node);
            Quotas.OnLoaded(node);
        }
        else
        {
            AfterChange(node);
            DataSize += SizeOf(node);
        }
    }

    /// <summary>Counts a path as changed since the last checkpoint.</summary>
    internal void Mark(string path)
    {
        Changes.Mark(path, Find(path));
        if (QuotaTable.IsLimits(path, out string quota))
        {
            // While the quota stood, its usage was kept up without a change of its own.
            string stats = QuotaTable.StatsPath(quota);
            Changes.Mark(stats, Find(stats));
        }
    }

    /// <summary>Counts every node as changed since the last checkpoint.</summary>
    internal void MarkAll()
    {
        int position = 0;
        _paths.FindFirst(ref position, int.MaxValue, node =>
        {
            Changes.Mark(node.Path, node);
            return false;
        });
    }

    /// <summary>Edits a quota's usage in place: no transaction, no version, no watch, as in ZooKeeper.</summary>
    internal void ReplaceUsage(ZNode node, byte[] usage) => ReplaceData(node, usage, node.Version, node.Mzxid, node.Mtime);

    private static long SizeOf(ZNode node) => node.Path.Length + node.DataLength;

    private ZNode AddSystemNode(string path, AclList acl, int aversion = 0)
    {
        // As in ZooKeeper, these do not count as created: the root's cversion is -1 from the start.
        var node = new ZNode(path, PathTable.HashOf(path))
        {
            Acl = _acls.Share(acl),
            Data = [],
            Aversion = aversion,
            Parent = path == ZPath.Root ? null : Require(ZPath.Parent(path)),
        };
        Link(node);
        Changes.Created(node);
        return node;
    }

    private ZNode Require(string path) =>
        _paths.Find(path) ?? throw new InvalidOperationException($"the tree has no {path}: it does not fit the log");

    private void BeforeChange(ZNode node)
    {
        Changes.BeforeChange(node);
        Digest -= node.Digest;
    }

    private void AfterChange(ZNode node)
    {
        node.Digest = TreeDigest.Of(node);
        Digest += node.Digest;
    }

    private void ReplaceData(ZNode node, byte[]? data, int version, long mzxid, long mtime)
    {
        BeforeChange(node);
        int growth = (data?.Length ?? 0) - node.DataLength;
        node.Data = data;
        node.Version = version;
        node.Mzxid = mzxid;
        node.Mtime = mtime;
        AfterChange(node);
        if (growth != 0)
        {
            DataSize += growth;
            node.CountGrowth(growth);
        }
    }

    private void Link(ZNode node)
    {
        _paths.Add(node);
        node.Parent?.AddChild(node, _counters);
        DataSize += SizeOf(node);
        AfterChange(node);
        if (node.Owner == NodeOwner.Container)
        {
            _containers.Add(node);
        }
        else if (NodeOwner.IsTtl(node.Owner))
        {
            _ttls.Add(node);
        }
        else if (node.Owner != NodeOwner.None)
        {
            if (!_ephemerals.TryGetValue(node.Owner, out HashSet<ZNode>? owned))
            {
                _ephemerals.Add(node.Owner, owned = []);
            }

            owned.Add(node);
            EphemeralCount++;
        }
    }

    private void Unlink(ZNode node)
    {
        _paths.Remove(node);
        node.Parent?.RemoveChild(node);
        DataSize -= SizeOf(node);
        Digest -= node.Digest;
        if (node.Owner == NodeOwner.Container)
        {
            _containers.Remove(node);
        }
        else if (NodeOwner.IsTtl(node.Owner))
        {
            _ttls.Remove(node);
        }
        else if (node.Owner != NodeOwner.None)
        {
            HashSet<ZNode> owned = _ephemerals[node.Owner];
            owned.Remove(node);
            EphemeralCount--;
            if (owned.Count == 0)
            {
                _ephemerals.Remove(node.Owner);
            }
        }
    }
}
