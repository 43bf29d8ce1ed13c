using System.Globalization;
using Microsoft.Extensions.Logging.Abstractions;
using OrleansZk.Core.Replication;
using OrleansZk.Storage.Checkpoints;
using OrleansZk.Storage.Log;

namespace OrleansZk.Storage.Tests.Support;

/// <summary>What child processes do. Each ends with its standard input, should its parent die.</summary>
internal static class ChildRoles
{
    public static async Task HoldFolderAsync(string folder)
    {
        using DataFolder held = DataFolder.Open(folder);
        Say("open");
        await UntilParentEndsAsync();
    }

    /// <summary>Appends groups whose lengths follow from their zxids, and says each zxid once it is acknowledged.</summary>
    public static async Task AppendAsync(string folder)
    {
        using DataFolder held = DataFolder.Open(folder);
        await using var log = new SegmentLog(held, new SegmentLogOptions { SegmentBytes = 1 << 20 }, NullLogger<SegmentLog>.Instance);
        await log.OpenAsync(CancellationToken.None);
        long epoch = await log.ClaimNextEpochAsync() << 32;
        for (long zxid = epoch + 1; zxid < epoch + 100_000; zxid++)
        {
            await log.AppendAsync(LogHarness.Group(zxid, LengthOf(zxid)), CancellationToken.None);
            Say(zxid.ToString(CultureInfo.InvariantCulture));
        }

        await UntilParentEndsAsync();
    }

    public static int LengthOf(long zxid) => (int)(zxid % 100 == 0 ? 50_000 : zxid % 977);

    /// <summary>Begins a checkpoint that replaces all nodes, and stops in the middle of it.</summary>
    public static async Task BeginCheckpointAsync(string folder)
    {
        using DataFolder held = DataFolder.Open(folder);
        await using var store = new SqliteCheckpointStore(held, sync: true, NullLogger<SqliteCheckpointStore>.Instance);
        await store.OpenAsync(CancellationToken.None);
        await store.WriteAsync(await store.ReadHeaderAsync(CancellationToken.None), new CheckpointHeader(99, 99, 99), Nodes(), [new SessionChange(false, 99, 99, 99)], CancellationToken.None);

        static IEnumerable<IReadOnlyList<NodeChange>> Nodes()
        {
            yield return [new NodeChange(true, TestNodes.Node("/b"))];

            // More than SQLite keeps in memory, so that some of it is in the file already.
            for (int i = 0; i < 200; i++)
            {
                yield return [.. Enumerable.Range(0, 100).Select(j => new NodeChange(false, TestNodes.Node($"/a/{i:d3}-{j:d3}", new byte[500])))];
            }

            Say("in the middle");
            UntilParentEndsAsync().GetAwaiter().GetResult();
        }
    }

    private static void Say(string line)
    {
        Console.Out.WriteLine(line);
        Console.Out.Flush();
    }

    private static async Task UntilParentEndsAsync()
    {
        while (await Console.In.ReadLineAsync() is not null)
        {
        }
    }
}
