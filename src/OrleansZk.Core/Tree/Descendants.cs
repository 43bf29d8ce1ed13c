namespace OrleansZk.Core.Tree;

/// <summary>What lies beneath a node: its children, and how much there is in all.</summary>
/// <param name="above">The same of the parent; null for the root's.</param>
internal sealed class Descendants(SubtreeCounters counters, Descendants? above)
{
    private readonly int _counter = counters.Add(above?._counter ?? SubtreeCounters.None);
    private ZNode[] _children = new ZNode[4];

    public int ChildCount { get; private set; }

    /// <summary>In no order.</summary>
    public ReadOnlySpan<ZNode> Children => _children.AsSpan(0, ChildCount);

    /// <summary>Nodes at any depth, and bytes of their data.</summary>
    public (int Nodes, long Bytes) Total => counters.Read(_counter);

    /// <returns>The child's index.</returns>
    public int Add(ZNode child)
    {
        if (ChildCount == _children.Length)
        {
            Array.Resize(ref _children, Math.Max(4, ChildCount * 2));
        }

        _children[ChildCount] = child;
        Count(1, child.DataLength);
        return ChildCount++;
    }

    /// <returns>The child that has the index from now on, if one was moved there.</returns>
    public ZNode? RemoveAt(int index)
    {
        Count(-1, -_children[index].DataLength);
        ZNode last = _children[--ChildCount];
        _children[index] = last;
        _children[ChildCount] = null!;
        if (ChildCount < _children.Length / 4)
        {
            Array.Resize(ref _children, _children.Length / 2);
        }

        return index < ChildCount ? last : null;
    }

    /// <summary>Counts a change of what lies beneath, here and in everything above.</summary>
    public void Count(int nodes, int bytes) => counters.Change(_counter, nodes, bytes);

    /// <summary>Ends the count: the node leaves the tree.</summary>
    public void Release() => counters.Remove(_counter);
}
