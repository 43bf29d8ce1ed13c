using Microsoft.Extensions.Logging.Abstractions;
using OrleansZk.Core.Replication;
using OrleansZk.Core.Tree;
using OrleansZk.Storage.Checkpoints;

namespace OrleansZk.Storage.Tests.Support;

/// <summary>Short ways to do with a checkpoint what nearly every test of it does.</summary>
internal static class CheckpointHarness
{
    public static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public static SqliteCheckpointStore Create(DataFolder folder) => new(folder, sync: false, NullLogger<SqliteCheckpointStore>.Instance);

    public static CheckpointHeader Header(long zxid) => new(zxid, ulong.MaxValue - (ulong)zxid, zxid * 1000);

    public static NodeChange Put(NodeImage node) => new(false, node);

    public static NodeChange Drop(string path) => new(true, new NodeImage { Path = path });

    public static ValueTask WriteAsync(this SqliteCheckpointStore store, long zxid, params NodeChange[] nodes) =>
        store.WriteAsync(Header(zxid), [nodes], [], Cancellation);

    /// <summary>Moves the checkpoint on from wherever it stands.</summary>
    public static async ValueTask WriteAsync(
        this SqliteCheckpointStore store,
        CheckpointHeader header,
        IEnumerable<IReadOnlyList<NodeChange>> nodes,
        IReadOnlyList<SessionChange> sessions,
        CancellationToken cancellationToken) =>
        await store.WriteAsync(await store.ReadHeaderAsync(cancellationToken), header, nodes, sessions, cancellationToken);

    public static async Task<RecordingLoader> LoadAsync(this SqliteCheckpointStore store, long expectedZxid)
    {
        var loader = new RecordingLoader();
        (await store.LoadAsync(loader, Cancellation)).ShouldBe(Header(expectedZxid));
        return loader;
    }

    /// <summary>Compares whatever the order.</summary>
    public static void ShouldBeNodes(this IEnumerable<NodeImage> actual, IEnumerable<NodeImage> expected) =>
        actual.Select(Describe).Order(StringComparer.Ordinal).ShouldBe(expected.Select(Describe).Order(StringComparer.Ordinal));

    private static string Describe(NodeImage node)
    {
        string data = node.Data is null ? "null" : Convert.ToHexString(node.Data);
        string acl = string.Join(',', node.Acl.Select(entry => $"{Escape(entry.Id.Scheme)}:{Escape(entry.Id.Id)}:{(int)entry.Permissions}"));
        return $"{Escape(node.Path)} {data} [{acl}] {node with { Path = "", Data = null, Acl = null! }}";
    }

    private static string Escape(string text) => string.Concat(text.Select(c => c is < ' ' or > '~' ? $"\\u{(int)c:x4}" : c.ToString()));
}
