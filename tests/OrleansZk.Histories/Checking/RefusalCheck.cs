namespace OrleansZk.Histories.Checking;

/// <summary>Looks for a state, within a range of zxids, at which a write would have been refused as it was.</summary>
internal sealed class RefusalCheck(StateHistory states)
{
    /// <summary>True for errors that the tree explains; others come from sessions and limits.</summary>
    public static bool IsAboutTheTree(ErrorCode error) => error is ErrorCode.NoNode or ErrorCode.NodeExists or ErrorCode.BadVersion
        or ErrorCode.NotEmpty or ErrorCode.NoChildrenForEphemerals;

    /// <summary>The error that a multi failed with, or the answer's own.</summary>
    public static ErrorCode ErrorOf(Answer answer) => answer.Error != ErrorCode.Ok || answer.Parts is null
        ? answer.Error
        : answer.Parts.Select(part => part.Error).FirstOrDefault(error => error is not (ErrorCode.Ok or ErrorCode.RuntimeInconsistency));

    public bool IsExplained(Request request, Answer answer, long from, long to)
    {
        if (IsRefusedAt(request, answer, to))
        {
            return true;
        }

        var points = new SortedSet<long>();
        foreach (Request part in PartsOf(request))
        {
            states.Find(part.Path)?.AddChangePoints(from, to, points);
            states.Find(StateHistory.ParentOf(part.Path))?.AddChangePoints(from, to, points);
        }

        return points.Reverse().Any(point => IsRefusedAt(request, answer, point - 1));
    }

    private static IReadOnlyList<Request> PartsOf(Request request) => request.Type == OpCode.Multi ? request.Parts : [request];

    private bool IsRefusedAt(Request request, Answer answer, long zxid)
    {
        var view = new StateView(states, zxid);
        IReadOnlyList<Request> parts = PartsOf(request);
        for (int i = 0; i < parts.Count; i++)
        {
            ErrorCode error = view.Apply(parts[i]);
            if (error != ErrorCode.Ok)
            {
                // A multi names the part that failed by its place.
                return error == (answer.Parts is { } results && i < results.Count ? results[i].Error : answer.Error);
            }
        }

        return false;
    }

    /// <summary>The tree at a zxid, with what the earlier parts of a multi have changed.</summary>
    private sealed class StateView(StateHistory states, long zxid)
    {
        private readonly Dictionary<string, View> _changed = new(StringComparer.Ordinal);

        public ErrorCode Apply(Request part) => part switch
        {
            { IsCreate: true } => Create(part),
            { Type: OpCode.Delete } => Delete(part),
            { Type: OpCode.SetData } => Check(part, bump: true),
            { Type: OpCode.Check } => Check(part, bump: false),
            _ => ErrorCode.Ok,
        };

        private ErrorCode Create(Request part)
        {
            string parentPath = StateHistory.ParentOf(part.Path);
            View parent = Find(parentPath);
            if (!parent.Exists)
            {
                return ErrorCode.NoNode;
            }

            // A sequential name is new whatever it is.
            if (!part.Mode.IsSequential())
            {
                if (Find(part.Path).Exists)
                {
                    return ErrorCode.NodeExists;
                }

                _changed[part.Path] = new View(true, 0, 0, part.Mode.IsEphemeral());
            }

            if (parent.IsEphemeral)
            {
                return ErrorCode.NoChildrenForEphemerals;
            }

            _changed[parentPath] = parent with { Children = parent.Children + 1 };
            return ErrorCode.Ok;
        }

        private ErrorCode Delete(Request part)
        {
            ErrorCode error = Check(part, bump: false);
            if (error != ErrorCode.Ok)
            {
                return error;
            }

            if (Find(part.Path).Children > 0)
            {
                return ErrorCode.NotEmpty;
            }

            string parentPath = StateHistory.ParentOf(part.Path);
            View parent = Find(parentPath);
            _changed[parentPath] = parent with { Children = parent.Children - 1 };
            _changed[part.Path] = default;
            return ErrorCode.Ok;
        }

        private ErrorCode Check(Request part, bool bump)
        {
            View node = Find(part.Path);
            if (!node.Exists)
            {
                return ErrorCode.NoNode;
            }

            if (part.Version != -1 && part.Version != node.Version)
            {
                return ErrorCode.BadVersion;
            }

            if (bump)
            {
                _changed[part.Path] = node with { Version = node.Version + 1 };
            }

            return ErrorCode.Ok;
        }

        private View Find(string path)
        {
            if (_changed.TryGetValue(path, out View view))
            {
                return view;
            }

            return states.Find(path) is { } node && node.At(zxid) is { Exists: true } own
                ? new View(true, own.Version, node.ChildrenAt(zxid).Count, own.Owner != 0)
                : default;
        }

        private readonly record struct View(bool Exists, int Version, int Children, bool IsEphemeral);
    }
}
