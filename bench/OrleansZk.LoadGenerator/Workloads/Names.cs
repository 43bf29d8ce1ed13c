using System.Globalization;

namespace OrleansZk.LoadGenerator.Workloads;

/// <summary>Paths of the nodes the generator makes.</summary>
internal static class Names
{
    public const string Root = "/bench";

    public const string PreloadRoot = "/bench/preload";

    /// <summary>Digits of a node's number within its parent.</summary>
    public const int Digits = 10;

    /// <summary>Digits of a parent's number within its run.</summary>
    public const int ParentDigits = 5;

    /// <summary>Children of a preloaded parent.</summary>
    public const int ChildrenPerParent = 1000;

    /// <summary>Where the nodes of one run lie.</summary>
    public static string OfRun(string workload, int id) => string.Create(CultureInfo.InvariantCulture, $"{Root}/{workload}-{id:x8}");

    /// <summary>A numbered parent's children, up to their number.</summary>
    public static string ChildrenOf(string root, long parent) => string.Create(CultureInfo.InvariantCulture, $"{root}/p{parent:D5}/n");
}
