using System.Globalization;
using System.Text.RegularExpressions;

namespace OrleansZk.Interop.Differential;

/// <summary>What one step of a scenario brought: replies and events, a line each.</summary>
public sealed record Step(string Label, IReadOnlyList<string> Lines);

/// <summary>
/// What a scenario brought on one server. Lines hold placeholders for what differs from run to run; <see cref="Normalise"/> replaces
/// them by names that two servers should agree on.
/// </summary>
public sealed partial class Transcript
{
    private readonly List<Step> _steps = [];
    private readonly Dictionary<string, int> _labels = new(StringComparer.Ordinal);

    /// <summary>A zxid that a node or an event carries: it is replaced by its rank among all of them.</summary>
    public static string Zxid(long zxid) => zxid is 0 or -1 ? Number(zxid) : $"{{z:{Number(zxid)}}}";

    /// <summary>
    /// The zxid in a reply's header: it is replaced by the rank of the newest zxid carried by anything that is not beyond it. So zxids used up by
    /// failed writes, or by sessions of others, make no difference.
    /// </summary>
    public static string HeaderZxid(long zxid) => $"{{h:{Number(zxid)}}}";

    /// <summary>A session id: it is replaced by its number in the order of appearance.</summary>
    public static string Session(long id) => id == 0 ? "0" : $"{{s:{Number(id)}}}";

    public void Add(string label, IReadOnlyList<string> lines)
    {
        var count = _labels[label] = _labels.GetValueOrDefault(label) + 1;
        _steps.Add(new Step(count == 1 ? label : $"{label} ({Number(count)})", lines));
    }

    /// <param name="isKnownToDiffer">
    /// Steps that are known to differ give no zxid to the ranks: one server may show there what the other does not.
    /// </param>
    public IReadOnlyList<Step> Normalise(Func<Step, bool> isKnownToDiffer)
    {
        var text = string.Join('\n', _steps.Where(step => !isKnownToDiffer(step)).SelectMany(step => step.Lines));
        var zxids = ZxidPattern().Matches(text).Select(match => Parse(match.Groups[1].Value)).Distinct().Order().ToList();
        var sessions = SessionPattern().Matches(text).Select(match => match.Groups[1].Value).Distinct().ToList();

        string Clean(string line)
        {
            line = ZxidPattern().Replace(line, match => Rank(match) is var rank && zxids.Contains(Parse(match.Groups[1].Value)) ? rank : rank + "+");
            line = HeaderPattern().Replace(line, Rank);
            return SessionPattern().Replace(line, match => "session" + Number(sessions.IndexOf(match.Groups[1].Value) + 1));
        }

        string Rank(Match match)
        {
            var value = Parse(match.Groups[1].Value);
            return "z" + Number(zxids.Count(zxid => zxid <= value));
        }

        return [.. _steps.Select(step => new Step(step.Label, [.. step.Lines.Select(Clean)]))];
    }

    private static string Number(long value) => value.ToString(CultureInfo.InvariantCulture);

    private static long Parse(string value) => long.Parse(value, CultureInfo.InvariantCulture);

    [GeneratedRegex(@"\{z:(-?\d+)\}")]
    private static partial Regex ZxidPattern();

    [GeneratedRegex(@"\{h:(-?\d+)\}")]
    private static partial Regex HeaderPattern();

    [GeneratedRegex(@"\{s:(-?\d+)\}")]
    private static partial Regex SessionPattern();
}
