namespace OrleansZk.LoadGenerator.Workloads;

/// <summary>
/// Reads and writes of random nodes. The requests are encoded once, in a ring in random order; sending some means copying
/// a stretch of the ring and filling in the xids.
/// </summary>
internal sealed unsafe class RingWorkload : Workload, IDisposable
{
    private const int Length = 1024;

    private readonly FrameBuffer _ring = new();
    private readonly int[] _offsets = new int[Length + 1];
    private readonly int[] _starts;

    /// <summary>Encodes the ring.</summary>
    /// <param name="prefix">Path of the nodes up to their number.</param>
    /// <param name="nodes">Number of nodes.</param>
    /// <param name="writePercent">Share of writes.</param>
    /// <param name="connections">Number of connections, each of which starts at its own place in the ring.</param>
    public RingWorkload(string prefix, int nodes, int writePercent, int connections)
    {
        // Always the same order, so that two servers get the same requests.
        var random = new Random(20_26);
        var writes = new bool[Length];
        writes.AsSpan(0, Length * writePercent / 100).Fill(true);
        random.Shuffle(writes);
        for (int i = 0; i < Length; i++)
        {
            int node = random.Next(nodes);
            if (writes[i])
            {
                Request.WriteNode(_ring, 0, prefix, node, Names.Digits);
            }
            else
            {
                Request.ReadNode(_ring, 0, prefix, node, Names.Digits);
            }

            _offsets[i + 1] = _ring.Length;
        }

        _starts = new int[connections];
        for (int i = 0; i < connections; i++)
        {
            _starts[i] = random.Next(Length);
        }
    }

    public override void Start(Connection connection)
    {
        connection.Position = _starts[connection.Index];
        OnBatch(connection, Loop.Depth);
    }

    public override void OnBatch(Connection connection, int replies)
    {
        if (Stopping)
        {
            return;
        }

        int position = (int)connection.Position;
        while (replies > 0)
        {
            int stretch = Math.Min(replies, Length - position);
            int first = _offsets[position];
            int bytes = _offsets[position + stretch] - first;
            byte* place = Loop.Out.Reserve(bytes);
            Buffer.MemoryCopy(_ring.Start + first, place, bytes, bytes);
            for (int i = 0; i < stretch; i++)
            {
                FrameBuffer.WriteInt(place + _offsets[position + i] - first + 4, connection.Push(Loop.Now));
            }

            replies -= stretch;
            position = (position + stretch) & (Length - 1);
        }

        connection.Position = position;
    }

    public void Dispose() => _ring.Dispose();
}
