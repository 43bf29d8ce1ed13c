using OrleansZk.Protocol;

namespace OrleansZk.Unit.Protocol;

public sealed class JuteWriterTests
{
    [Fact]
    public void Numbers_are_big_endian()
    {
        var writer = new JuteWriter();
        writer.WriteInt(0x01020304);
        writer.WriteLong(0x05060708090A0B0C);
        writer.WriteBool(true);

        writer.Written.ToArray().ShouldBe([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 1]);
    }

    [Theory]
    [InlineData("")]
    [InlineData("ascii")]
    [InlineData("žluťoučký")]
    [InlineData("日本語")]
    public void Strings_come_back(string text)
    {
        var writer = new JuteWriter();
        writer.WriteString(text);

        new JuteReader(writer.Written).ReadString().ShouldBe(text);
    }

    [Fact]
    public void A_stat_has_its_fields_in_wire_order()
    {
        var writer = new JuteWriter();
        writer.WriteStat(new Stat(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11));

        writer.Length.ShouldBe(Stat.EncodedLength);
        Stat.EncodedLength.ShouldBe(68);
        var reader = new JuteReader(writer.Written);
        long[] fields =
        [
            reader.ReadLong(), reader.ReadLong(), reader.ReadLong(), reader.ReadLong(), reader.ReadInt(), reader.ReadInt(), reader.ReadInt(),
            reader.ReadLong(), reader.ReadInt(), reader.ReadInt(), reader.ReadLong(),
        ];
        fields.ShouldBe([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
    }

    [Fact]
    public void What_was_written_survives_growth()
    {
        var writer = new JuteWriter();
        byte[] block = [.. Enumerable.Range(0, 1000).Select(i => (byte)i)];
        for (int i = 0; i < 100; i++)
        {
            writer.WriteBuffer(block);
        }

        var reader = new JuteReader(writer.Written);
        for (int i = 0; i < 100; i++)
        {
            reader.ReadBuffer().ShouldBe(block);
        }

        reader.Rest.Length.ShouldBe(0);
    }

    [Fact]
    public void A_writer_can_be_cut_changed_and_used_again()
    {
        var writer = new JuteWriter();
        writer.WriteInt(1);
        writer.WriteInt(2);
        writer.Truncate(4);
        writer.SetInt(0, 7);
        writer.Written.ToArray().ShouldBe([0, 0, 0, 7]);
        Should.Throw<ArgumentOutOfRangeException>(() => writer.Truncate(5));

        writer.Clear(1 << 16);
        writer.Length.ShouldBe(0);
        writer.WriteLong(3);
        writer.Reset();
        writer.Length.ShouldBe(0);
        writer.WriteByte(9);
        writer.Written.ToArray().ShouldBe([9]);
    }
}
