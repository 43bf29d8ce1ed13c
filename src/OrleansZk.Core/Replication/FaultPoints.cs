namespace OrleansZk.Core.Replication;

/// <summary>Where a test may make the engine throw.</summary>
internal enum FaultPoint
{
    /// <summary>The sequencer, before it decides on what was submitted.</summary>
    Sequence,

    /// <summary>The preparation of one request, after it has changed the overlay.</summary>
    Prepare,

    /// <summary>The encoding of one decided request.</summary>
    Encode,

    /// <summary>The committer, before a group goes to the log.</summary>
    Commit,

    /// <summary>The committer, before other servers hear of a group.</summary>
    Tell,

    /// <summary>The publisher, before the replica applies a group.</summary>
    Publish,

    /// <summary>The application of one transaction, before it changes the tree.</summary>
    Apply,

    /// <summary>The application of one transaction, after it has changed the tree.</summary>
    Applied,

    /// <summary>The answer to one request, or an event, before any of it is written for its client.</summary>
    Answer,

    /// <summary>A periodic duty.</summary>
    Duty,
}

/// <summary>Makes the engine throw where a test wants it to. Null, it costs a comparison.</summary>
/// <param name="pass">Called at every point that is passed; what it throws is thrown there.</param>
internal sealed class FaultPoints(Action<FaultPoint> pass)
{
    public void Pass(FaultPoint point) => pass(point);
}
