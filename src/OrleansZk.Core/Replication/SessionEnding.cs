using OrleansZk.Core.Operations;

namespace OrleansZk.Core.Replication;

/// <summary>A session on its way out: what is left of its ephemerals goes in parts, each a transaction of its own.</summary>
/// <remarks>
/// The first part closes the session, so nobody can speak for it or attach to it any more. Parts have a limit, so that no transaction is long, and requests of
/// others go in between. What a leader leaves behind, the next one finds: nodes of a session that does not exist.
/// </remarks>
/// <param name="isClosed">True when a leader before has closed it already.</param>
internal sealed class SessionEnding(long sessionId, bool isClosed)
{
    // Once it is closed, others may have deleted many: to find that out takes time too.
    private const int LookedAtFactor = 8;

    private List<string>? _paths;
    private int _next;
    private int _taken;

    public long SessionId => sessionId;

    /// <summary>True once the session is closed, and only nodes are left.</summary>
    public bool IsClosed { get; private set; } = isClosed;

    /// <summary>True when nothing is left.</summary>
    public bool IsDone => IsClosed && _paths is { } paths && _next == paths.Count;

    /// <summary>Nodes of the part taken last.</summary>
    public int TakenNodes { get; private set; }

    /// <summary>Bytes of their paths.</summary>
    public long TakenBytes { get; private set; }

    /// <summary>Names the next part. Nothing is taken before <see cref="Advance"/>.</summary>
    /// <param name="maxNodes">Nodes in a part.</param>
    /// <param name="maxBytes">Bytes of paths in a part; one path goes whatever its length.</param>
    public List<string> Take(Overlay overlay, int maxNodes, int maxBytes)
    {
        if (_next == 0)
        {
            _paths = overlay.EphemeralsOf(sessionId);
        }

        var part = new List<string>(Math.Min(maxNodes, _paths!.Count - _next));
        int bytes = 0;
        int end = IsClosed ? (int)Math.Min(_paths.Count, _next + ((long)LookedAtFactor * maxNodes)) : _paths.Count;
        for (_taken = _next; _taken < end && part.Count < maxNodes && bytes < maxBytes; _taken++)
        {
            string path = _paths[_taken];

            // Somebody may have deleted it meanwhile, and even created another in its place.
            if (overlay.Find(path) is { Exists: true } node && node.Owner == sessionId)
            {
                part.Add(path);
                bytes += EphemeralUsage.BytesOf(path);
            }
        }

        // Sorted, so that every run of the same history writes the same log.
        part.Sort(StringComparer.Ordinal);
        (TakenNodes, TakenBytes) = (part.Count, bytes);
        return part;
    }

    /// <summary>Says that the part taken last was sequenced.</summary>
    public void Advance()
    {
        _next = _taken;
        IsClosed = true;
    }

    /// <summary>The leader's own request for the next part.</summary>
    public WriteRequest Request()
    {
        WriteRequest request = OperationTable.Get<CloseSession>().Request(new CloseSessionRequest { Ending = this });

        // What is deleted once the session is closed is nobody's request.
        request.SessionId = IsClosed ? 0 : sessionId;
        return request;
    }
}
