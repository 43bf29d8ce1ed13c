namespace OrleansZk.Crash.Histories;

/// <summary>Holds what clients were told against what is found afterwards, round by round.</summary>
/// <remarks>
/// Knows nothing of the server but the guarantees of the data model: what was acknowledged is there, what was not answered is there wholly
/// or not at all and in the order of its connection, what was refused left nothing, and neither versions nor zxids nor numbers go back.
/// Values are unique, so every value that is found names the write that it came from.
/// </remarks>
/// <param name="together">Groups of nodes that are written together or not at all.</param>
internal sealed class HistoryChecker(params IReadOnlyList<IReadOnlyList<string>> together)
{
    private readonly Dictionary<string, Found> _nodes = [];
    private readonly HashSet<string> _deleted = [];
    private readonly Dictionary<string, int> _numbers = [];
    private readonly Dictionary<string, Stat> _stats = [];
    private long _zxid;

    /// <summary>Nodes that stand from before the history.</summary>
    public void Begin(Snapshot snapshot) => Settle([], snapshot);

    /// <returns>What is wrong; empty when nothing is.</returns>
    public IReadOnlyList<string> Check(Round round, Snapshot snapshot)
    {
        var faults = new List<string>();
        if (snapshot.Zxid < round.HighestZxid || snapshot.Zxid < _zxid)
        {
            faults.Add($"zxid {Math.Max(round.HighestZxid, _zxid):x} was seen, and now the newest is {snapshot.Zxid:x}");
        }

        faults.AddRange(CheckOrder(round.Writes));
        faults.AddRange(round.Writes.Where(write => write.Outcome == Outcome.Refused && !write.MustFail)
            .Select(write => $"{write} should not have been refused: {write.Error}"));
        faults.AddRange(round.Writes.Where(write => write.Outcome == Outcome.Done && write.MustFail)
            .Select(write => $"{write} should have been refused"));
        Dictionary<string, PathHistory> paths = Gather(round, snapshot, faults);
        foreach (PathHistory path in paths.Values)
        {
            faults.AddRange(path.Check(FateOf(path.Owner, round)));
        }

        var effects = new WriteEffects(paths, session => FateOf(session, round));
        faults.AddRange(effects.Check(round.Writes));
        faults.AddRange(CheckSessions(paths.Values, round));
        faults.AddRange(CheckNumbers(paths));
        faults.AddRange(together.SelectMany(group => CheckTogether(group, snapshot)));
        faults.AddRange(CheckReads(round, paths));
        faults.AddRange(CheckStats(snapshot));
        Settle(paths.Values, snapshot);
        _zxid = Math.Max(snapshot.Zxid, round.HighestZxid);
        return faults;
    }

    private static Fate FateOf(long session, Round round) => session == 0 ? Fate.Kept : round.Sessions.GetValueOrDefault(session, Fate.Kept);

    /// <summary>Transactions have zxids of their own, later ones higher ones.</summary>
    private static IEnumerable<string> CheckOrder(IReadOnlyList<Write> writes)
    {
        var byZxid = new Dictionary<long, Write>();
        var lastOf = new Dictionary<int, Write>();
        foreach (Write write in writes.OrderBy(write => write.Id))
        {
            if (write.Zxid is not { } zxid)
            {
                continue;
            }

            if (!byZxid.TryAdd(zxid, write))
            {
                yield return $"zxid {zxid:x} was given to {byZxid[zxid]} and to {write}";
            }

            if (zxid <= write.ZxidBefore)
            {
                yield return $"{write} got zxid {zxid:x}, but when it was sent, {write.ZxidBefore:x} was known already";
            }

            if (lastOf.TryGetValue(write.Connection, out Write? before) && before.Zxid >= zxid)
            {
                yield return $"{write} got zxid {zxid:x}, but {before}, sent before it, got {before.Zxid:x}";
            }

            lastOf[write.Connection] = write;
        }
    }

    private Dictionary<string, PathHistory> Gather(Round round, Snapshot snapshot, List<string> faults)
    {
        var paths = new Dictionary<string, PathHistory>();
        PathHistory Of(string path)
        {
            if (!paths.TryGetValue(path, out PathHistory? history))
            {
                history = new PathHistory(path) { Before = _nodes.GetValueOrDefault(path), WasDeleted = _deleted.Contains(path) };
                paths.Add(path, history);
            }

            return history;
        }

        foreach (string path in _nodes.Keys)
        {
            Of(path);
        }

        var numberless = new Dictionary<string, (Write Write, Part Part)>();
        foreach (Write write in round.Writes.Where(write => write.Outcome != Outcome.Refused && !write.MustFail))
        {
            for (int i = 0; i < write.Parts.Count; i++)
            {
                Part part = write.Parts[i];
                PartResult? result = write.Outcome == Outcome.Done ? write.Results[i] : null;
                if (part.IsSequential && result is null)
                {
                    numberless.Add(part.Value, (write, part));
                    continue;
                }

                PathHistory history = Of(result?.Path ?? part.Path);
                switch (part.Kind)
                {
                    case PartKind.Create:
                        history.Creates.Add((write, part, result));
                        break;
                    case PartKind.SetData:
                        history.Sets.Add((write, part, result));
                        break;
                    default:
                        history.Deletes.Add(write);
                        break;
                }
            }
        }

        foreach ((string path, Found found) in snapshot.Nodes)
        {
            PathHistory history = Of(path);
            history.Now = found;

            // Whose number nobody was told is known by its value.
            if (numberless.Remove(found.Value, out (Write Write, Part Part) create))
            {
                if (Sequence.NumberOf(create.Part.Path, path) < 0)
                {
                    faults.Add($"{create.Write} cannot have created {path}");
                }

                history.Creates.Add((create.Write, create.Part, null));
            }
        }

        return paths;
    }

    /// <summary>A session goes with all its ephemerals or with none.</summary>
    private static IEnumerable<string> CheckSessions(IEnumerable<PathHistory> paths, Round round) => paths
        .Where(path => path.Owner != 0 && FateOf(path.Owner, round) == Fate.MayBeGone && path.WasCreated && path.Deletes.Count == 0)
        .GroupBy(path => path.Owner)
        .Where(group => group.Any(path => path.Now is null) && group.Any(path => path.Now is not null))
        .Select(group => $"session {group.Key:x} is gone with {string.Join(' ', group.Where(path => path.Now is null).Select(path => path.Path))}, "
            + $"but not with {string.Join(' ', group.Where(path => path.Now is not null).Select(path => path.Path))}");

    private IEnumerable<string> CheckNumbers(Dictionary<string, PathHistory> paths)
    {
        foreach (PathHistory path in paths.Values)
        {
            foreach ((Write write, Part part, PartResult? result) in path.Creates.Where(create => create.Part.IsSequential))
            {
                int number = Sequence.NumberOf(part.Path, path.Path);
                int before = Math.Max(_numbers.GetValueOrDefault(part.Path, -1), result is null ? -1 : write.NumbersBefore.GetValueOrDefault(part.Path, -1));
                if (number <= before)
                {
                    yield return $"{write} got {path.Path}, but number {before} was given out before";
                }
            }
        }

        foreach (PathHistory path in paths.Values)
        {
            foreach (Part part in path.Creates.Where(create => create.Part.IsSequential).Select(create => create.Part))
            {
                _numbers[part.Path] = Math.Max(_numbers.GetValueOrDefault(part.Path, -1), Sequence.NumberOf(part.Path, path.Path));
            }
        }
    }

    private static IEnumerable<string> CheckTogether(IReadOnlyList<string> group, Snapshot snapshot)
    {
        var found = group.Select(path => (Path: path, Found: snapshot.Nodes.GetValueOrDefault(path))).ToList();
        if (found.Select(node => (WriteOf(node.Found?.Value), node.Found?.Stat.Version, node.Found?.Stat.Mzxid)).Distinct().Count() > 1)
        {
            yield return "a multi was executed in part: " + string.Join(", ", found.Select(node => $"{node.Path} has '{node.Found?.Value}', version {node.Found?.Stat.Version}"));
        }
    }

    /// <summary>Values are the write's text, a dot, and what tells its parts apart.</summary>
    private static string? WriteOf(string? value) => value?.Split('.')[0];

    private static IEnumerable<string> CheckReads(Round round, Dictionary<string, PathHistory> paths)
    {
        foreach (Read read in round.Reads)
        {
            if (read.Stat.Version < read.VersionBefore)
            {
                yield return $"{read.Path} was read with version {read.Stat.Version} when {read.VersionBefore} was known already";
            }

            if (!paths.TryGetValue(read.Path, out PathHistory? path)
                || !(path.Before?.Value == read.Value || path.Creates.Exists(create => create.Part.Value == read.Value) || path.Sets.Exists(set => set.Part.Value == read.Value)))
            {
                yield return $"{read.Path} was read with value '{read.Value}', which nobody wrote";
            }
            else if (path.Now is { } now && now.Stat.Czxid == read.Stat.Czxid && now.Stat.Version < read.Stat.Version)
            {
                yield return $"{read.Path} was read with version {read.Stat.Version} and has version {now.Stat.Version} now";
            }
        }
    }

    /// <summary>What a stat counts does not go back.</summary>
    private IEnumerable<string> CheckStats(Snapshot snapshot)
    {
        foreach ((string path, Found found) in snapshot.Nodes)
        {
            Stat now = found.Stat;
            if (_stats.TryGetValue(path, out Stat before)
                && (now.Version < before.Version || now.Cversion < before.Cversion || now.Aversion < before.Aversion
                    || now.Mzxid < before.Mzxid || now.Pzxid < before.Pzxid))
            {
                yield return $"{path} has gone back from {before} to {now}";
            }

            if (now.Czxid > snapshot.Zxid || now.Mzxid > snapshot.Zxid || now.Pzxid > snapshot.Zxid)
            {
                yield return $"{path} is newer than the newest zxid {snapshot.Zxid:x}: {now}";
            }
        }
    }

    private void Settle(IEnumerable<PathHistory> paths, Snapshot snapshot)
    {
        foreach (PathHistory path in paths)
        {
            if (path.Now is null && path.WasCreated)
            {
                _deleted.Add(path.Path);
                _nodes.Remove(path.Path);
            }
        }

        _stats.Clear();
        foreach ((string path, Found found) in snapshot.Nodes)
        {
            _nodes[path] = found;
            _stats[path] = found.Stat;
        }
    }
}
