using System.Buffers.Binary;
using System.IO.Hashing;
using OrleansZk.Core.Replication;
using OrleansZk.Storage.Log;
using OrleansZk.Storage.Tests.Support;
using static OrleansZk.Storage.Tests.Support.LogHarness;

namespace OrleansZk.Storage.Tests.Log;

public sealed class LogForeignFileTests
{
    private static readonly int[] Lengths = [3000, 3000, 3000, 10];

    [Fact]
    public async Task A_file_of_another_kind_under_a_segments_name_is_refused()
    {
        Dictionary<string, byte[]> files = await WrittenAsync(Lengths);
        string name = files.Keys.Order(StringComparer.Ordinal).ElementAt(1);
        files[name] = [.. "a text that somebody has put there, for whatever reason, long enough for a header"u8];

        await ShouldBeRefusedAsync(files, name, "does not begin as a log segment does");
    }

    [Fact]
    public async Task A_segment_of_another_log_is_refused()
    {
        Dictionary<string, byte[]> files = await WrittenAsync(Lengths);
        Dictionary<string, byte[]> others = await WrittenAsync(Lengths);
        string name = files.Keys.Order(StringComparer.Ordinal).ElementAt(1);
        files[name] = others[name];

        await ShouldBeRefusedAsync(files, name, "another log");
    }

    [Fact]
    public async Task A_segment_of_a_newer_format_is_refused()
    {
        Dictionary<string, byte[]> files = await WrittenAsync(Lengths);
        (string name, byte[] content) = files.First();
        BinaryPrimitives.WriteInt32LittleEndian(content.AsSpan(8), 2);
        BinaryPrimitives.WriteUInt64LittleEndian(content.AsSpan(56), XxHash3.HashToUInt64(content.AsSpan(0, 56)));

        await ShouldBeRefusedAsync(files, name, "format version 2");
    }

    [Theory]
    [InlineData("0000000000000001.LOG")]
    [InlineData("notes.log")]
    [InlineData("00000001.log")]
    [InlineData("000000010000000A.log")]
    public async Task A_log_file_by_a_name_that_no_segment_has_is_refused(string name)
    {
        Dictionary<string, byte[]> files = await WrittenAsync(10);
        files[name] = [1];

        await ShouldBeRefusedAsync(files, name, "16 small hexadecimal digits");
    }

    [Fact]
    public async Task Files_of_other_kinds_are_let_be()
    {
        Dictionary<string, byte[]> files = await WrittenAsync(10);
        files["README.txt"] = [1];
        SimulatedDisk disk = SimulatedDisk.Of(files);
        await using SegmentLog log = Create(disk);
        await log.OpenAsync(Cancellation);

        disk.List().ShouldContain("README.txt");
    }

    [Fact]
    public async Task A_segment_under_another_segments_name_is_refused()
    {
        Dictionary<string, byte[]> files = await WrittenAsync(Lengths);
        string[] names = [.. files.Keys.Order(StringComparer.Ordinal)];
        files[names[2]] = files[names[1]];

        await ShouldBeRefusedAsync(files, names[2], "renamed or copied");
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(1, 2)]
    public async Task A_missing_segment_is_named_by_its_neighbours(int first, int count)
    {
        Dictionary<string, byte[]> files = await WrittenAsync([.. Lengths, 3000, 3000]);
        string[] names = [.. files.Keys.Order(StringComparer.Ordinal)];
        names.Length.ShouldBeGreaterThan(3);
        foreach (string name in names.Skip(first).Take(count))
        {
            files.Remove(name);
        }

        await ShouldBeRefusedAsync(files, names[first - 1], names[first + count], "missing");
    }

    [Fact]
    public async Task An_empty_last_segment_is_a_crashs_own_and_goes()
    {
        Dictionary<string, byte[]> files = await WrittenAsync(Lengths);
        files["0000000f00000000.log"] = [];
        SimulatedDisk disk = SimulatedDisk.Of(files);
        var logger = new ListLogger<SegmentLog>();
        await using var log = new SegmentLog(disk, Plain, logger);

        (await log.OpenAsync(Cancellation)).ShouldBe(new LogPosition(1, (1L << 32) + Lengths.Length));
        disk.List().ShouldNotContain("0000000f00000000.log");
        logger.Warnings.ShouldHaveSingleItem().ShouldContain("0000000f00000000.log");
    }

    [Fact]
    public async Task An_empty_segment_in_the_middle_is_refused()
    {
        Dictionary<string, byte[]> files = await WrittenAsync(Lengths);
        string name = files.Keys.Order(StringComparer.Ordinal).ElementAt(1);
        files[name] = [];

        await ShouldBeRefusedAsync(files, name);
    }

    [Fact]
    public async Task A_segment_that_was_being_prepared_goes()
    {
        Dictionary<string, byte[]> files = await WrittenAsync(10);
        files[SegmentFile.PreparedName] = [1, 2, 3];
        SimulatedDisk disk = SimulatedDisk.Of(files);
        await using SegmentLog log = Create(disk);
        await log.OpenAsync(Cancellation);

        disk.List().ShouldNotContain(SegmentFile.PreparedName);
    }

    private static async Task ShouldBeRefusedAsync(Dictionary<string, byte[]> files, params string[] said)
    {
        SimulatedDisk disk = SimulatedDisk.Of(files);
        await using SegmentLog log = Create(disk);
        LogCorruptException exception = await Should.ThrowAsync<LogCorruptException>(async () => await log.OpenAsync(Cancellation));
        foreach (string part in said)
        {
            exception.Message.ShouldContain(part);
        }

        // A refusal leaves everything as it is, for whoever repairs it.
        Dictionary<string, byte[]> after = disk.Snapshot();
        after.Keys.Order().ShouldBe(files.Keys.Order());
        foreach ((string name, byte[] content) in files)
        {
            after[name].ShouldBe(content, name);
        }
    }
}
