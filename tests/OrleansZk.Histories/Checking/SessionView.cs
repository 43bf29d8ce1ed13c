namespace OrleansZk.Histories.Checking;

/// <summary>What the checker knows of a session while it walks through a history.</summary>
internal sealed class SessionView(long id)
{
    public long Id => id;

    /// <summary>The newest zxid that any reply or event has shown it.</summary>
    public long Saw { get; set; }

    public TimeSpan Timeout { get; set; }

    /// <summary>When the newest request was sent that a leader has answered.</summary>
    public TimeSpan HeardAt { get; set; }

    /// <summary>The newest request that any server has answered, be it from what it had.</summary>
    public Operation? Served { get; set; }

    /// <summary>When its last connection was lost; null while it has one.</summary>
    public TimeSpan? LostAt { get; set; }
}

/// <summary>What the checker knows of a connection.</summary>
internal sealed class ConnectionView(ConnectionRecord record, StateHistory? states)
{
    public ConnectionRecord Record => record;

    /// <summary>When the client began to connect.</summary>
    public TimeSpan StartedAt { get; init; }

    public SessionView? Session { get; set; }

    public Queue<Operation> Outstanding { get; } = new();

    public WatchModel? Watches { get; } = states is null ? null : new WatchModel(states);

    /// <summary>Events without a zxid: told ahead of the answer to setWatches.</summary>
    public Queue<WatchedEvent> Missed { get; } = new();

    public bool IsOver { get; set; }
}
