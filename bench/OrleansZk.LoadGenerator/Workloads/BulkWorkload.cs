namespace OrleansZk.LoadGenerator.Workloads;

/// <summary>Sends a finite sequence of requests on every connection, pipelined; for preparing, cleaning up and preloading.</summary>
internal sealed unsafe class BulkWorkload(BulkWorkload.WriteRequest write) : Workload
{
    /// <summary>Puts the request number <paramref name="position"/> of a connection into the buffer.</summary>
    public delegate void WriteRequest(FrameBuffer frames, int xid, int connection, long position);

    /// <summary>Number of requests of a connection.</summary>
    public required Func<int, long> Count { get; init; }

    public override void Start(Connection connection)
    {
        connection.Position = 0;
        OnBatch(connection, Loop.Depth);
    }

    public override void OnBatch(Connection connection, int replies)
    {
        long stop = Math.Min(connection.Position + replies, Count(connection.Index));
        for (; connection.Position < stop; connection.Position++)
        {
            write(Loop.Out, connection.Push(Loop.Now), connection.Index, connection.Position);
        }
    }
}
