namespace OrleansZk.Crash.Histories;

/// <summary>Tells of writes that no answer came for whether they were executed, as far as what is found proves it.</summary>
internal sealed class WriteEffects(IReadOnlyDictionary<string, PathHistory> paths, Func<long, Fate> fateOf)
{
    private readonly HashSet<string> _found = [.. paths.Values.Where(path => path.Now is not null).Select(path => path.Now!.Value)];

    /// <summary>Each was executed wholly or not at all, and those of one connection in their order.</summary>
    public IEnumerable<string> Check(IReadOnlyList<Write> writes)
    {
        foreach (IGrouping<int, Write> connection in writes
            .Where(write => write.Outcome == Outcome.Unknown && !write.MustFail).GroupBy(write => write.Connection))
        {
            Write? firstMissing = null;
            foreach (Write write in connection.OrderBy(write => write.Id))
            {
                bool?[] parts = [.. write.Parts.Select(part => WasExecuted(write, part))];
                bool executed = parts.Contains(true);
                bool missing = parts.Contains(false);
                if (executed && missing)
                {
                    yield return $"{write} was executed in part: [{string.Join(' ', parts.Select(part => part?.ToString() ?? "?"))}]";
                }

                if (executed && firstMissing is not null)
                {
                    yield return $"{write} was executed, but not {firstMissing}, which its connection sent before it";
                    break;
                }

                if (missing)
                {
                    firstMissing ??= write;
                }
            }

            if (firstMissing is not null
                && writes.FirstOrDefault(write => write.Connection == connection.Key && write.Outcome == Outcome.Done && write.Id > firstMissing.Id) is { } later)
            {
                yield return $"{later} was acknowledged, but not executed was {firstMissing}, which its connection sent before it";
            }
        }
    }

    /// <returns>Null when what is found proves neither.</returns>
    private bool? WasExecuted(Write write, Part part)
    {
        if (part.Kind != PartKind.Delete && _found.Contains(part.Value))
        {
            return true;
        }

        if (part.IsSequential)
        {
            // Nobody knows its name, so nobody else can have deleted it.
            return part.IsEphemeral && fateOf(write.Session) != Fate.Kept ? null : false;
        }

        if (!paths.TryGetValue(part.Path, out PathHistory? path))
        {
            return null;
        }

        Fate owner = fateOf(path.Owner);
        return part.Kind switch
        {
            PartKind.Create => path.MayHaveBeenDeletedSince(owner) ? null : false,
            PartKind.SetData => path.Now is not null && path.UnknownSetsApplied == 0 ? false : null,
            _ when path.Now is not null => false,
            _ => path.WasCreated && path.Deletes.Count == 1 && owner == Fate.Kept ? true : null,
        };
    }
}
