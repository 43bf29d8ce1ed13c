namespace OrleansZk.LoadGenerator.Workloads;

/// <summary>Ephemeral sequential nodes, each deleted as soon as its name is known; what locks and elections do.</summary>
internal sealed unsafe class CreateDeleteWorkload : Workload
{
    private readonly byte[] _create;

    public CreateDeleteWorkload(string root)
    {
        using var frames = new FrameBuffer();
        frames.Begin(0, Request.Create);
        frames.Text(root + "/n");
        frames.Data(Request.DataLength);
        frames.OpenAcl();
        frames.Int(Request.EphemeralSequential);
        frames.End();
        _create = frames.Written.ToArray();
    }

    public override void Start(Connection connection)
    {
        for (int i = 0; i < Loop.Depth; i++)
        {
            Create(connection);
        }
    }

    public override void OnReply(Connection connection, int xid, byte* frame, int length, bool good)
    {
        // Only a create is answered with more than a header; its node is deleted even when the time is over.
        if (good && length > Request.ReplyHeader)
        {
            FrameBuffer frames = Loop.Out;
            frames.Begin(connection.Push(Loop.Now), Request.Delete);
            frames.Append(new ReadOnlySpan<byte>(frame + Request.ReplyHeader, length - Request.ReplyHeader));
            frames.Int(-1);
            frames.End();
        }
        else if (!Stopping)
        {
            Create(connection);
        }
    }

    private void Create(Connection connection)
    {
        byte* place = Loop.Out.Reserve(_create.Length);
        _create.CopyTo(new Span<byte>(place, _create.Length));
        FrameBuffer.WriteInt(place + 4, connection.Push(Loop.Now));
    }
}
