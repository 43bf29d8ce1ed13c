namespace OrleansZk.Histories.Checking;

/// <summary>Looks for a state, within a range of zxids, that explains an answer.</summary>
internal sealed class ReadCheck(StateHistory states)
{
    /// <param name="sessionId">Who asks.</param>
    /// <returns>The newest zxid of the range whose state the answer shows; null when there is none.</returns>
    public long? FindState(Request request, Answer answer, long from, long to, long sessionId)
    {
        if (Matches(request, answer, to, sessionId))
        {
            return to;
        }

        var points = new SortedSet<long>();
        AddChangePoints(request, from, to, sessionId, points);
        foreach (long point in points.Reverse())
        {
            // Right before that change.
            if (Matches(request, answer, point - 1, sessionId))
            {
                return point - 1;
            }
        }

        return null;
    }

    /// <summary>True for what <see cref="FindState"/> can judge.</summary>
    public static bool IsRead(Request request) => request.Type is OpCode.GetData or OpCode.Exists or OpCode.GetChildren or OpCode.GetChildren2
        or OpCode.MultiRead or OpCode.GetAllChildrenNumber or OpCode.GetEphemerals;

    /// <summary>What the state at a zxid would have answered, for people.</summary>
    public string Describe(Request request, long zxid)
    {
        if (request.Type == OpCode.MultiRead)
        {
            return string.Join("; ", request.Parts.Select(part => Describe(part, zxid)));
        }

        NodeTimeline? node = states.Find(request.Path);
        return node?.At(zxid) is { Exists: true } own
            ? $"{request.Path} '{(own.Data is null ? "" : System.Text.Encoding.UTF8.GetString(own.Data))}' {Answer.Show(node.StatAt(zxid))}"
            : $"no {request.Path}";
    }

    private void AddChangePoints(Request request, long from, long to, long sessionId, SortedSet<long> points)
    {
        if (request.Type is OpCode.GetAllChildrenNumber or OpCode.GetEphemerals)
        {
            foreach (NodeTimeline node in NodesOf(request, sessionId))
            {
                node.AddChangePoints(from, to, points);
            }

            return;
        }

        foreach (Request part in request.Type == OpCode.MultiRead ? request.Parts : [request])
        {
            states.Find(part.Path)?.AddChangePoints(from, to, points);
        }
    }

    private IEnumerable<NodeTimeline> NodesOf(Request request, long sessionId) => request.Type == OpCode.GetEphemerals
        ? states.EverOwnedBy(sessionId).Where(node => node.Path.StartsWith(request.Path, StringComparison.Ordinal))
        : states.Nodes.Where(node => request.Path == "/" || (node.Path.StartsWith(request.Path, StringComparison.Ordinal)
            && (node.Path.Length == request.Path.Length || node.Path[request.Path.Length] == '/')));

    private bool Matches(Request request, Answer answer, long zxid, long sessionId)
    {
        if (request.Type == OpCode.GetEphemerals)
        {
            return answer.Names is { } paths
                && paths.SequenceEqual(
                    NodesOf(request, sessionId).Where(node => node.At(zxid).Owner == sessionId).Select(node => node.Path).Order(StringComparer.Ordinal));
        }

        if (request.Type == OpCode.GetAllChildrenNumber && answer.Error == ErrorCode.Ok)
        {
            // The node itself does not count.
            return answer.Number == NodesOf(request, sessionId).Count(node => node.At(zxid).Exists) - 1;
        }

        if (request.Type == OpCode.MultiRead)
        {
            return answer.Parts is { } parts && parts.Count == request.Parts.Count
                && request.Parts.Zip(parts).All(pair => Matches(pair.First, pair.Second, zxid, sessionId));
        }

        NodeTimeline? node = states.Find(request.Path);
        OwnState own = node?.At(zxid) ?? default;
        if (!own.Exists || answer.Error != ErrorCode.Ok)
        {
            return !own.Exists && answer.Error == ErrorCode.NoNode;
        }

        ChildrenState children = node!.ChildrenAt(zxid);
        return (answer.Stat is not { } stat || stat == NodeTimeline.StatOf(own, children))
            && (request.Type != OpCode.GetData || AreSame(answer.Data, own.Data))
            && (answer.Names is not { } names || (names.Count == children.Count && HashOf(names) == children.Names));
    }

    internal static bool AreSame(byte[]? one, byte[]? other) => (one ?? []).AsSpan().SequenceEqual(other ?? []);

    private static ulong HashOf(IReadOnlyList<string> names)
    {
        ulong hash = 0;
        foreach (string name in names)
        {
            hash += NodeTimeline.HashOf(name);
        }

        return hash;
    }
}
