namespace OrleansZk.Model.Histories;

/// <summary>One step of a history. A step that cannot be taken when its turn comes is skipped, so that histories can be shrunk at will.</summary>
internal abstract record Step;

/// <summary>A client opens a session.</summary>
/// <param name="Slot">Which of the few clients.</param>
internal sealed record OpenStep(int Slot, int Timeout) : Step;

/// <summary>A client sends requests in one packet.</summary>
/// <param name="ByOld">True when it goes through the connection that the client had before, and which the server has not ended yet.</param>
internal sealed record SendStep(int Slot, IReadOnlyList<Op> Ops, bool ByOld = false) : Step
{
    public override string ToString() => $"Send {Slot}{(ByOld ? " by the old connection" : "")}: {string.Join("  ;  ", Ops)}";
}

internal sealed record DisconnectStep(int Slot) : Step;

/// <summary>A client resumes its session, whether or not its connection is still there.</summary>
internal sealed record ResumeStep(int Slot, int Timeout, bool RightPassword) : Step;

internal sealed record AdvanceStep(int Milliseconds) : Step;

internal sealed record ReapStep : Step;

/// <summary>Appends are held back from now on.</summary>
internal sealed record HoldStep : Step;

internal sealed record ReleaseStep(bool All) : Step;

internal sealed record CheckpointStep(bool Fails) : Step;

internal sealed record RestartStep(bool KeepHeld) : Step;
