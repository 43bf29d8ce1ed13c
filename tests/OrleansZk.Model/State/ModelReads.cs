using OrleansZk.Model.Histories;
using OrleansZk.Protocol.Records;

namespace OrleansZk.Model.State;

/// <summary>What reads answer, straight from the specification (§2, §8, §9, §12).</summary>
internal static class ModelReads
{
    public static WireResult Execute(ReadOp op, ModelTree tree, ModelConnection connection, IReadOnlyList<AclId> who) => op switch
    {
        NodeReadOp read => ReadNode(read, tree, who, connection.Watches),
        GetEphemeralsOp ephemerals => new WireResult
        {
            Names =
            [
                .. tree.EphemeralsOf(connection.Session.Id).Where(path => string.IsNullOrWhiteSpace(ephemerals.Prefix) || path.StartsWith(ephemerals.Prefix, StringComparison.Ordinal)),
            ],
        },
        MultiReadOp multi => MultiRead(multi, tree, who),
        WhoAmIOp => new WireResult { Identities = [.. who.Select(Shown)] },
        PingOp => new WireResult(),
        AddWatchOp add => AddWatch(add, connection.Watches),
        WatcherTypeOp { WatcherType: < 1 or > 5 } => WireResult.Failed(ErrorCode.MarshallingError),
        WatcherTypeOp { Type: OpCode.CheckWatches } check => Found(connection.Watches.Has(check.Path, check.WatcherType)),
        WatcherTypeOp remove => Found(connection.Watches.Remove(remove.Path, remove.WatcherType)),
        MalformedOp => WireResult.Failed(ErrorCode.MarshallingError),
        _ => throw new ArgumentOutOfRangeException(nameof(op), op, "no read"),
    };

    private static ClientInfo Shown(AclId id) => new(id.Scheme, id.Scheme == "digest" ? id.Id.Split(':')[0] : id.Id);

    private static WireResult ReadNode(NodeReadOp op, ModelTree tree, IReadOnlyList<AclId> who, ModelWatches? watches)
    {
        bool watch = op.Watch && watches is not null;
        if (!ModelPaths.IsValid(op.Path))
        {
            return WireResult.Failed(ErrorCode.BadArguments);
        }

        if (!tree.Nodes.TryGetValue(op.Path, out ModelNode? node))
        {
            if (watch && op.Type == OpCode.Exists)
            {
                watches!.AddData(op.Path);
            }

            return WireResult.Failed(ErrorCode.NoNode);
        }

        bool isAdmin = ModelAccess.Allows(node.Acl, Permissions.Admin, who);
        if (!ModelAccess.Allows(node.Acl, Permissions.Read, who) && !(op.Type == OpCode.GetAcl && isAdmin))
        {
            return WireResult.Failed(ErrorCode.NoAuth);
        }

        if (watch && op.Type is OpCode.Exists or OpCode.GetData)
        {
            watches!.AddData(op.Path);
        }
        else if (watch && op.Type is OpCode.GetChildren or OpCode.GetChildren2)
        {
            watches!.AddChild(op.Path);
        }

        Stat stat = tree.StatOf(op.Path);
        string below = op.Path == "/" ? "/" : op.Path + "/";
        return op.Type switch
        {
            OpCode.Exists => new WireResult { Stat = stat },
            OpCode.GetData => new WireResult { HasData = true, Data = node.Data, Stat = stat },
            OpCode.GetChildren => new WireResult { Names = tree.Children(op.Path) },
            OpCode.GetChildren2 => new WireResult { Names = tree.Children(op.Path), Stat = stat },
            OpCode.GetAcl => new WireResult { Acl = isAdmin ? node.Acl : ModelAccess.WithoutHashes(node.Acl), Stat = stat },
            _ => new WireResult { Number = tree.Nodes.Keys.Count(path => path != op.Path && path.StartsWith(below, StringComparison.Ordinal)) },
        };
    }

    private static WireResult MultiRead(MultiReadOp multi, ModelTree tree, IReadOnlyList<AclId> who) => new()
    {
        Parts =
        [
            .. multi.Parts.Select(part => ReadNode(part, tree, who, null) is { Error: ErrorCode.Ok } result
                ? (part.Type, result)
                : (OpCode.Error, ReadNode(part, tree, who, null))),
        ],
    };

    private static WireResult AddWatch(AddWatchOp op, ModelWatches watches)
    {
        if (op.Mode is not (0 or 1))
        {
            return WireResult.Failed(ErrorCode.MarshallingError);
        }

        if (!ModelPaths.IsValid(op.Path))
        {
            return WireResult.Failed(ErrorCode.BadArguments);
        }

        if (op.Mode == 0)
        {
            watches.AddPersistent(op.Path);
        }
        else
        {
            watches.AddRecursive(op.Path);
        }

        return new WireResult { Number = 0 };
    }

    private static WireResult Found(bool found) => WireResult.Failed(found ? ErrorCode.Ok : ErrorCode.NoWatcher);
}
