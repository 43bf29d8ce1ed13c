using System.Globalization;
using OrleansZk.Core.Tree;

namespace OrleansZk.TestKit.Engine;

/// <summary>Recomputes what a tree keeps running.</summary>
public static class TreeDigestCheck
{
    /// <summary>Every node, parents before children, siblings by name.</summary>
    public static IEnumerable<ZNode> Walk(DataTree tree)
    {
        var waiting = new Stack<ZNode>([tree.Root]);
        while (waiting.TryPop(out ZNode? node))
        {
            yield return node;
            foreach (ZNode child in node.Children.ToArray().OrderByDescending(child => child.Path, StringComparer.Ordinal))
            {
                waiting.Push(child);
            }
        }
    }

    /// <summary>A line for each node, with all that is stored of it.</summary>
    public static List<string> Describe(DataTree tree) => [.. Walk(tree).Select(node => string.Create(
        CultureInfo.InvariantCulture,
        $"{node.Path} '{(node.Data is null ? "null" : Convert.ToHexString(node.Data))}' {node.Stat} cversion {node.Cversion} owner {node.Owner:x} acl {string.Join(',', node.Acl)}"))];

    /// <exception cref="InvalidOperationException">A running figure is not what the nodes add up to.</exception>
    public static void Require(DataTree tree)
    {
        ulong digest = 0;
        long size = 0;
        int count = 0;
        int ephemerals = 0;
        var below = new Dictionary<string, (int Count, long Bytes)>();
        foreach (ZNode node in Walk(tree).Reverse())
        {
            // Children before their parents: what they have is known.
            int nodesHere = 1 + node.Children.ToArray().Sum(child => below[child.Path].Count);
            long bytesHere = node.DataLength + node.Children.ToArray().Sum(child => below[child.Path].Bytes);
            below[node.Path] = (nodesHere, bytesHere);
            Compare($"the count of {node.Path} and what is beneath it", node.SubtreeCount, nodesHere);
            Compare($"the bytes of {node.Path} and what is beneath it", node.SubtreeBytes, bytesHere);
            digest += TreeDigest.Of(node);
            size += node.Path.Length + node.DataLength;
            count++;
            ephemerals += NodeOwner.IsSession(node.Owner) ? 1 : 0;
            Compare($"the node found at {node.Path}", tree.Find(node.Path), node);
        }

        Compare("the digest", tree.Digest, digest);
        Compare("the data size", tree.DataSize, size);
        Compare("the count of lists", tree.AclCount, Walk(tree).Select(node => node.Acl).Distinct().Count());
        Compare("the count", tree.Count, count);
        Compare("the count of ephemerals", tree.EphemeralCount, ephemerals);
        Compare("the ephemerals by owner", tree.Ephemerals.Sum(pair => pair.Value.Count), ephemerals);
    }

    private static void Compare<T>(string what, T running, T recomputed)
    {
        if (!EqualityComparer<T>.Default.Equals(running, recomputed))
        {
            throw new InvalidOperationException($"{what} is {running}, but the nodes say {recomputed}");
        }
    }
}
