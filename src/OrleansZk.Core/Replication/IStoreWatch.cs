namespace OrleansZk.Core.Replication;

/// <summary>Sees whether what a store keeps its data in is still where it was, for stores that a process writes to by itself. Thread-safe.</summary>
public interface IStoreWatch
{
    /// <summary>Looks for files and folders that were deleted, renamed, replaced or unmounted since the store was opened.</summary>
    /// <returns>What is missing, for people; null when all is there.</returns>
    string? FindMissing();
}
