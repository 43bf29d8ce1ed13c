namespace OrleansZk.Histories;

/// <summary>What a run left behind: the more is known, the more is judged.</summary>
public sealed record Evidence(History History)
{
    /// <summary>Every transaction that was committed after <see cref="Start"/>, in the log's order; null when the log is not to be had.</summary>
    /// <remarks>Without it only what clients saw of each other is held together: reads and the final tree against acknowledged writes.</remarks>
    public IReadOnlyList<CommittedTransaction>? Transactions { get; init; }

    /// <summary>What was there before the first transaction.</summary>
    public StartState Start { get; init; } = StartState.Empty;

    /// <summary>Every node at the end; null when nobody looked.</summary>
    public IReadOnlyDictionary<string, FinalNode>? FinalTree { get; init; }

    /// <summary>The sessions at the end; null when nobody looked.</summary>
    public IReadOnlyCollection<long>? FinalSessions { get; init; }

    /// <summary>Who claimed, or committed in, which epoch.</summary>
    public IReadOnlyList<LeaderClaim> Claims { get; init; } = [];

    /// <summary>The digests of all servers' trees at the end.</summary>
    public IReadOnlyList<FinalDigest> Digests { get; init; } = [];

    /// <summary>True when the run ended quietly: all servers had caught up, and all that was on its way had arrived.</summary>
    public bool IsSettled { get; init; }

    /// <summary>Nodes that one transaction deletes when a session ends; the rest of what it owns goes in others. Paths are short: their bytes set no limit.</summary>
    public int MaxNodesPerEnding { get; init; } = 1000;

    /// <summary>How much before its time a session may expire; null judges no expiry.</summary>
    public TimeSpan? ExpiryTolerance { get; init; }

    /// <summary>Since when nothing goes wrong, by the history's clock; null judges no session that should have expired.</summary>
    public TimeSpan? QuietSince { get; init; }

    /// <summary>Whether a limit, or a fault of the server that was injected, may have refused a request so. What the tree explains is not asked for here.</summary>
    public Func<Operation, ErrorCode, bool> MayRefuse { get; init; } = (_, _) => false;
}

/// <param name="Zxid">The newest transaction that it holds.</param>
public sealed record StartState(long Zxid, IReadOnlyDictionary<string, FinalNode> Nodes, IReadOnlyDictionary<long, TimeSpan> Sessions)
{
    private static readonly Stat System = new(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);

    /// <summary>A new ensemble's tree: the root, and the system nodes.</summary>
    public static StartState Empty { get; } = new(
        0,
        new Dictionary<string, FinalNode>
        {
            ["/"] = new([], System with { Cversion = -1, NumChildren = 1 }),
            ["/zookeeper"] = new([], System with { Cversion = -2, NumChildren = 2 }),
            ["/zookeeper/config"] = new([], System with { Aversion = -1 }),
            ["/zookeeper/quota"] = new([], System),
        },
        new Dictionary<long, TimeSpan>());
}

public sealed record FinalNode(byte[]? Data, Stat Stat);

/// <param name="Who">The server and its run: whoever else claims the epoch is a second leader.</param>
public sealed record LeaderClaim(long Epoch, string Who);

public sealed record FinalDigest(string Who, long Zxid, ulong Digest);

/// <summary>Something that the run must not have shown.</summary>
/// <param name="Rule">The rule's short name.</param>
/// <param name="Message">What happened, in words, with the operations involved.</param>
public sealed record Violation(string Rule, string Message)
{
    public override string ToString() => $"{Rule}: {Message}";
}
