using System.Text.RegularExpressions;

namespace OrleansZk.Interop.Differential;

/// <summary>A step at which we differ from Apache ZooKeeper on purpose.</summary>
/// <param name="Scenario">The scenario's name.</param>
/// <param name="Step">The step's label; <c>*</c> stands for anything.</param>
/// <param name="Ours">The lines that we bring instead; <c>*</c> stands for anything.</param>
/// <param name="Reason">Why.</param>
public sealed record KnownDifference(string Scenario, string Step, string[] Ours, string Reason)
{
    public bool Covers(string scenario, Step step) => scenario == Scenario && Matches(Step, step.Label);

    public bool Allows(Step step) => step.Lines.Count == Ours.Length && step.Lines.Zip(Ours).All(pair => Matches(pair.Second, pair.First));

    private static bool Matches(string pattern, string text) =>
        Regex.IsMatch(text, "^" + Regex.Escape(pattern).Replace(@"\*", ".*", StringComparison.Ordinal) + "$");
}
