using OrleansZk.Model.Histories;

namespace OrleansZk.Model.State;

/// <summary>A client's session, which may have had several connections.</summary>
internal sealed class ModelSession
{
    /// <summary>Known once the client has been told.</summary>
    public long Id { get; set; }

    /// <summary>As the log says: negotiated when the session was created or resumed last, milliseconds.</summary>
    public int LoggedTimeout { get; set; }

    /// <summary>True from when its creation is sequenced until its end is.</summary>
    public bool IsAlive { get; set; }

    /// <summary>As negotiated last.</summary>
    public int Timeout { get; set; }

    /// <summary>Who may speak for it; null after a restart.</summary>
    public ModelConnection? Owner { get; set; }

    public long Deadline { get; set; }

    /// <summary>The connection that its client was given last: what others say for it is not heard.</summary>
    public ModelConnection? Speaker { get; set; }
}

/// <summary>A connection: what it waits for, and what its client must have received.</summary>
internal sealed class ModelConnection
{
    public required ModelSession Session { get; init; }

    /// <summary>As the client will be told, milliseconds.</summary>
    public required int Timeout { get; init; }

    public required List<AclId> Identities { get; init; }

    /// <summary>What the handshake came to; null while it is on its way.</summary>
    public bool? Accepted { get; set; }

    public bool IsOpen { get; set; } = true;

    public long LastHeard { get; set; }

    public ModelWatches Watches { get; } = new();

    /// <summary>Requests without an answer: writes by what was sequenced, everything else with the identities of its time.</summary>
    public Queue<(Sequenced? Write, Op Op, IReadOnlyList<AclId> Identities, int Xid)> Pending { get; } = new();

    public List<Received> Expected { get; } = [];

    public void End()
    {
        IsOpen = false;
        Pending.Clear();
    }
}

internal enum SequencedKind
{
    Open,
    Attach,
    Write,
    Close,
    Reap,
}

/// <summary>Something in the leader's order.</summary>
internal sealed record Sequenced(SequencedKind Kind, ModelConnection? Connection, ModelSession? Session, WriteOp? Op, string? Path)
{
    public Asker Asker { get; set; } = new(0, [], ErrorCode.Ok, 0, 0);

    /// <summary>What the leader made of it.</summary>
    public Outcome Outcome { get; set; } = Outcome.Refused(ErrorCode.Ok);
}
