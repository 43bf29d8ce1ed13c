namespace OrleansZk.Client;

/// <summary>A request as its sender means it. Which of the fields count depends on the code.</summary>
/// <remarks>A node is always created by an operation that answers with its stat: create2, createContainer or createTTL.</remarks>
public sealed record ClientRequest(OpCode Code, string Path = "")
{
    /// <summary>A node's data, or the credentials of an auth.</summary>
    public byte[]? Data { get; init; }

    /// <summary>An expected version, a <see cref="CreateMode"/>, an <see cref="AddWatchMode"/> or a <see cref="WatcherType"/>.</summary>
    public int Number { get; init; } = -1;

    /// <summary>Whether a read leaves a watch.</summary>
    public bool Watch { get; init; }

    public IReadOnlyList<Acl>? Acl { get; init; }

    /// <summary>Milliseconds, of a node that has a time to live.</summary>
    public long TimeToLive { get; init; }

    /// <summary>Of a multi.</summary>
    public IReadOnlyList<ClientRequest> Parts { get; init; } = [];

    /// <summary>Of a setWatches2.</summary>
    public WatchList? Watches { get; init; }

    /// <summary>Bytes on their way, roughly.</summary>
    public int Size => Path.Length + (Data?.Length ?? 0) + Parts.Sum(part => part.Size);

    public static ClientRequest Create(string path, byte[]? data, CreateMode mode, IReadOnlyList<Acl>? acl, TimeSpan? timeToLive)
    {
        if (mode.IsTtl() != timeToLive.HasValue)
        {
            throw new ArgumentException($"{mode} {(timeToLive.HasValue ? "has no" : "needs a")} time to live", nameof(timeToLive));
        }

        OpCode code = timeToLive.HasValue ? OpCode.CreateTtl : mode == CreateMode.Container ? OpCode.CreateContainer : OpCode.Create2;
        return new ClientRequest(code, path)
        {
            Data = data ?? [],
            Number = (int)mode,
            Acl = acl ?? OrleansZk.Acl.OpenUnsafe,
            TimeToLive = (long)(timeToLive?.TotalMilliseconds ?? 0),
        };
    }

    public static ClientRequest Of(MultiOperation operation) => operation switch
    {
        MultiOperation.Create create => Create(create.Path, create.Data, create.Mode, create.Acl, create.TimeToLive),
        MultiOperation.Delete delete => new(OpCode.Delete, delete.Path) { Number = delete.Version },
        MultiOperation.SetData set => new(OpCode.SetData, set.Path) { Data = set.Data, Number = set.Version },
        MultiOperation.Check check => new(OpCode.Check, check.Path) { Number = check.Version },
        _ => throw new ArgumentException($"a multi cannot hold a {operation.GetType().Name}", nameof(operation)),
    };
}

/// <summary>The watches that a client arms again when it comes back, and the newest transaction that it has seen.</summary>
/// <param name="Exist">Data watches on nodes that did not exist.</param>
public sealed record WatchList(
    long LastZxid,
    IReadOnlyList<string> Data,
    IReadOnlyList<string> Exist,
    IReadOnlyList<string> Children,
    IReadOnlyList<string> Persistent,
    IReadOnlyList<string> PersistentRecursive)
{
    public int Count => Data.Count + Exist.Count + Children.Count + Persistent.Count + PersistentRecursive.Count;

    /// <summary>The same watches in lists whose paths have no more than so many characters in all, or one path: a frame has its limit.</summary>
    public IEnumerable<WatchList> Split(int most)
    {
        List<string>[] part = [[], [], [], [], []];
        int length = 0;
        IReadOnlyList<string>[] all = [Data, Exist, Children, Persistent, PersistentRecursive];
        for (int kind = 0; kind < all.Length; kind++)
        {
            foreach (string path in all[kind])
            {
                if (length > 0 && length + path.Length > most)
                {
                    yield return new WatchList(LastZxid, part[0], part[1], part[2], part[3], part[4]);
                    part = [[], [], [], [], []];
                    length = 0;
                }

                part[kind].Add(path);
                length += path.Length;
            }
        }

        if (length > 0)
        {
            yield return new WatchList(LastZxid, part[0], part[1], part[2], part[3], part[4]);
        }
    }
}

/// <summary>The answer to a <see cref="ClientRequest"/>; which of the fields count depends on its code.</summary>
/// <param name="Zxid">The newest transaction that the server had applied; 0 for a part of a multi.</param>
public sealed record ClientReply(ErrorCode Error, long Zxid)
{
    /// <summary>Of a node that was created, or that was synced.</summary>
    public string? Path { get; init; }

    public byte[]? Data { get; init; }

    public Stat Stat { get; init; }

    /// <summary>Children, or ephemerals.</summary>
    public IReadOnlyList<string> Names { get; init; } = [];

    public IReadOnlyList<Acl> Acl { get; init; } = [];

    /// <summary>Of a multi.</summary>
    public IReadOnlyList<ClientReply> Parts { get; init; } = [];
}
