namespace OrleansZk.LoadGenerator.Workloads;

/// <summary>
/// Rounds: all connections but the last watch one node, the last one changes it, everybody gets the event and reads the
/// node with a new watch; the next round begins when all have. An operation is an event; its latency counts from the change.
/// </summary>
internal sealed unsafe class WatchWorkload : Workload
{
    private readonly int _watchers;
    private readonly byte[] _read;
    private readonly byte[] _change;
    private bool _changeConfirmed = true;
    private long _changed;
    private int _armed;
    private int _told;

    public WatchWorkload(string prefix, int watchers)
    {
        _watchers = watchers;
        using var frames = new FrameBuffer();
        Request.ReadNode(frames, 0, prefix, 0, Names.Digits, watch: true);
        _read = frames.Written.ToArray();
        frames.Clear();
        Request.WriteNode(frames, 0, prefix, 0, Names.Digits);
        _change = frames.Written.ToArray();
    }

    /// <summary>Time from a change to the last of its events.</summary>
    public Histogram LastEvent { get; } = new();

    public long Rounds { get; private set; }

    public override bool CountsReplies => false;

    public override bool Idle => Stopping && _changeConfirmed && _armed == _watchers;

    public override void Start(Connection connection)
    {
        if (connection.Index < _watchers)
        {
            Arm(connection);
        }
    }

    public override void OnReply(Connection connection, int xid, byte* frame, int length, bool good)
    {
        if (connection.Index < _watchers)
        {
            _armed++;
        }
        else
        {
            _changeConfirmed = true;
        }

        if (_armed == _watchers && _changeConfirmed)
        {
            Change();
        }
    }

    public override void OnEvent(Connection connection)
    {
        long latency = Loop.Now - _changed;
        Loop.Measurement.Count(latency);
        if (++_told > _watchers)
        {
            Loop.Measurement.Error("more events than watches");
        }

        if (_told == _watchers && Loop.Measurement.Active)
        {
            LastEvent.Add(latency);
            Rounds++;
        }

        Arm(connection);
    }

    public override void OnClosed(Connection connection) => Loop.Abort();

    private void Change()
    {
        if (Stopping)
        {
            return;
        }

        _changeConfirmed = false;
        _armed = 0;
        _told = 0;
        _changed = Loop.Now;
        Connection writer = Loop[_watchers];
        fixed (byte* change = _change)
        {
            FrameBuffer.WriteInt(change + 4, writer.Push(Loop.Now));
        }

        Loop.Send(writer, _change);
    }

    private void Arm(Connection connection)
    {
        byte* place = Loop.Out.Reserve(_read.Length);
        _read.CopyTo(new Span<byte>(place, _read.Length));
        FrameBuffer.WriteInt(place + 4, connection.Push(Loop.Now));
    }
}
