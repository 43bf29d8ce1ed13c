namespace OrleansZk;

/// <summary>A part of a multi.</summary>
public abstract record MultiOperation(string Path)
{
    public sealed record Create(string Path, byte[]? Data = null, CreateMode Mode = CreateMode.Persistent, IReadOnlyList<Acl>? Acl = null, TimeSpan? TimeToLive = null)
        : MultiOperation(Path);

    public sealed record Delete(string Path, int Version = -1) : MultiOperation(Path);

    public sealed record SetData(string Path, byte[] Data, int Version = -1) : MultiOperation(Path);

    /// <summary>Refuses the multi unless the node exists with that version; -1 for any.</summary>
    public sealed record Check(string Path, int Version = -1) : MultiOperation(Path);
}

/// <param name="Error">In a multi that was refused: what was wrong, <see cref="ErrorCode.Ok"/> for what came before, <see cref="ErrorCode.RuntimeInconsistency"/> for what
/// was not tried any more.</param>
/// <param name="Path">The path that a create was given.</param>
/// <param name="Stat">Of what a create or setData left; null for others.</param>
public readonly record struct MultiResult(ErrorCode Error, string? Path, Stat? Stat);

/// <summary>A multi was refused; nothing of it happened.</summary>
public sealed class MultiException : Exception
{
    public MultiException(ErrorCode code, string path, IReadOnlyList<MultiResult> results)
        : base($"{code} ({(int)code}) for {path}")
    {
        Code = code;
        Path = path;
        Results = results;
    }

    /// <summary>Of the operation that was refused.</summary>
    public ErrorCode Code { get; }

    /// <summary>That it named.</summary>
    public string Path { get; }

    /// <summary>One for each operation.</summary>
    public IReadOnlyList<MultiResult> Results { get; }
}
