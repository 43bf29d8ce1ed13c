namespace OrleansZk.Core.Tree;

/// <summary>How much lies beneath each node that has, or had, children. Belongs to a tree and follows its lock.</summary>
/// <remarks>
/// Apart from the nodes, and close together: a change is told to every node above it, and clients choose how many those are. Through the nodes themselves each would be a read of
/// memory far from the last one: 0.7 ms for a path of 8,000 levels.
/// </remarks>
internal sealed class SubtreeCounters
{
    /// <summary>The parent of a counter that has none.</summary>
    public const int None = -1;

    private const int ChunkBits = 12;
    private const int ChunkLength = 1 << ChunkBits;

    // In chunks, so that growing copies nothing.
    private readonly List<Counter[]> _chunks = [];
    private int _firstFree = None;
    private int _used;

    /// <summary>Counters that are in use.</summary>
    public int Count { get; private set; }

    /// <summary>Makes a counter that stands at zero.</summary>
    /// <param name="parent">The counter in which everything counts too.</param>
    public int Add(int parent)
    {
        int index = _firstFree;
        if (index != None)
        {
            _firstFree = At(index).Parent;
        }
        else
        {
            index = _used++;
            if (index >> ChunkBits == _chunks.Count)
            {
                _chunks.Add(new Counter[ChunkLength]);
            }
        }

        At(index) = new Counter { Parent = parent };
        Count++;
        return index;
    }

    /// <summary>Gives a counter back; none may have it as its parent.</summary>
    public void Remove(int index)
    {
        At(index).Parent = _firstFree;
        _firstFree = index;
        Count--;
    }

    /// <summary>Nodes, and bytes of their data, beneath the counter's node.</summary>
    public (int Nodes, long Bytes) Read(int index)
    {
        ref Counter counter = ref At(index);
        return (counter.Nodes, counter.Bytes);
    }

    /// <summary>Counts a change in a counter and in all above it.</summary>
    public void Change(int index, int nodes, int bytes)
    {
        while (index != None)
        {
            ref Counter counter = ref At(index);
            counter.Nodes += nodes;
            counter.Bytes += bytes;
            index = counter.Parent;
        }
    }

    private ref Counter At(int index) => ref _chunks[index >> ChunkBits][index & (ChunkLength - 1)];

    private struct Counter
    {
        /// <summary>Of one that is not in use: the next that is not.</summary>
        public int Parent;

        public int Nodes;

        public long Bytes;
    }
}
