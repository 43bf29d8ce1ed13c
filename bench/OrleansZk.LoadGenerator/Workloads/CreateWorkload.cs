namespace OrleansZk.LoadGenerator.Workloads;

/// <summary>Persistent nodes under a parent per connection, from a frame whose number counts up in place.</summary>
internal sealed unsafe class CreateWorkload : Workload
{
    private readonly byte[][] _templates;
    private readonly int _digitsAt;

    public CreateWorkload(string root, int connections)
    {
        using var frames = new FrameBuffer();
        _templates = new byte[connections][];
        for (int i = 0; i < connections; i++)
        {
            string prefix = Names.ChildrenOf(root, i);
            frames.Clear();
            Request.CreateNode(frames, 0, prefix, 0, Names.Digits, Request.DataLength);
            _templates[i] = frames.Written.ToArray();
            _digitsAt = 16 + prefix.Length;
        }
    }

    public override void Start(Connection connection)
    {
        connection.Position = 0;
        OnBatch(connection, Loop.Depth);
    }

    public override void OnBatch(Connection connection, int replies)
    {
        if (Stopping)
        {
            return;
        }

        byte[] template = _templates[connection.Index];
        for (int i = 0; i < replies; i++)
        {
            byte* place = Loop.Out.Reserve(template.Length);
            template.CopyTo(new Span<byte>(place, template.Length));
            FrameBuffer.WriteInt(place + 4, connection.Push(Loop.Now));
            Increment(template.AsSpan(_digitsAt, Names.Digits));
        }

        connection.Position += replies;
    }

    private static void Increment(Span<byte> digits)
    {
        for (int i = digits.Length - 1; i >= 0; i--)
        {
            if (digits[i] != (byte)'9')
            {
                digits[i]++;
                return;
            }

            digits[i] = (byte)'0';
        }
    }
}
