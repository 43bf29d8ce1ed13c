namespace OrleansZk.LoadGenerator;

/// <summary>Decides which requests go out when. Called by the <see cref="EventLoop"/> only.</summary>
internal abstract unsafe class Workload
{
    protected EventLoop Loop { get; private set; } = null!;

    /// <summary>Set when the time is over: no new requests any more.</summary>
    public bool Stopping { get; set; }

    /// <summary>Whether a good reply is an operation by itself.</summary>
    public virtual bool CountsReplies => true;

    /// <summary>Whether the run may end once no reply is outstanding.</summary>
    public virtual bool Idle => true;

    public void Attach(EventLoop loop)
    {
        Loop = loop;
        Stopping = false;
    }

    /// <summary>Puts the first requests of a connection into the loop's out buffer.</summary>
    public abstract void Start(Connection connection);

    /// <summary>A reply has come; new requests may be put into the loop's out buffer.</summary>
    public virtual void OnReply(Connection connection, int xid, byte* frame, int length, bool good)
    {
    }

    /// <summary>A watch event has come.</summary>
    public virtual void OnEvent(Connection connection) => Loop.Measurement.Error("an event nobody asked for");

    /// <summary>All replies received at once are handled; the same number of new requests may go out at once.</summary>
    public virtual void OnBatch(Connection connection, int replies)
    {
    }

    public virtual void OnClosed(Connection connection)
    {
    }
}
