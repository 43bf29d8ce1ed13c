namespace OrleansZk.Core.Operations;

/// <summary>setWatches: the three kinds of watches that fire once.</summary>
public sealed class SetWatches() : WatchResetting(OpCode.SetWatches, "SETW", withPersistent: false);
