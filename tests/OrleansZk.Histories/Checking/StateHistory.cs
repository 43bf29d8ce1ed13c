namespace OrleansZk.Histories.Checking;

/// <summary>A change as watches see it.</summary>
/// <param name="Parent">The parent whose children changed; null when they did not.</param>
internal readonly record struct WatchedChange(long Zxid, EventType Kind, string Path, string? Parent);

/// <summary>The tree at every zxid, rebuilt from the committed transactions.</summary>
internal sealed class StateHistory
{
    private readonly Dictionary<string, NodeTimeline> _nodes = new(StringComparer.Ordinal);
    private readonly Dictionary<string, List<int>> _subtrees = new(StringComparer.Ordinal);
    private readonly Dictionary<long, HashSet<string>> _ephemerals = [];
    private readonly Dictionary<long, HashSet<NodeTimeline>> _everOwned = [];
    private readonly List<WatchedChange> _changes = [];
    private readonly HashSet<long> _zxids = [];
    private readonly int _maxNodesPerEnding;
    private readonly Action<string, string> _report;

    /// <param name="recursive">The paths whose descendants somebody watches.</param>
    /// <param name="maxNodesPerEnding">Nodes that one transaction deletes when a session ends.</param>
    /// <param name="report">Takes a rule and what broke it.</param>
    public StateHistory(StartState start, IEnumerable<string> recursive, int maxNodesPerEnding, Action<string, string> report)
    {
        _maxNodesPerEnding = maxNodesPerEnding;
        _report = report;
        LastZxid = start.Zxid;
        _zxids.Add(start.Zxid);
        foreach (string path in recursive)
        {
            _subtrees.TryAdd(path, []);
        }

        foreach ((string path, FinalNode node) in start.Nodes)
        {
            Load(path, node);
        }

        foreach ((long id, TimeSpan timeout) in start.Sessions)
        {
            Sessions[id] = new SessionLife(id, start.Zxid, timeout);
        }
    }

    public long LastZxid { get; private set; }

    public IReadOnlyList<WatchedChange> Changes => _changes;

    public Dictionary<long, SessionLife> Sessions { get; } = [];

    public IEnumerable<NodeTimeline> Nodes => _nodes.Values;

    public NodeTimeline? Find(string path) => _nodes.GetValueOrDefault(path);

    /// <summary>The nodes that a session has created as its ephemerals, be they there or not.</summary>
    public IReadOnlyCollection<NodeTimeline> EverOwnedBy(long session) => _everOwned.TryGetValue(session, out HashSet<NodeTimeline>? nodes) ? nodes : [];

    /// <summary>True for what servers write by themselves, without a transaction: the usage of a quota.</summary>
    public static bool IsUsage(string path) =>
        path.StartsWith("/zookeeper/quota/", StringComparison.Ordinal) && path.EndsWith("/zookeeper_stats", StringComparison.Ordinal);

    public bool IsCommitted(long zxid) => _zxids.Contains(zxid);

    /// <summary>Indexes of the changes of a path and all beneath it, for paths that somebody watches so.</summary>
    public IReadOnlyList<int> SubtreeChanges(string path) => _subtrees.GetValueOrDefault(path, []);

    public void Apply(CommittedTransaction transaction, Operation? operation)
    {
        if (transaction.Zxid <= LastZxid)
        {
            _report("log-order", $"{transaction} follows zxid 0x{LastZxid:x} in the log");
        }

        LastZxid = Math.Max(LastZxid, transaction.Zxid);
        _zxids.Add(transaction.Zxid);
        if (transaction.SessionId != 0 && transaction.Changes is not [Change.OpenSession or Change.MoveSession]
            && Sessions.GetValueOrDefault(transaction.SessionId) is not { ClosedAt: null })
        {
            _report("session-alive", $"{transaction} was committed for a session that is not open");
        }

        IReadOnlyList<Request> parts = operation?.Request is { Type: OpCode.Multi } multi ? multi.Parts : operation is null ? [] : [operation.Request];
        for (int i = 0; i < transaction.Changes.Count; i++)
        {
            Apply(transaction, transaction.Changes[i], i < parts.Count ? parts[i] : null);
        }
    }

    public static string ParentOf(string path)
    {
        int slash = path.LastIndexOf('/');
        return slash <= 0 ? "/" : path[..slash];
    }

    private void Apply(CommittedTransaction transaction, Change change, Request? request)
    {
        switch (change)
        {
            case Change.Create create:
                Create(transaction, create, request);
                break;
            case Change.Delete delete:
                OwnState deleted = Of(delete.Path).Now;
                CheckVersion(transaction, request, deleted, delete.Path);
                if (transaction.SessionId == 0 && deleted is { Exists: true, IsReapable: false }
                    && Sessions.GetValueOrDefault(deleted.Owner) is not { ClosedAt: not null })
                {
                    _report("unasked", $"{transaction} deletes a node that nobody asked to delete");
                }

                Delete(transaction, delete.Path);
                break;
            case Change.Set set:
                Set(transaction, set, request);
                break;
            case Change.SetAcl setAcl:
                NodeTimeline node = Of(setAcl.Path);
                node.Set(node.Now with { Zxid = transaction.Zxid, Aversion = setAcl.Aversion });
                break;
            case Change.Check when request is not null:
                CheckVersion(transaction, request, Of(request.Path).Now, request.Path);
                break;
            case Change.OpenSession open:
                if (!Sessions.TryAdd(open.Id, new SessionLife(open.Id, transaction.Zxid, open.Timeout)))
                {
                    _report("session-alive", $"{transaction} opens a session that was opened before");
                }

                break;
            case Change.MoveSession move:
                Move(transaction, move);
                break;
            case Change.CloseSession close:
                Close(transaction, close);
                break;
        }
    }

    private void Create(CommittedTransaction transaction, Change.Create create, Request? request)
    {
        NodeTimeline node = Of(create.Path);
        NodeTimeline parent = Of(ParentOf(create.Path));
        if (node.Now.Exists)
        {
            _report("create", $"{transaction} creates {create.Path}, which was there since 0x{node.Now.Czxid:x}");
            return;
        }

        if (!parent.Now.Exists || parent.Now.Owner != 0)
        {
            _report("create", $"{transaction} creates {create.Path}, whose parent {(parent.Now.Exists ? "is ephemeral" : "was not there")}");
        }

        if (request is { IsCreate: true } && request.Mode.IsSequential())
        {
            int count = (parent.ChildrenNow.Cversion + parent.ChildrenNow.Count) / 2;
            string expected = request.Path + count.ToString("D10", System.Globalization.CultureInfo.InvariantCulture);
            if (create.Path != expected)
            {
                _report("sequence", $"{transaction} creates {create.Path}, where {expected} was due");
            }
        }

        if (create.Owner != 0)
        {
            if (create.Owner != transaction.SessionId)
            {
                _report("ephemeral", $"{transaction} creates {create.Path} for session 0x{create.Owner:x}");
            }

            EphemeralsOf(create.Owner).Add(create.Path);
            if (!_everOwned.TryGetValue(create.Owner, out HashSet<NodeTimeline>? owned))
            {
                _everOwned.Add(create.Owner, owned = []);
            }

            owned.Add(node);
        }

        node.Set(new OwnState(
            transaction.Zxid, true, create.Data, transaction.Zxid, transaction.Zxid, transaction.Time, transaction.Time, 0, 0, create.Owner,
            create.IsReapable));
        node.Set(new ChildrenState(transaction.Zxid, 0, transaction.Zxid, 0, 0));
        ChangeChildren(parent, transaction.Zxid, create.Path, 1);
        Note(transaction.Zxid, EventType.NodeCreated, node, parent);
    }

    private void Set(CommittedTransaction transaction, Change.Set set, Request? request)
    {
        NodeTimeline node = Of(set.Path);
        OwnState before = node.Now;
        if (!before.Exists)
        {
            _report("set", $"{transaction} sets {set.Path}, which was not there");
            return;
        }

        CheckVersion(transaction, request, before, set.Path);
        int expected = before.Version == -2 ? 0 : before.Version + 1;
        if (set.Version != expected)
        {
            _report("set", $"{transaction} gives {set.Path} version {set.Version}, where {expected} was due");
        }

        node.Set(before with
        {
            Zxid = transaction.Zxid, Data = set.Data, Mzxid = transaction.Zxid, Mtime = transaction.Time, Version = set.Version,
        });
        Note(transaction.Zxid, EventType.NodeDataChanged, node, null);
    }

    private void Delete(CommittedTransaction transaction, string path)
    {
        NodeTimeline node = Of(path);
        OwnState before = node.Now;
        if (!before.Exists)
        {
            _report("delete", $"{transaction} deletes {path}, which was not there");
            return;
        }

        if (node.ChildrenNow.Count > 0)
        {
            _report("delete", $"{transaction} deletes {path}, which had {node.ChildrenNow.Count} children");
        }

        if (before.Owner != 0)
        {
            HashSet<string> owned = EphemeralsOf(before.Owner);
            owned.Remove(path);
            if (owned.Count == 0 && Sessions.GetValueOrDefault(before.Owner) is { ClosedAt: not null } closed)
            {
                closed.EndedAt = transaction.Zxid;
            }
        }

        NodeTimeline parent = Of(ParentOf(path));
        node.Set(new OwnState { Zxid = transaction.Zxid });
        node.Set(new ChildrenState { Zxid = transaction.Zxid });
        ChangeChildren(parent, transaction.Zxid, path, -1);
        Note(transaction.Zxid, EventType.NodeDeleted, node, parent);
    }

    private void Move(CommittedTransaction transaction, Change.MoveSession move)
    {
        if (Sessions.GetValueOrDefault(move.Id) is not { ClosedAt: null } session)
        {
            _report("session-alive", $"{transaction} moves a session that is not open");
            return;
        }

        session.Timeout = move.Timeout;
    }

    private void Close(CommittedTransaction transaction, Change.CloseSession close)
    {
        if (Sessions.GetValueOrDefault(close.Id) is not { ClosedAt: null } session)
        {
            _report("session-alive", $"{transaction} closes a session that is not open");
            return;
        }

        // What one transaction takes goes with the session, and nothing less; the rest follows.
        HashSet<string> owned = EphemeralsOf(close.Id);
        bool isPart = close.Ephemerals.Count == _maxNodesPerEnding && owned.IsProperSupersetOf(close.Ephemerals);
        if (!isPart && !owned.SetEquals(close.Ephemerals))
        {
            _report(
                "ephemeral",
                $"{transaction} deletes [{string.Join(' ', close.Ephemerals)}], but the session owned [{string.Join(' ', owned.Order(StringComparer.Ordinal))}]");
        }

        foreach (string path in close.Ephemerals)
        {
            Delete(transaction, path);
        }

        session.ClosedAt = transaction.Zxid;
        session.EndedAt = owned.Count == 0 ? transaction.Zxid : null;
        session.Close = transaction;
    }

    private void CheckVersion(CommittedTransaction transaction, Request? request, in OwnState before, string path)
    {
        if (request is { Type: OpCode.SetData or OpCode.Delete or OpCode.Check } && (!before.Exists || request.Version is not -1 && request.Version != before.Version))
        {
            _report(
                "condition",
                $"{transaction} was to happen only at version {request.Version} of {path}, which {(before.Exists ? $"had version {before.Version}" : "was not there")}");
        }
    }

    private void Note(long zxid, EventType kind, NodeTimeline node, NodeTimeline? parent)
    {
        int index = _changes.Count;
        _changes.Add(new WatchedChange(zxid, kind, node.Path, parent?.Path));
        node.Changes.Add(index);
        parent?.ChildChanges.Add(index);
        if (kind == EventType.NodeDeleted)
        {
            node.ChildChanges.Add(index);
        }

        if (_subtrees.Count == 0)
        {
            return;
        }

        for (string at = node.Path; ; at = ParentOf(at))
        {
            if (_subtrees.TryGetValue(at, out List<int>? changes))
            {
                changes.Add(index);
            }

            if (at.Length <= 1)
            {
                break;
            }
        }
    }

    private static void ChangeChildren(NodeTimeline parent, long zxid, string child, int difference)
    {
        ChildrenState before = parent.ChildrenNow;
        ulong name = NodeTimeline.HashOf(child.AsSpan(child.LastIndexOf('/') + 1));
        parent.Set(new ChildrenState(
            zxid, before.Cversion + 1, zxid, before.Count + difference, difference > 0 ? before.Names + name : before.Names - name));
    }

    private void Load(string path, FinalNode node)
    {
        Stat stat = node.Stat;
        NodeTimeline timeline = Of(path);
        timeline.Set(new OwnState(
            long.MinValue, true, node.Data, stat.Czxid, stat.Mzxid, stat.Ctime, stat.Mtime, stat.Version, stat.Aversion, stat.EphemeralOwner, true));
        timeline.Set(new ChildrenState(long.MinValue, stat.Cversion, stat.Pzxid, stat.NumChildren, timeline.ChildrenNow.Names));
        if (stat.EphemeralOwner != 0)
        {
            EphemeralsOf(stat.EphemeralOwner).Add(path);
        }

        if (path != "/")
        {
            NodeTimeline parent = Of(ParentOf(path));
            parent.Set(parent.ChildrenNow with
            {
                Zxid = long.MinValue, Names = parent.ChildrenNow.Names + NodeTimeline.HashOf(path.AsSpan(path.LastIndexOf('/') + 1)),
            });
        }
    }

    private NodeTimeline Of(string path)
    {
        if (!_nodes.TryGetValue(path, out NodeTimeline? node))
        {
            _nodes.Add(path, node = new NodeTimeline(path));
        }

        return node;
    }

    private HashSet<string> EphemeralsOf(long session)
    {
        if (!_ephemerals.TryGetValue(session, out HashSet<string>? paths))
        {
            _ephemerals.Add(session, paths = new HashSet<string>(StringComparer.Ordinal));
        }

        return paths;
    }
}

/// <summary>A session from its opening to its end, by zxid.</summary>
internal sealed class SessionLife(long id, long openedAt, TimeSpan timeout)
{
    public long Id => id;

    public long OpenedAt => openedAt;

    public TimeSpan Timeout { get; set; } = timeout;

    public long? ClosedAt { get; set; }

    /// <summary>The transaction with which the last of its ephemerals went, once it is closed.</summary>
    public long? EndedAt { get; set; }

    public CommittedTransaction? Close { get; set; }
}
