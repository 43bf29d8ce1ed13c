namespace OrleansZk.Crash.Histories;

/// <summary>What is known of one path: how it was at the last snapshot, what was asked for since, how it was found.</summary>
internal sealed class PathHistory(string path)
{
    public string Path => path;

    /// <summary>At the last snapshot; null when it was not there.</summary>
    public Found? Before { get; set; }

    /// <summary>True when it was there once and is known to have been deleted.</summary>
    public bool WasDeleted { get; set; }

    public List<(Write Write, Part Part, PartResult? Result)> Creates { get; } = [];

    public List<(Write Write, Part Part, PartResult? Result)> Sets { get; } = [];

    public List<Write> Deletes { get; } = [];

    /// <summary>In the snapshot; null when it is not there.</summary>
    public Found? Now { get; set; }

    /// <summary>The session that owns it, by what was asked for or found; 0 for none.</summary>
    public long Owner => Before is { } before
        ? before.Stat.EphemeralOwner
        : Creates.Where(create => create.Part.IsEphemeral).Select(create => create.Write.Session).FirstOrDefault();

    public bool WasCreated => Before is not null || Creates.Any(create => create.Write.Outcome == Outcome.Done);

    public bool MayHaveBeenCreated => Before is not null || Creates.Count > 0;

    public bool WasDeletedSince(Fate owner) => owner == Fate.Gone || Deletes.Any(write => write.Outcome == Outcome.Done);

    public bool MayHaveBeenDeletedSince(Fate owner) => owner != Fate.Kept || Deletes.Count > 0;

    /// <summary>Sets that no answer came for, and that are in the version that was found.</summary>
    public int UnknownSetsApplied => Now is null
        ? 0
        : Now.Stat.Version - (Before?.Stat.Version ?? 0) - Sets.Count(set => set.Write.Outcome == Outcome.Done);

    /// <summary>What is wrong with the path, looked at by itself.</summary>
    public IEnumerable<string> Check(Fate owner)
    {
        if (Creates.Count + (Before is null ? 0 : 1) > 1 || (WasDeleted && Creates.Any(create => create.Write.Outcome == Outcome.Done)))
        {
            yield return $"{path} was created more than once: a name was given out again";
        }

        if (Now is null)
        {
            if (WasCreated && !MayHaveBeenDeletedSince(owner))
            {
                yield return $"{path} was acknowledged and is missing";
            }

            yield break;
        }

        if (!MayHaveBeenCreated)
        {
            yield return WasDeleted ? $"{path} was deleted and is back" : $"{path} with value '{Now.Value}' was created by nobody";
            yield break;
        }

        if (WasDeletedSince(owner))
        {
            yield return $"{path} was deleted with acknowledgement, or with its session, and is there";
        }

        foreach (string fault in CheckBirth().Concat(CheckValue()))
        {
            yield return $"{path}: {fault}";
        }
    }

    private IEnumerable<string> CheckBirth()
    {
        Stat now = Now!.Stat;
        if (Before is { } before && now.Czxid != before.Stat.Czxid)
        {
            yield return $"its czxid was {before.Stat.Czxid:x} and is {now.Czxid:x}";
        }

        if (Creates is [{ Result.Stat: { } told } create])
        {
            if (told.Czxid != now.Czxid)
            {
                yield return $"{create.Write} was answered with czxid {told.Czxid:x}, found is {now.Czxid:x}";
            }
        }

        long owner = Owner;
        if (now.EphemeralOwner != owner)
        {
            yield return $"its owner should be session {owner:x} and is {now.EphemeralOwner:x}";
        }
    }

    private IEnumerable<string> CheckValue()
    {
        Stat now = Now!.Stat;
        string firstValue = Before?.Value ?? Creates[0].Part.Value;
        int firstVersion = Before?.Stat.Version ?? 0;
        var done = Sets.Where(set => set.Write.Outcome == Outcome.Done).ToList();
        int unknown = Sets.Count - done.Count;
        var versions = done.Where(set => set.Result?.Stat is not null).Select(set => set.Result!.Stat!.Value.Version).ToList();
        if (versions.Distinct().Count() != versions.Count || versions.Any(version => version <= firstVersion))
        {
            yield return $"versions were given out twice: [{string.Join(' ', versions.Order())}] after {firstVersion}";
        }

        if (versions.Count > 0 && now.Version < versions.Max())
        {
            yield return $"version {versions.Max()} was acknowledged and {now.Version} found";
        }

        if (UnknownSetsApplied < 0 || UnknownSetsApplied > unknown)
        {
            yield return $"version {now.Version} was found after version {firstVersion}, {done.Count} acknowledged and {unknown} unanswered writes";
        }

        if (Now.Value == firstValue)
        {
            if (now.Version != firstVersion)
            {
                yield return $"the value of version {firstVersion} was found with version {now.Version}";
            }

            yield break;
        }

        (Write Write, Part Part, PartResult? Result) last = Sets.FirstOrDefault(set => set.Part.Value == Now.Value);
        if (last.Write is null)
        {
            yield return $"value '{Now.Value}' is of no write that can have been executed";
        }
        else if (last.Result?.Stat is { } told)
        {
            if ((told.Version, told.Mzxid) != (now.Version, now.Mzxid))
            {
                yield return $"{last.Write} was answered with version {told.Version}, mzxid {told.Mzxid:x}; found is {now.Version}, {now.Mzxid:x}";
            }
        }
        else if (done.Find(set => set.Write.Connection == last.Write.Connection && set.Write.Id > last.Write.Id) is { Write: { } later })
        {
            yield return $"{last.Write} was executed after {later}, which its connection sent after it";
        }
        else if (versions.Count > 0 && now.Version <= versions.Max())
        {
            yield return $"version {now.Version} was acknowledged to another write than the unanswered {last.Write}";
        }
    }
}
