namespace OrleansZk.Histories.Checking;

/// <summary>Joins the log with the requests: who asked for each transaction, and what became of each request.</summary>
internal sealed class CommitCheck(Evidence evidence, Action<string, string> report)
{
    private readonly Dictionary<(long Session, int Xid), Operation> _asked = [];
    private readonly Dictionary<(long Session, int Xid), CommittedTransaction> _committed = [];

    /// <summary>Rebuilds the states and judges each transaction on the way.</summary>
    public StateHistory Replay(IReadOnlyList<CommittedTransaction> transactions)
    {
        IEnumerable<Operation> operations = evidence.History.Operations;
        foreach (Operation operation in operations.Where(operation => operation.Request.IsWrite))
        {
            _asked[(operation.SessionId, operation.Xid)] = operation;
        }

        var states = new StateHistory(evidence.Start, RecursivelyWatched(), evidence.MaxNodesPerEnding, report);
        var lastXids = new Dictionary<long, CommittedTransaction>();
        foreach (CommittedTransaction transaction in transactions)
        {
            Operation? operation = Join(transaction);
            states.Apply(transaction, operation);
            if (transaction.Xid != 0)
            {
                if (lastXids.TryGetValue(transaction.SessionId, out CommittedTransaction? before) && before.Xid >= transaction.Xid)
                {
                    report("session-order", $"{transaction} was committed after {before} of the same session");
                }

                lastXids[transaction.SessionId] = transaction;
            }
        }

        return states;
    }

    /// <summary>The transaction of a request that was answered.</summary>
    public CommittedTransaction? Find(Operation operation) => _committed.GetValueOrDefault((operation.SessionId, operation.Xid));

    /// <summary>Judges an acknowledged write against the log.</summary>
    public void CheckAcknowledged(Operation operation, StateHistory states)
    {
        Answer answer = operation.Answer!;
        if (Find(operation) is not { } transaction)
        {
            if (operation.Request is not { Type: OpCode.Multi, Parts.Count: 0 })
            {
                report("lost-write", $"was acknowledged and is not in the log: {operation}");
            }

            return;
        }

        // Closing is answered when the last of what the session owned is gone.
        long? due = operation.Request.Type == OpCode.CloseSession ? states.Sessions.GetValueOrDefault(operation.SessionId)?.EndedAt : transaction.Zxid;
        if (due != answer.Zxid)
        {
            report("wrong-zxid", $"the log has {transaction}, but the client was told another zxid: {operation}");
            return;
        }

        if (operation.Request.Type == OpCode.Multi)
        {
            CheckParts(operation, transaction);
        }
        else if (transaction.Changes is [var change])
        {
            CheckResult(operation, change, answer, states);
        }
    }

    /// <summary>Judges a write that was refused against the log.</summary>
    public void CheckRefused(Operation operation)
    {
        if (Find(operation) is { } transaction)
        {
            report("refused-write", $"was refused and is in the log as {transaction}: {operation}");
        }
    }

    private Operation? Join(CommittedTransaction transaction)
    {
        if (transaction.Xid == 0 || transaction.Changes is [Change.OpenSession or Change.MoveSession])
        {
            if (transaction.SessionId != 0 && transaction.Changes is not [Change.OpenSession or Change.MoveSession or Change.CloseSession])
            {
                report("unasked", $"nobody asked for {transaction}");
            }

            return null;
        }

        if (!_committed.TryAdd((transaction.SessionId, transaction.Xid), transaction))
        {
            report("twice", $"{transaction} was committed before, as {_committed[(transaction.SessionId, transaction.Xid)]}");
        }

        if (!_asked.TryGetValue((transaction.SessionId, transaction.Xid), out Operation? operation))
        {
            report("unasked", $"nobody asked for {transaction}");
            return null;
        }

        IReadOnlyList<Request> parts = operation.Request.Type == OpCode.Multi ? operation.Request.Parts : [operation.Request];
        if (parts.Count != transaction.Changes.Count || !parts.Zip(transaction.Changes).All(pair => Fits(pair.First, pair.Second)))
        {
            report("other-write", $"{transaction} is not what was asked for: {operation}");
        }

        return operation;
    }

    private static bool Fits(Request request, Change change) => change switch
    {
        Change.Create create => request.IsCreate && ReadCheck.AreSame(create.Data, request.Data) && (create.Owner != 0) == request.Mode.IsEphemeral()
            && (request.Mode.IsSequential() ? create.Path.StartsWith(request.Path, StringComparison.Ordinal) : create.Path == request.Path),
        Change.Delete delete => request.Type is OpCode.Delete or OpCode.DeleteContainer && delete.Path == request.Path,
        Change.Set set => request.Type == OpCode.SetData && set.Path == request.Path && ReadCheck.AreSame(set.Data, request.Data),
        Change.SetAcl set => request.Type == OpCode.SetAcl && set.Path == request.Path,
        Change.Check => request.Type == OpCode.Check,
        Change.CloseSession => request.Type == OpCode.CloseSession,
        _ => false,
    };

    private void CheckResult(Operation operation, Change change, Answer answer, StateHistory states)
    {
        string? path = change switch
        {
            Change.Create create => create.Path,
            Change.Set set => set.Path,
            Change.SetAcl set => set.Path,
            _ => null,
        };
        if (path is null)
        {
            return;
        }

        if (change is Change.Create && answer.Path is { } told && told != path)
        {
            report("wrong-answer", $"created {path}, but: {operation}");
        }

        if (answer.Stat is { } stat && !StateHistory.IsUsage(path) && states.Find(path) is { } node && node.At(answer.Zxid).Exists && stat != node.StatAt(answer.Zxid))
        {
            report("wrong-answer", $"left {path} with {Answer.Show(node.StatAt(answer.Zxid))}, but: {operation}");
        }
    }

    private void CheckParts(Operation operation, CommittedTransaction transaction)
    {
        IReadOnlyList<Answer> parts = operation.Answer!.Parts ?? [];
        if (parts.Count != transaction.Changes.Count)
        {
            report("multi", $"has {parts.Count} results for {transaction}: {operation}");
            return;
        }

        for (int i = 0; i < parts.Count; i++)
        {
            bool isWrong = transaction.Changes[i] switch
            {
                Change.Create create => (parts[i].Path ?? create.Path) != create.Path || (parts[i].Stat ?? Created(transaction.Zxid)).Czxid != transaction.Zxid,
                Change.Set set => parts[i].Stat is { } stat && (stat.Version != set.Version || stat.Mzxid != transaction.Zxid),
                _ => false,
            };
            if (isWrong)
            {
                report("multi", $"part {i + 1} is answered with {parts[i]}, but the log has {transaction}: {operation}");
            }
        }
    }

    private static Stat Created(long zxid) => default(Stat) with { Czxid = zxid };

    private IEnumerable<string> RecursivelyWatched() => evidence.History.Operations.SelectMany(operation => operation.Request switch
    {
        { Type: OpCode.AddWatch, WatchMode: AddWatchMode.PersistentRecursive } request => [request.Path],
        { Rearmed: { } rearmed } => rearmed.PersistentRecursive,
        _ => [],
    });
}
