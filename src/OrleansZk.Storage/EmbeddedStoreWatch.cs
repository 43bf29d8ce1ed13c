using OrleansZk.Core.Replication;
using OrleansZk.Storage.Checkpoints;
using OrleansZk.Storage.Log;

namespace OrleansZk.Storage;

/// <summary>Sees whether the data folder, and the files of log and checkpoint in it, are still what was opened.</summary>
internal sealed class EmbeddedStoreWatch(DataFolder folder, SegmentLog log, SqliteCheckpointStore checkpoints) : IStoreWatch
{
    public string? FindMissing() => folder.IsInPlace ? log.FindMissing() ?? checkpoints.FindMissing() : folder.FullPath;
}
