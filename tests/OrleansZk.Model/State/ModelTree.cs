using System.Globalization;
using OrleansZk.Model.Histories;

namespace OrleansZk.Model.State;

/// <summary>The tree and what writes do to it, straight from the specification (§3 to §6, §10). Slow and plain on purpose.</summary>
internal sealed class ModelTree
{
    private static readonly string[] System = ["/", "/zookeeper", "/zookeeper/quota", "/zookeeper/config"];

    private List<Change> _changes = [];

    public ModelTree()
    {
        foreach (string path in System)
        {
            // ZooKeeper sets the config node's list after making it, which leaves an aversion of -1.
            bool isConfig = path == "/zookeeper/config";
            Nodes[path] = new ModelNode { Data = [], Acl = isConfig ? Acl.ReadUnsafe : Acl.OpenUnsafe, Aversion = isConfig ? -1 : 0 };
        }
    }

    public SortedDictionary<string, ModelNode> Nodes { get; private set; } = new(StringComparer.Ordinal);

    public ModelTree Copy() => new() { Nodes = new SortedDictionary<string, ModelNode>(Nodes, StringComparer.Ordinal) };

    public List<string> Children(string path) =>
        [.. Nodes.Keys.Where(other => other != "/" && ModelPaths.Parent(other) == path).Select(ModelPaths.Name)];

    public Stat StatOf(string path)
    {
        ModelNode node = Nodes[path];
        int children = Children(path).Count;
        return new Stat(
            node.Czxid, node.Mzxid, node.Ctime, node.Mtime, node.Version, (2 * node.Creations) - children, node.Aversion,
            node.Owner, node.Data?.Length ?? 0, children, node.Pzxid);
    }

    /// <summary>Does a write, all of it or nothing.</summary>
    public Outcome Execute(WriteOp op, Asker asker)
    {
        _changes = [];
        SortedDictionary<string, ModelNode> before = new(Nodes, StringComparer.Ordinal);
        Outcome outcome = op switch
        {
            MultiOp multi => Multi(multi, asker),
            SyncOp when asker.SessionError != ErrorCode.Ok => Outcome.Refused(asker.SessionError),
            SyncOp sync => new Outcome(new WireResult { Path = sync.Path }, false, []),
            ReconfigOp => Outcome.Refused(ErrorCode.ReconfigDisabled),
            _ => One(op, asker),
        };
        if (!outcome.IsLogged)
        {
            Nodes = before;
        }

        return outcome;
    }

    public List<string> EphemeralsOf(long sessionId) =>
        [.. Nodes.Where(pair => pair.Value.Kind == NodeKind.Ephemeral && pair.Value.Owner == sessionId).Select(pair => pair.Key)];

    /// <summary>Deletes what a session leaves behind.</summary>
    public IReadOnlyList<Change> Close(long sessionId, long zxid)
    {
        _changes = [];
        foreach (string path in EphemeralsOf(sessionId))
        {
            Remove(path, zxid);
        }

        return _changes;
    }

    /// <summary>The reaper's deletion.</summary>
    public Outcome Reap(string path, long zxid)
    {
        _changes = [];
        if (!Nodes.TryGetValue(path, out ModelNode? node) || node.Kind is not (NodeKind.Container or NodeKind.Ttl) || Children(path).Count > 0)
        {
            return Outcome.Refused(ErrorCode.NoNode);
        }

        Remove(path, zxid);
        return new Outcome(new WireResult(), true, _changes);
    }

    /// <summary>What the reaper finds to delete.</summary>
    public List<string> Outlived(long now) => [.. Nodes.Keys.Where(path => Children(path).Count == 0 && Nodes[path] switch
    {
        { Kind: NodeKind.Container } node => node.Creations > 0,
        { Kind: NodeKind.Ttl } node => now - node.Mtime > node.Ttl,
        _ => false,
    })];

    private Outcome One(WriteOp op, Asker asker)
    {
        WireResult result = Result(op, asker);
        return new Outcome(result, result.Error == ErrorCode.Ok, _changes);
    }

    private Outcome Multi(MultiOp multi, Asker asker)
    {
        if (asker.SessionError != ErrorCode.Ok)
        {
            return Outcome.Refused(asker.SessionError);
        }

        var results = new List<(OpCode, WireResult)>();
        foreach (WriteOp part in multi.Parts.Select(AsMeant))
        {
            WireResult result = Result(part, asker);
            if (result.Error != ErrorCode.Ok)
            {
                int failed = results.Count;
                WireResult Part(int i) => WireResult.Failed(i < failed ? ErrorCode.Ok : i == failed ? result.Error : ErrorCode.RuntimeInconsistency);
                return new Outcome(new WireResult { Parts = [.. multi.Parts.Select((_, i) => (OpCode.Error, Part(i)))] }, false, []);
            }

            results.Add((part switch
            {
                CreateOp { Type: OpCode.Create } => OpCode.Create,
                CreateOp => OpCode.Create2,
                DeleteOp => OpCode.Delete,
                SetDataOp => OpCode.SetData,
                _ => OpCode.Check,
            }, result));
        }

        return new Outcome(new WireResult { Parts = results }, multi.Parts.Count > 0, _changes);
    }

    // Inside a multi, and only there, a create with the container's flag makes a container.
    private static WriteOp AsMeant(WriteOp part) =>
        part is CreateOp { Type: OpCode.Create, Flags: 4 } create ? create with { Type = OpCode.CreateContainer } : part;

    private WireResult Result(WriteOp op, Asker asker) => op switch
    {
        CreateOp create => Create(create, asker),
        DeleteOp delete => Delete(delete, asker),
        SetDataOp setData => SetData(setData, asker),
        SetAclOp setAcl => SetAcl(setAcl, asker),
        CheckOp check => Check(check, asker),
        _ => throw new ArgumentOutOfRangeException(nameof(op), op, "no write of one node"),
    };

    private WireResult Create(CreateOp op, Asker asker)
    {
        bool ttlFlag = op.Flags is 5 or 6;
        if (op.Flags is < 0 or > 6
            || (ttlFlag && op.Type != OpCode.CreateTtl)
            || (op.Type == OpCode.CreateTtl && ttlFlag && op.Ttl is null or < 1 or >= 1L << 40)
            || (op.Type == OpCode.CreateTtl && !ttlFlag && op.Ttl >= 0))
        {
            return WireResult.Failed(ErrorCode.BadArguments);
        }

        if (asker.SessionError != ErrorCode.Ok)
        {
            return WireResult.Failed(asker.SessionError);
        }

        if (!op.Path.Contains('/', StringComparison.Ordinal) || op.Path.Contains('\0', StringComparison.Ordinal))
        {
            return WireResult.Failed(ErrorCode.BadArguments);
        }

        if (ModelAccess.Resolve(op.Acl, asker.Identities) is not { } acl)
        {
            return WireResult.Failed(ErrorCode.InvalidAcl);
        }

        string parentPath = ModelPaths.Parent(op.Path);
        if (!Nodes.TryGetValue(parentPath, out ModelNode? parent))
        {
            return WireResult.Failed(ErrorCode.NoNode);
        }

        if (!ModelAccess.Allows(parent.Acl, Permissions.Create, asker.Identities))
        {
            return WireResult.Failed(ErrorCode.NoAuth);
        }

        string path = op.Flags is 2 or 3 or 6 ? op.Path + parent.Creations.ToString("D10", CultureInfo.InvariantCulture) : op.Path;
        ErrorCode error = !ModelPaths.IsValid(path) ? ErrorCode.BadArguments
            : !ModelQuota.MayChange(this, path, asker.Identities) ? ErrorCode.NoAuth
            : Nodes.ContainsKey(path) ? ErrorCode.NodeExists
            : parent.Kind == NodeKind.Ephemeral ? ErrorCode.NoChildrenForEphemerals
            : ModelQuota.Forbids(this, path, 1, op.Payload?.Length ?? 0) ? ErrorCode.QuotaExceeded
            : ErrorCode.Ok;
        if (error != ErrorCode.Ok)
        {
            return WireResult.Failed(error);
        }

        NodeKind kind = op.Type == OpCode.CreateContainer ? NodeKind.Container
            : op.Flags is 1 or 3 ? NodeKind.Ephemeral
            : ttlFlag ? NodeKind.Ttl
            : NodeKind.Plain;
        Nodes[parentPath] = parent with { Creations = parent.Creations + 1, Pzxid = asker.Zxid };
        Nodes[path] = new ModelNode
        {
            Data = op.Payload,
            Acl = acl,
            Kind = kind,
            Owner = kind == NodeKind.Ephemeral ? asker.SessionId : 0,
            Ttl = op.Ttl ?? 0,
            Czxid = asker.Zxid,
            Mzxid = asker.Zxid,
            Pzxid = asker.Zxid,
            Ctime = asker.Time,
            Mtime = asker.Time,
        };
        _changes.Add(new Change(EventType.NodeCreated, path, acl, parentPath, parent.Acl));
        ModelQuota.Created(this, path);
        ModelQuota.Changed(this, path, 1, op.Payload?.Length ?? 0);
        return new WireResult { Path = path, Stat = op.Type == OpCode.Create ? null : StatOf(path) };
    }

    private WireResult Delete(DeleteOp op, Asker asker)
    {
        bool isPath = op.Path.Contains('/', StringComparison.Ordinal) && !op.Path.Contains('\0', StringComparison.Ordinal);
        ErrorCode error = asker.SessionError != ErrorCode.Ok ? asker.SessionError
            : !isPath || System.Contains(op.Path) ? ErrorCode.BadArguments
            : !Nodes.TryGetValue(ModelPaths.Parent(op.Path), out ModelNode? parent) ? ErrorCode.NoNode
            : !ModelAccess.Allows(parent.Acl, Permissions.Delete, asker.Identities) ? ErrorCode.NoAuth
            : !ModelQuota.MayChange(this, op.Path, asker.Identities) ? ErrorCode.NoAuth
            : !Nodes.TryGetValue(op.Path, out ModelNode? node) ? ErrorCode.NoNode
            : op.Version != -1 && op.Version != node.Version ? ErrorCode.BadVersion
            : Children(op.Path).Count > 0 ? ErrorCode.NotEmpty
            : ErrorCode.Ok;
        if (error == ErrorCode.Ok)
        {
            Remove(op.Path, asker.Zxid);
        }

        return WireResult.Failed(error);
    }

    private WireResult SetData(SetDataOp op, Asker asker)
    {
        int growth = 0;
        if (Nodes.TryGetValue(op.Path, out ModelNode? node))
        {
            growth = (op.Payload?.Length ?? 0) - (node.Data?.Length ?? 0);
        }

        ErrorCode error = asker.SessionError != ErrorCode.Ok ? asker.SessionError
            : !ModelPaths.IsValid(op.Path) ? ErrorCode.BadArguments
            : node is null ? ErrorCode.NoNode
            : !ModelAccess.Allows(node.Acl, Permissions.Write, asker.Identities) ? ErrorCode.NoAuth
            : !ModelQuota.MayChange(this, op.Path, asker.Identities) ? ErrorCode.NoAuth
            : ModelQuota.Forbids(this, op.Path, 0, growth) ? ErrorCode.QuotaExceeded
            : op.Version != -1 && op.Version != node.Version ? ErrorCode.BadVersion
            : ErrorCode.Ok;
        if (error != ErrorCode.Ok)
        {
            return WireResult.Failed(error);
        }

        Nodes[op.Path] = node! with { Data = op.Payload, Version = node.Version + 1, Mzxid = asker.Zxid, Mtime = asker.Time };
        _changes.Add(new Change(EventType.NodeDataChanged, op.Path, node.Acl, null, null));
        ModelQuota.Changed(this, op.Path, 0, growth);
        return new WireResult { Stat = StatOf(op.Path) };
    }

    private WireResult SetAcl(SetAclOp op, Asker asker)
    {
        IReadOnlyList<Acl>? acl = ModelAccess.Resolve(op.Acl, asker.Identities);
        ErrorCode error = asker.SessionError != ErrorCode.Ok ? asker.SessionError
            : !ModelPaths.IsValid(op.Path) ? ErrorCode.BadArguments
            : acl is null ? ErrorCode.InvalidAcl
            : !Nodes.TryGetValue(op.Path, out ModelNode? node) ? ErrorCode.NoNode
            : !ModelAccess.Allows(node.Acl, Permissions.Admin, asker.Identities) ? ErrorCode.NoAuth
            : !ModelQuota.MayChange(this, op.Path, asker.Identities) ? ErrorCode.NoAuth
            : op.Version != -1 && op.Version != node.Aversion ? ErrorCode.BadVersion
            : ErrorCode.Ok;
        if (error != ErrorCode.Ok)
        {
            return WireResult.Failed(error);
        }

        Nodes[op.Path] = Nodes[op.Path] with { Acl = acl!, Aversion = Nodes[op.Path].Aversion + 1 };
        return new WireResult { Stat = StatOf(op.Path) };
    }

    private WireResult Check(CheckOp op, Asker asker) => WireResult.Failed(
        asker.SessionError != ErrorCode.Ok ? asker.SessionError
        : !ModelPaths.IsValid(op.Path) ? ErrorCode.BadArguments
        : !Nodes.TryGetValue(op.Path, out ModelNode? node) ? ErrorCode.NoNode
        : !ModelAccess.Allows(node.Acl, Permissions.Read, asker.Identities) ? ErrorCode.NoAuth
        : op.Version != -1 && op.Version != node.Version ? ErrorCode.BadVersion
        : ErrorCode.Ok);

    private void Remove(string path, long zxid)
    {
        ModelNode node = Nodes[path];
        string parentPath = ModelPaths.Parent(path);
        ModelNode parent = Nodes[parentPath];
        Nodes.Remove(path);
        Nodes[parentPath] = parent with { Pzxid = zxid };
        _changes.Add(new Change(EventType.NodeDeleted, path, node.Acl, parentPath, parent.Acl));
        ModelQuota.Changed(this, path, -1, -(node.Data?.Length ?? 0));
    }
}
