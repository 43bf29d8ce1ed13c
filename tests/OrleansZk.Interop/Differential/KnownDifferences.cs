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

/// <summary>All steps at which we differ from Apache ZooKeeper on purpose.</summary>
public static class KnownDifferences
{
    private const string Since39 = "Apache ZooKeeper has it since 3.9; the reference is Debian's 3.8.0";

    public static IReadOnlyList<KnownDifference> All { get; } =
    [
        .. OddPaths(),
        .. ExistsNeedsRead(),
        .. LastingWatchTypes(),
        new("watch modes on one path", "second set: the persistent one stays",
            ["reply xid=4 zxid=* err=0 stat(*)", "w: event type=3 state=3 path=/watch-modes-on-one-path/n err=0"],
            "a one-shot watch leaves a persistent one on the same path alone (ZOOKEEPER-4466). " + Since39),
        new("create acls", "create with no id", ["reply xid=* zxid=* err=-114"], "an entry without an id is an invalid entry, not a malformed request"),
        new("create acls", "set no id", ["reply xid=* zxid=* err=-114"], "an entry without an id is an invalid entry, not a malformed request"),
        new("multi successes", "create2", ["reply xid=* zxid=* err=0 results=[15/0 path=/multi-successes/k3 stat(*)]"],
            "a create2 within a multi is answered with its Stat. " + Since39),
        new("multi oddities", "writes as a read", ["reply xid=1 zxid=* err=-5"], "a reply with an error has no body, whatever had been gathered for it"),
    ];

    /// <summary>We look at the paths of reads, too.</summary>
    private static IEnumerable<KnownDifference> OddPaths() =>
        new[] { "Exists", "GetData", "GetChildren", "GetChildren2", "GetAcl", "GetAllChildrenNumber" }.Select(read => new KnownDifference(
            "read odd paths", $"{read}, *", ["reply xid=* zxid=* err=-8"], "the path of a read is validated as that of a write is"));

    private static IEnumerable<KnownDifference> ExistsNeedsRead() =>
        new[] { 0, 2, 4, 8, 16 }.Select(perms => new KnownDifference(
            "access matrix", FormattableString.Invariant($"exists with {perms}"), ["reply xid=* zxid=* err=-102"],
            "exists needs READ (ZOOKEEPER-2590, in 3.8.4 and 3.9.2)"));

    private static IEnumerable<KnownDifference> LastingWatchTypes() =>
        from verb in new[] { "check", "remove" }
        from type in new[] { 4, 5 }
        select new KnownDifference(
            "watch odd arguments", FormattableString.Invariant($"{verb} with type {type}"), ["reply xid=1 zxid=* err=-121"],
            "persistent watches have types of their own (ZOOKEEPER-4472). " + Since39);
}
