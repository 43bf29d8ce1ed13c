namespace OrleansZk.Crash.Histories;

internal enum Outcome
{
    /// <summary>No answer came: executed wholly or not at all.</summary>
    Unknown,

    /// <summary>Acknowledged.</summary>
    Done,

    /// <summary>Answered with an error: it must have left no trace.</summary>
    Refused,
}

internal enum PartKind
{
    Create,
    SetData,
    Delete,
}

/// <summary>One change that a write asks for.</summary>
/// <param name="Path">As asked for: without the number of a sequential node.</param>
/// <param name="Value">Unique among all writes ever; empty for a delete.</param>
internal sealed record Part(PartKind Kind, string Path, string Value = "", bool IsSequential = false, bool IsEphemeral = false);

/// <summary>What a server has said about one part of an acknowledged write.</summary>
/// <param name="Path">As given by the server.</param>
/// <param name="Stat">Null where the answer has none.</param>
internal sealed record PartResult(string Path, Stat? Stat);

/// <summary>A write as one client saw it: a single change, or a multi of several.</summary>
internal sealed class Write
{
    public required long Id { get; init; }

    /// <summary>The connection that it was sent on; writes of one connection are in its order by <see cref="Id"/>.</summary>
    public required int Connection { get; init; }

    public required long Session { get; init; }

    public required IReadOnlyList<Part> Parts { get; init; }

    /// <summary>True for one that cannot succeed: answered or not, it leaves no trace.</summary>
    public bool MustFail { get; init; }

    /// <summary>The highest zxid that any client had been told of when the write was sent.</summary>
    public required long ZxidBefore { get; init; }

    /// <summary>By sequential prefix, the highest number that any client had been told of when the write was sent.</summary>
    public IReadOnlyDictionary<string, int> NumbersBefore { get; init; } = new Dictionary<string, int>();

    public Outcome Outcome { get; set; }

    /// <summary>Of a refused write.</summary>
    public ErrorCode Error { get; set; }

    /// <summary>One for each part when acknowledged.</summary>
    public IReadOnlyList<PartResult> Results { get; set; } = [];

    /// <summary>The transaction's zxid where the answer tells it.</summary>
    public long? Zxid => Results
        .Zip(Parts, (result, part) => part.Kind == PartKind.Create ? result.Stat?.Czxid : part.Kind == PartKind.SetData ? result.Stat?.Mzxid : null)
        .FirstOrDefault(zxid => zxid is not null);

    public override string ToString() =>
        $"write {Id} ({Outcome}, connection {Connection}): " + string.Join(", ", Parts.Select(part => $"{part.Kind} {part.Path}"));
}

/// <summary>A read as one client saw it.</summary>
/// <param name="VersionBefore">The highest version of the node that any client had been told of when the read was sent.</param>
internal sealed record Read(string Path, int VersionBefore, string Value, Stat Stat);

/// <summary>What has become of a session.</summary>
internal enum Fate
{
    /// <summary>Within its timeout and not closed: its ephemerals are there.</summary>
    Kept,

    /// <summary>Being closed, or left to expire: its ephemerals are all there or all gone.</summary>
    MayBeGone,

    /// <summary>Closed with acknowledgement, or said to have expired: its ephemerals are gone.</summary>
    Gone,
}
