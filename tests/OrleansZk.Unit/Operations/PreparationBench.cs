using OrleansZk.Core.Access;
using OrleansZk.Core.Operations;
using OrleansZk.Core.Replication;
using OrleansZk.Core.Tree;

namespace OrleansZk.Unit.Operations;

/// <summary>The leader's first step alone: what a request is refused with, against a tree that a test has laid out.</summary>
internal sealed class PreparationBench
{
    public const long SessionId = 7;
    public const long Owner = 70;

    private readonly List<TreeChange> _changes = [];
    private readonly LeaderSessions _sessions = new(2000);

    public PreparationBench() => _sessions.Open(SessionId, 10_000, Owner, 0);

    public DataTree Tree { get; } = new();

    public LeaderOptions Options { get; set; } = new();

    public void Add(string path, AclList? acl = null, long owner = 0, byte[]? data = null)
    {
        ZNode parent = Tree.Find(Core.Paths.ZPath.Parent(path))!;
        Tree.Create(path, data, acl ?? AclList.Open, owner, parent.Cversion + 1, 1, 1, _changes);
    }

    public ErrorCode Prepare<TOperation, TRecord>(TRecord record, long sessionId = SessionId, long owner = Owner)
        where TOperation : WriteOperation<TRecord>
    {
        WriteRequest<TRecord> request = OperationTable.Get<TOperation>().Request(record);
        (request.SessionId, request.Owner) = (sessionId, owner);
        var preparation = new Preparation(new Overlay(Tree), _sessions, EngineSettings.Access(skip: false), Options);
        preparation.Overlay.Begin();
        preparation.Start(request, 100, 1, 1);
        return request.Prepare(preparation);
    }
}
