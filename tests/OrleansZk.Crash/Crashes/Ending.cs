namespace OrleansZk.Crash.Crashes;

/// <summary>How a round ends.</summary>
internal enum Ending
{
    /// <summary>SIGKILL at a random moment under load.</summary>
    Kill,

    /// <summary>SIGKILL while the checkpoint is being written.</summary>
    KillAtCheckpoint,

    /// <summary>SIGKILL, and again while the server starts and recovers.</summary>
    KillWhileStarting,

    /// <summary>SIGTERM under load: everything that was accepted is finished.</summary>
    Terminate,

    /// <summary>SIGKILL, and bytes that are no record behind the log's end.</summary>
    Garbage,

    /// <summary>SIGKILL, and the log cut somewhere among records whose writes nobody had an answer to.</summary>
    CutTail,

    /// <summary>SIGKILL, and the log cut among records whose writes were acknowledged: no crash does that, and it must be noticed.</summary>
    LoseTail,
}
