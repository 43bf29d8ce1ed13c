namespace OrleansZk.Model.State;

internal enum NodeKind
{
    Plain,
    Ephemeral,
    Container,
    Ttl,
}

/// <summary>A node as the specification describes it.</summary>
internal sealed record ModelNode
{
    public required byte[]? Data { get; init; }

    public required IReadOnlyList<Acl> Acl { get; init; }

    public NodeKind Kind { get; init; }

    /// <summary>The session of an ephemeral.</summary>
    public long Owner { get; init; }

    /// <summary>Milliseconds.</summary>
    public long Ttl { get; init; }

    public long Czxid { get; init; }

    public long Mzxid { get; init; }

    public long Pzxid { get; init; }

    public long Ctime { get; init; }

    public long Mtime { get; init; }

    public int Version { get; init; }

    public int Aversion { get; init; }

    /// <summary>Children created so far.</summary>
    public int Creations { get; init; }
}

/// <summary>What happened to one node, for the watches.</summary>
/// <param name="Parent">The parent whose children changed; null when they did not.</param>
internal sealed record Change(EventType Type, string Path, IReadOnlyList<Acl> Acl, string? Parent, IReadOnlyList<Acl>? ParentAcl);

/// <summary>Who asks, when, and as which transaction.</summary>
/// <param name="SessionError">Ok when the request may speak for the session.</param>
internal sealed record Asker(long SessionId, IReadOnlyList<AclId> Identities, ErrorCode SessionError, long Zxid, long Time);

/// <summary>What comes of a write.</summary>
/// <param name="IsLogged">True when it used up a zxid.</param>
internal sealed record Outcome(WireResult Result, bool IsLogged, IReadOnlyList<Change> Changes)
{
    public static Outcome Refused(ErrorCode error) => new(WireResult.Failed(error), false, []);
}
