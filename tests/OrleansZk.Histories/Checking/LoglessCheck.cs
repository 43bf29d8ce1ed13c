namespace OrleansZk.Histories.Checking;

/// <summary>Holds clients' observations against each other when there is no log: what is acknowledged is known, the rest may have happened.</summary>
internal sealed class LoglessCheck(Evidence evidence, Action<string, string> report)
{
    private readonly Dictionary<long, Operation> _byZxid = [];
    private readonly Dictionary<string, SortedList<long, Write>> _writes = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Operation> _byData = new(StringComparer.Ordinal);
    private readonly HashSet<string> _maybeDeleted = new(StringComparer.Ordinal);
    private readonly Dictionary<long, long> _sessionSaw = [];

    /// <summary>A known change of a node: written, or deleted.</summary>
    private readonly record struct Write(bool IsDeletion, byte[]? Data, bool IsEphemeral, Operation By);

    public void Run()
    {
        Gather();
        long seenByAnybody = 0;
        foreach (HistoryEvent step in evidence.History.Events)
        {
            if (step.Kind == HistoryEventKind.Invoked)
            {
                step.Operation!.SeenBefore = seenByAnybody;
            }
            else if (step.Kind == HistoryEventKind.Answered)
            {
                Judge(step.Operation!);
                seenByAnybody = Math.Max(seenByAnybody, step.Operation!.Answer!.Zxid);
            }
            else if (step.Kind == HistoryEventKind.Anomaly)
            {
                report("stream", step.ToString());
            }
        }

        CheckFinalTree();
    }

    private void Gather()
    {
        foreach (Operation operation in evidence.History.Operations.Where(operation => operation.Request.IsWrite))
        {
            IReadOnlyList<Request> parts = operation.Request.Type == OpCode.Multi ? operation.Request.Parts : [operation.Request];
            for (int i = 0; i < parts.Count; i++)
            {
                Note(operation, parts[i], operation.Answer?.Parts is { } answers && i < answers.Count ? answers[i] : operation.Answer);
            }

            if (operation.IsAcknowledged && parts.Count > 0 && !_byZxid.TryAdd(operation.Answer!.Zxid, operation))
            {
                report("zxid-twice", $"two writes were told the same zxid: {_byZxid[operation.Answer.Zxid]}; {operation}");
            }
        }
    }

    private void Note(Operation operation, Request part, Answer? answer)
    {
        if (part.Data is { Length: > 0 } data)
        {
            _byData[Convert.ToHexString(data)] = operation;
        }

        if (operation.IsAcknowledged && part.Type is not (OpCode.Check or OpCode.CloseSession or OpCode.SetAcl))
        {
            string path = part.IsCreate ? answer!.Path ?? part.Path : part.Path;
            if (!_writes.TryGetValue(path, out SortedList<long, Write>? writes))
            {
                _writes.Add(path, writes = []);
            }

            writes[operation.Answer!.Zxid] = new Write(part.Type == OpCode.Delete, part.Data, part.IsCreate && part.Mode.IsEphemeral(), operation);
        }
        else if (part.Type == OpCode.Delete && operation.Outcome != Outcome.Answered)
        {
            _maybeDeleted.Add(part.Path);
        }
    }

    private void Judge(Operation operation)
    {
        Answer answer = operation.Answer!;
        long saw = _sessionSaw.GetValueOrDefault(operation.SessionId);
        if (answer.Zxid < saw)
        {
            report("zxid-back", $"the session had seen 0x{saw:x}: {operation}");
        }

        if (operation.Request.IsWrite && answer.IsOk && operation.Request is not { Type: OpCode.Multi, Parts.Count: 0 })
        {
            if (answer.Zxid <= operation.SeenBefore)
            {
                report("real-time", $"zxid 0x{operation.SeenBefore:x} had been seen before it was sent: {operation}");
            }
        }
        else if (operation.Request.Type == OpCode.Sync && answer.Zxid < operation.SeenBefore)
        {
            report("sync", $"zxid 0x{operation.SeenBefore:x} had been seen before it was sent: {operation}");
        }
        else if (operation.Request.Type is OpCode.GetData or OpCode.Exists)
        {
            CheckRead(operation, answer, saw);
        }

        _sessionSaw[operation.SessionId] = Math.Max(saw, answer.Zxid);
    }

    private void CheckRead(Operation operation, Answer answer, long saw)
    {
        string path = operation.Request.Path;
        SortedList<long, Write> writes = _writes.GetValueOrDefault(path) ?? [];
        if (answer is { Error: ErrorCode.Ok, Stat: { } stat })
        {
            CheckVersion(path, stat, operation.Request.Type == OpCode.GetData ? answer.Data : null, operation.ToString());
            if (stat.Mzxid > answer.Zxid)
            {
                report("read", $"shows what comes after its own zxid: {operation}");
            }

            if (NewestUpTo(writes, saw) is { } known && known.Zxid > stat.Mzxid)
            {
                report("read", $"the session had seen 0x{saw:x}, which is after {known.Write.By}: {operation}");
            }
        }
        else if (answer.Error == ErrorCode.NoNode && NewestUpTo(writes, saw) is { Write: { IsDeletion: false, IsEphemeral: false } } known
            && !_maybeDeleted.Contains(path) && !writes.Any(write => write.Value.IsDeletion && write.Key > known.Zxid && write.Key <= answer.Zxid))
        {
            report("read", $"the session had seen 0x{saw:x}, which is after {known.Write.By}, and nobody deleted it: {operation}");
        }
    }

    private void CheckVersion(string path, in Stat stat, byte[]? data, string where)
    {
        if (_writes.GetValueOrDefault(path)?.TryGetValue(stat.Mzxid, out Write write) == true)
        {
            if (write.IsDeletion || (data is not null && !ReadCheck.AreSame(data, write.Data)))
            {
                report("read", $"zxid 0x{stat.Mzxid:x} was {write.By}: {where}");
            }
        }
        else if (data is { Length: > 0 } && !evidence.Start.Nodes.ContainsKey(path))
        {
            Operation? by = _byData.GetValueOrDefault(Convert.ToHexString(data));
            if (by is null || by.Outcome == Outcome.Answered)
            {
                report("read", $"nobody wrote that at 0x{stat.Mzxid:x}{(by is null ? "" : $", but at another zxid {by}")}: {where}");
            }
        }
    }

    private void CheckFinalTree()
    {
        if (evidence.FinalTree is not { } tree)
        {
            return;
        }

        foreach ((string path, FinalNode node) in tree)
        {
            CheckVersion(path, node.Stat, node.Data, $"{path} at the end");
        }

        foreach ((string path, SortedList<long, Write> writes) in _writes)
        {
            (long zxid, Write last) = (writes.Keys[^1], writes.Values[^1]);
            FinalNode? found = tree.GetValueOrDefault(path);
            if (found is not null ? found.Stat.Mzxid < zxid : !last.IsDeletion && !last.IsEphemeral && !_maybeDeleted.Contains(path))
            {
                report("lost-write", $"{path} {(found is null ? "is not there" : $"is older, of 0x{found.Stat.Mzxid:x}")} at the end: {last.By}");
            }
        }
    }

    private static (long Zxid, Write Write)? NewestUpTo(SortedList<long, Write> writes, long zxid)
    {
        (int low, int high) = (0, writes.Count);
        while (low < high)
        {
            int middle = (low + high) >>> 1;
            (low, high) = writes.Keys[middle] <= zxid ? (middle + 1, high) : (low, middle);
        }

        return low == 0 ? null : (writes.Keys[low - 1], writes.Values[low - 1]);
    }
}
