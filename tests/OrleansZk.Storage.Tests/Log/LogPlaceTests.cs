using Microsoft.Extensions.Logging.Abstractions;
using OrleansZk.Core.Replication;
using OrleansZk.Storage.Log;
using OrleansZk.Storage.Tests.Support;
using static OrleansZk.Storage.Tests.Support.LogHarness;

namespace OrleansZk.Storage.Tests.Log;

/// <summary>Files and folders that are taken away from under a log: what would be written where nobody finds it is not acknowledged.</summary>
public sealed class LogPlaceTests
{
    public static TheoryData<string> Losses => new("delete file", "rename file", "replace file", "delete folder", "rename folder", "replace folder");

    [Theory]
    [MemberData(nameof(Losses))]
    public async Task The_next_append_fails_and_so_does_every_later_one(string loss)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "elsewhere an open file cannot be taken away, or is not told from another");
        using var temporary = new TempFolder();
        using DataFolder folder = DataFolder.Open(Path.Combine(temporary.Path, "data"));
        await using var log = new SegmentLog(folder, Plain, NullLogger<SegmentLog>.Instance);
        long zxid = await log.LeadAsync();
        await log.AppendAsync(Group(zxid + 1, 100), Cancellation);
        log.FindMissing().ShouldBeNull();
        Take(loss, folder.FullPath, Directory.GetFiles(folder.LogFolder).Single());

        log.FindMissing().ShouldNotBeNull();
        (await Should.ThrowAsync<IOException>(async () => await log.AppendAsync(Group(zxid + 2, 100), Cancellation))).Message
            .ShouldContain("was deleted, renamed, replaced or unmounted");
        await Should.ThrowAsync<IOException>(async () => await log.AppendAsync(Group(zxid + 2, 100), Cancellation));
        await Should.ThrowAsync<IOException>(async () => await log.ClaimEpochAsync(1, Cancellation));
    }

    [Fact]
    public async Task A_full_segment_that_is_taken_away_is_missed_and_one_that_a_checkpoint_covers_is_not()
    {
        using var temporary = new TempFolder();
        using DataFolder folder = DataFolder.Open(Path.Combine(temporary.Path, "data"));
        await using var log = new SegmentLog(folder, Plain, NullLogger<SegmentLog>.Instance);
        long zxid = await log.LeadAsync();
        for (int i = 1; i <= 10; i++)
        {
            await log.AppendAsync(Group(zxid + i, 2000), Cancellation);
        }

        string[] segments = [.. Directory.GetFiles(folder.LogFolder).Order(StringComparer.Ordinal)];
        segments.Length.ShouldBeGreaterThan(3);
        await log.TruncateAsync(zxid + 3, Cancellation);
        File.Exists(segments[0]).ShouldBeFalse();
        log.FindMissing().ShouldBeNull();
        File.Delete(segments[^2]);
        log.FindMissing().ShouldBe(segments[^2]);
    }

    private static void Take(string loss, string folder, string file)
    {
        switch (loss)
        {
            case "delete file":
                File.Delete(file);
                break;
            case "rename file":
                File.Move(file, file + ".old");
                break;
            case "replace file":
                File.Copy(file, file + ".copy");
                File.Move(file + ".copy", file, overwrite: true);
                break;
            case "delete folder":
                Directory.Delete(folder, recursive: true);
                break;
            case "rename folder":
                Directory.Move(folder, folder + ".old");
                break;
            default:
                Directory.Move(folder, folder + ".old");
                Directory.CreateDirectory(Path.GetDirectoryName(file)!);
                File.Copy(file.Replace(folder, folder + ".old", StringComparison.Ordinal), file);
                break;
        }
    }
}
