namespace OrleansZk.Interop.Differential;

/// <summary>Lays two transcripts side by side.</summary>
public static class Comparison
{
    /// <summary>The differences that are not known, and the known ones that are no more, in words.</summary>
    public static IReadOnlyList<string> Differences(
        string scenario, IReadOnlyList<Step> reference, IReadOnlyList<Step> candidate, IReadOnlyList<KnownDifference> known)
    {
        ArgumentNullException.ThrowIfNull(reference);
        ArgumentNullException.ThrowIfNull(candidate);
        var found = new List<string>();
        for (var i = 0; i < Math.Max(reference.Count, candidate.Count); i++)
        {
            if (i >= reference.Count || i >= candidate.Count || reference[i].Label != candidate[i].Label)
            {
                found.Add($"the scenario took another course at step {i + 1}");
                break;
            }

            var (theirs, ours) = (reference[i], candidate[i]);
            var same = theirs.Lines.SequenceEqual(ours.Lines);
            var expected = known.FirstOrDefault(difference => difference.Covers(scenario, theirs));
            if (expected is null ? !same : !expected.Allows(ours))
            {
                found.Add(Describe(theirs, ours, expected));
            }
        }

        return found;
    }

    private static string Describe(Step theirs, Step ours, KnownDifference? expected)
    {
        var text = $"## {theirs.Label}\n  Apache:\n{Indent(theirs.Lines)}\n  candidate:\n{Indent(ours.Lines)}";
        return expected is null ? text : $"{text}\n  we should bring, because {expected.Reason}:\n{Indent(expected.Ours)}";
    }

    private static string Indent(IReadOnlyList<string> lines) => lines.Count == 0 ? "    (nothing)" : string.Join('\n', lines.Select(line => "    " + line));
}
