using OrleansZk.Core.Replication;
using OrleansZk.Storage.Log;
using OrleansZk.Storage.Tests.Support;
using static OrleansZk.Storage.Tests.Support.LogHarness;

namespace OrleansZk.Storage.Tests.Log;

/// <summary>Damage that a crash cannot explain is named; what a crash leaves is cut; nothing else is ever missing.</summary>
public sealed class LogDamageTests
{
    private static readonly int[] Lengths = [40, 0, 133, 64, 7];

    [Theory]
    [InlineData(0)]
    [InlineData(256)]
    public async Task Every_flipped_bit_is_found_or_costs_the_last_record_only(int zerosBehind)
    {
        (string name, byte[] sound) = (await WrittenAsync(Lengths)).Single();
        long lastRecord = sound.Length - RecordHeader.RecordLengthOf(Lengths[^1]);
        Array.Resize(ref sound, sound.Length + zerosBehind);
        List<LogGroup> all = Expected(Lengths.Length);
        for (int bit = 0; bit < sound.Length * 8; bit++)
        {
            byte[] damaged = [.. sound];
            damaged[bit / 8] ^= (byte)(1 << (bit % 8));
            List<LogGroup>? found = await TryReadAsync(new() { [name] = damaged });
            if (found is null)
            {
                (bit / 8).ShouldBeLessThan((int)lastRecord, "the last record may be torn");
            }
            else
            {
                (bit / 8).ShouldBeGreaterThanOrEqualTo((int)lastRecord, $"bit {bit} was overlooked");
                found.ShouldBeGroups(bit / 8 < sound.Length - zerosBehind ? all[..^1] : all);
            }
        }
    }

    [Fact]
    public async Task Every_flipped_byte_of_a_full_segment_is_found()
    {
        Dictionary<string, byte[]> files = await WrittenAsync(100, 1500, 2500, 30);
        string first = files.Keys.Min(StringComparer.Ordinal)!;
        files.Count.ShouldBe(2);
        for (int position = 0; position < files[first].Length; position++)
        {
            byte[] damaged = [.. files[first]];
            damaged[position] ^= 0x40;
            (await TryReadAsync(new(files) { [first] = damaged })).ShouldBeNull($"byte {position} was overlooked");
        }
    }

    [Fact]
    public async Task A_full_segment_that_lost_its_end_is_found()
    {
        Dictionary<string, byte[]> files = await WrittenAsync(100, 1500, 2500, 30);
        string first = files.Keys.Min(StringComparer.Ordinal)!;
        for (int length = 0; length < files[first].Length; length++)
        {
            (await TryReadAsync(new(files) { [first] = files[first][..length] })).ShouldBeNull($"length {length} was overlooked");
        }
    }

    public enum Tail
    {
        /// <summary>The file ends there.</summary>
        Missing,

        /// <summary>Preallocated zeros that were not overwritten.</summary>
        Zeros,

        Garbage,
    }

    [Theory]
    [InlineData(Tail.Missing)]
    [InlineData(Tail.Zeros)]
    [InlineData(Tail.Garbage)]
    public async Task A_last_record_torn_at_any_byte_is_cut_and_the_log_goes_on(Tail tail)
    {
        (string name, byte[] sound) = (await WrittenAsync(Lengths)).Single();
        int lastRecord = sound.Length - (int)RecordHeader.RecordLengthOf(Lengths[^1]);
        var random = new Random(1);
        for (int torn = lastRecord; torn < sound.Length - 1; torn++)
        {
            byte[] content = tail == Tail.Missing ? sound[..torn] : [.. sound];
            if (tail == Tail.Zeros)
            {
                content.AsSpan(torn).Clear();
            }
            else if (tail == Tail.Garbage)
            {
                random.NextBytes(content.AsSpan(torn));
            }

            // Zeros at the end of the record may be its padding, and it is whole then.
            bool whole = content.AsSpan().SequenceEqual(sound);
            List<LogGroup> kept = Expected(Lengths.Length - (whole ? 0 : 1));
            SimulatedDisk disk = SimulatedDisk.Of([KeyValuePair.Create(name, content)]);
            var logger = new ListLogger<SegmentLog>();
            await using var log = new SegmentLog(disk, Plain, logger);
            long zxid = await log.LeadAsync();
            (await log.ReadAllAsync()).ShouldBeGroups(kept, $"torn at {torn}");
            logger.Warnings.Any().ShouldBe(!whole && content.AsSpan(Math.Min(content.Length, lastRecord)).ContainsAnyExcept((byte)0));

            await log.AppendAsync(Group(zxid + 1, 20), Cancellation);
            await using SegmentLog again = Create(disk);
            await again.OpenAsync(Cancellation);
            (await again.ReadAllAsync()).ShouldBeGroups([.. kept, Group(zxid + 1, 20)]);
        }
    }

    [Fact]
    public async Task The_message_names_file_record_and_byte()
    {
        (string name, byte[] content) = (await WrittenAsync(Lengths)).Single();
        content[SegmentHeader.Length + (2 * RecordHeader.Length) + 3] ^= 1; // In the first group's payload; before it the epoch.

        LogCorruptException exception = await CorruptAsync(new() { [name] = content });

        exception.Message.ShouldContain(name);
        exception.Message.ShouldContain("record 2 at byte 104");
        exception.Message.ShouldContain("checksum");
    }

    [Fact]
    public async Task Bytes_behind_the_extent_of_a_torn_record_are_corruption()
    {
        (string name, byte[] content) = (await WrittenAsync(Lengths)).Single();
        content[^3] ^= 1;
        Array.Resize(ref content, content.Length + 100);
        content[^1] = 1;

        (await CorruptAsync(new() { [name] = content })).Message.ShouldContain(name);
    }

    [Fact]
    public async Task Damage_after_opening_is_found_by_the_reader()
    {
        (string name, byte[] content) = (await WrittenAsync(Lengths)).Single();
        SimulatedDisk disk = SimulatedDisk.Of([KeyValuePair.Create(name, content)]);
        await using SegmentLog log = Create(disk);
        await log.OpenAsync(Cancellation);
        using (var file = disk.Open(name, write: true))
        {
            file.Write([0xFF], 150);
        }

        await Should.ThrowAsync<LogCorruptException>(() => log.ReadAllAsync());
    }

    private static List<LogGroup> Expected(int count) => [.. Enumerable.Range(0, count).Select(i => Group((1L << 32) + 1 + i, Lengths[i]))];

    private static async Task<LogCorruptException> CorruptAsync(Dictionary<string, byte[]> files)
    {
        await using SegmentLog log = Create(SimulatedDisk.Of(files));
        return await Should.ThrowAsync<LogCorruptException>(async () => await log.OpenAsync(Cancellation));
    }

    /// <summary>All groups, or null when the log was refused as corrupt.</summary>
    private static async Task<List<LogGroup>?> TryReadAsync(Dictionary<string, byte[]> files)
    {
        await using SegmentLog log = Create(SimulatedDisk.Of(files));
        try
        {
            await log.OpenAsync(Cancellation);
        }
        catch (LogCorruptException)
        {
            return null;
        }

        return await log.ReadAllAsync();
    }
}
