using OrleansZk.Core.Replication;
using OrleansZk.Storage.Log;
namespace OrleansZk.Storage;
public sealed class EmbeddedStorageOptions { public string DataFolder {get;set;}=""; public long SegmentBytes {get;set;} public bool Sync {get;set;} }
internal static class TempExt {
  public static void AddEmbeddedStorage(this IServiceCollection s) {
    s.AddSingleton(p => OrleansZk.Storage.DataFolder.Open(p.GetRequiredService<Microsoft.Extensions.Options.IOptions<EmbeddedStorageOptions>>().Value.DataFolder));
    s.AddSingleton<ITransactionLog>(p => new SegmentLog(p.GetRequiredService<DataFolder>(), new SegmentLogOptions(), p.GetRequiredService<ILogger<SegmentLog>>()));
    s.AddSingleton<ICheckpointStore, NoStore>();
  }
}
#pragma warning disable
internal sealed class NoStore : ICheckpointStore {
  public ValueTask<EnsembleRecord> OpenAsync(CancellationToken c) => new(new EnsembleRecord(new byte[32]));
  public ValueTask<CheckpointHeader?> LoadAsync(ICheckpointLoader l, CancellationToken c) => new((CheckpointHeader?)null);
  public ValueTask WriteAsync(CheckpointHeader h, IEnumerable<IReadOnlyList<NodeChange>> n, IReadOnlyList<SessionChange> s, CancellationToken c) => throw new CheckpointException("temp");
  public ValueTask DisposeAsync() => default;
}
