using System.Security.Cryptography;
using Microsoft.Extensions.Logging.Abstractions;
using OrleansZk.Core.Replication;
using OrleansZk.Storage.Files;
using OrleansZk.Storage.Log;

namespace OrleansZk.Storage.Tests.Support;

/// <summary>Short ways to do with a log what nearly every test of it does.</summary>
internal static class LogHarness
{
    /// <summary>Small segments and no thread that writes ahead, so that a test decides what is in a file.</summary>
    public static SegmentLogOptions Plain { get; } = new() { SegmentBytes = 4096, PreallocationBytes = 0, Spin = TimeSpan.Zero };

    public static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public static SegmentLog Create(Disk disk, SegmentLogOptions? options = null) =>
        new(disk, options ?? Plain, NullLogger.Instance);

    /// <summary>A group whose bytes follow from its zxid, so that a reader can tell whether they are the right ones.</summary>
    public static LogGroup Group(long zxid, int length) => new(zxid, zxid, Bytes(zxid, length));

    public static byte[] Bytes(long zxid, int length)
    {
        var bytes = new byte[length];
        new Random((int)(zxid ^ (zxid >> 32))).NextBytes(bytes);
        return bytes;
    }

    /// <summary>Claims the epoch after the log's own.</summary>
    public static ValueTask<long> ClaimNextEpochAsync(this SegmentLog log) => log.ClaimEpochAsync(log.Epoch, CancellationToken.None);

    /// <summary>Opens the log and claims the next epoch.</summary>
    /// <returns>The zxid before the first of the epoch.</returns>
    public static async Task<long> LeadAsync(this SegmentLog log)
    {
        await log.OpenAsync(Cancellation);
        return await log.ClaimNextEpochAsync() << 32;
    }

    public static async Task<List<LogGroup>> ReadAllAsync(this SegmentLog log, long afterZxid = 0)
    {
        var groups = new List<LogGroup>();
        await foreach (LogGroup group in log.ReadAsync(afterZxid, Cancellation))
        {
            groups.Add(group);
        }

        return groups;
    }

    /// <summary>A log of one epoch with groups of the given lengths, as files.</summary>
    public static async Task<Dictionary<string, byte[]>> WrittenAsync(params int[] lengths)
    {
        var disk = new SimulatedDisk();
        await using SegmentLog log = Create(disk);
        long zxid = await log.LeadAsync();
        foreach (int length in lengths)
        {
            await log.AppendAsync(Group(++zxid, length), Cancellation);
        }

        return disk.Snapshot();
    }

    /// <summary>Compares by content, and names the first difference only.</summary>
    public static void ShouldBeGroups(this IReadOnlyList<LogGroup> actual, IReadOnlyList<LogGroup> expected, string where = "")
    {
        for (int i = 0; i < Math.Max(actual.Count, expected.Count); i++)
        {
            Describe(actual, i).ShouldBe(Describe(expected, i), $"group {i} {where}");
        }
    }

    private static string Describe(IReadOnlyList<LogGroup> groups, int index) => index < groups.Count
        ? $"{groups[index].FirstZxid:x}-{groups[index].LastZxid:x}, {groups[index].Bytes.Length} bytes, "
            + $"{Convert.ToHexString(SHA256.HashData(groups[index].Bytes.Span)).AsSpan(0, 12)}"
        : "none";
}
