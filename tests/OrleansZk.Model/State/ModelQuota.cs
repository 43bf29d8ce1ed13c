using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace OrleansZk.Model.State;

/// <summary>Quotas as the specification describes them (§11): texts in nodes.</summary>
internal static partial class ModelQuota
{
    private const string Folder = "/zookeeper/quota";

    /// <summary>The deepest path that is the path or above it and has limits.</summary>
    public static string? Over(ModelTree tree, string path) =>
        ModelPaths.SelfAndAbove(path).FirstOrDefault(at => at != "/" && tree.Nodes.ContainsKey($"{Folder}{at}/zookeeper_limits"));

    public static bool Forbids(ModelTree tree, string path, int count, int bytes)
    {
        if (Over(tree, path) is not { } quota || !TryParse(tree.Nodes[$"{Folder}{quota}/zookeeper_limits"].Data, out long[] limits))
        {
            return false;
        }

        // What is there counts, whatever the usage node says.
        (long usedCount, long usedBytes) = Count(tree, quota);
        return (count != 0 && limits[3] > -1 && usedCount + count > limits[3]) || (bytes != 0 && limits[2] > -1 && usedBytes + bytes > limits[2]);
    }

    /// <summary>Quota nodes want ADMIN on what the quota is on, or on the nearest node above that is there.</summary>
    public static bool MayChange(ModelTree tree, string path, IReadOnlyList<AclId> who)
    {
        string? name = new[] { "/zookeeper_limits", "/zookeeper_stats" }.FirstOrDefault(end => path.EndsWith(end, StringComparison.Ordinal));
        if (name is null || !path.StartsWith(Folder + "/", StringComparison.Ordinal) || path.Length == Folder.Length + name.Length)
        {
            return true;
        }

        string nearest = ModelPaths.SelfAndAbove(path[Folder.Length..^name.Length]).First(tree.Nodes.ContainsKey);
        return ModelAccess.Allows(tree.Nodes[nearest].Acl, Permissions.Admin, who);
    }

    /// <summary>Keeps the usage, after a change.</summary>
    public static void Changed(ModelTree tree, string path, int count, int bytes)
    {
        if (Over(tree, path) is not { } quota || !tree.Nodes.TryGetValue($"{Folder}{quota}/zookeeper_stats", out ModelNode? stats))
        {
            return;
        }

        (long newCount, long newBytes) = TryUsage(stats.Data, out long[] usage) ? (usage[0] + count, usage[1] + bytes) : Count(tree, quota);
        SetUsage(tree, quota, newCount, newBytes);
    }

    /// <summary>A new usage node shows what is used, whatever was written into it.</summary>
    public static void Created(ModelTree tree, string path)
    {
        if (path.StartsWith(Folder + "/", StringComparison.Ordinal) && path.EndsWith("/zookeeper_stats", StringComparison.Ordinal))
        {
            string quota = path[Folder.Length..^"/zookeeper_stats".Length];
            if (quota.Length > 0)
            {
                (long count, long bytes) = Count(tree, quota);
                SetUsage(tree, quota, count, bytes);
            }
        }
    }

    private static void SetUsage(ModelTree tree, string quota, long count, long bytes)
    {
        string path = $"{Folder}{quota}/zookeeper_stats";
        tree.Nodes[path] = tree.Nodes[path] with { Data = Encoding.UTF8.GetBytes($"count={count},bytes={bytes}") };
    }

    private static (long Count, long Bytes) Count(ModelTree tree, string top)
    {
        List<ModelNode> nodes =
            [.. tree.Nodes.Where(pair => ModelPaths.SelfAndAbove(pair.Key).Contains(top)).Select(pair => pair.Value)];
        return (nodes.Count, nodes.Sum(node => (long)(node.Data?.Length ?? 0)));
    }

    private static bool TryUsage(byte[]? data, out long[] figures) => TryParse(data, out figures) && figures[0] >= 0 && figures[1] >= 0;

    // Histories write either of the two right forms, or nonsense; the parser's finer points are the unit tests' subject.
    private static bool TryParse(byte[]? data, out long[] figures)
    {
        Match match = Form().Match(Encoding.UTF8.GetString(data ?? []));
        figures = [.. match.Groups.Values.Skip(1).Select(group => group.Success ? long.Parse(group.Value, CultureInfo.InvariantCulture) : -1)];
        return match.Success;
    }

    [GeneratedRegex(@"^count=(-?\d+),bytes=(-?\d+)(?:=;byteHardLimit=(-?\d+);countHardLimit=(-?\d+))?$")]
    private static partial Regex Form();
}
