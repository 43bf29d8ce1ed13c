namespace OrleansZk.Core.Operations;

/// <summary>setWatches2: setWatches with the watches that stay.</summary>
public sealed class SetWatches2() : WatchResetting(OpCode.SetWatches2, "STW2", withPersistent: true);
