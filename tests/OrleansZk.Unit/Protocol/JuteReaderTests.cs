using System.Text;
using OrleansZk.Protocol;
using OrleansZk.Protocol.Records;

namespace OrleansZk.Unit.Protocol;

public sealed class JuteReaderTests
{
    public static TheoryData<string> Records =>
    [
        "int", "long", "byte", "bool", "span", "buffer", "string", "strings", "stat", "acl",
        nameof(ConnectRequest), nameof(RequestHeader), nameof(MultiHeader), nameof(CreateRequest), nameof(AuthRequest), nameof(SetWatchesRequest),
    ];

    [Theory]
    [MemberData(nameof(Records))]
    public void Every_record_that_is_cut_short_is_refused(string record)
    {
        byte[] whole = Write(record);

        Read(record, whole);
        for (int length = 0; length < whole.Length; length++)
        {
            // A handshake without its last byte is that of an old client.
            if (record != nameof(ConnectRequest) || length != whole.Length - 1)
            {
                Should.Throw<JuteException>(() => Read(record, whole[..length]), $"{record} of {length} bytes");
            }
        }
    }

    [Theory]
    [InlineData(-2)]
    [InlineData(int.MinValue)]
    [InlineData(5)]
    [InlineData(int.MaxValue)]
    public void Lengths_that_cannot_be_are_refused(int length)
    {
        byte[] bytes = [.. Int(length), 1, 2, 3, 4];

        Should.Throw<JuteException>(() => new JuteReader(bytes).ReadBuffer());
        Should.Throw<JuteException>(() => new JuteReader(bytes).ReadString());
        Should.Throw<JuteException>(() => { new JuteReader(bytes).ReadSpan(); });
        Should.Throw<JuteException>(() => new JuteReader(bytes).ReadStrings());
        Should.Throw<JuteException>(() => new JuteReader(bytes).ReadAcl());
    }

    [Fact]
    public void A_vector_that_claims_more_elements_than_bytes_costs_no_memory()
    {
        // 2^30 strings would fit no machine; the count is refused before anything is made for it.
        Should.Throw<JuteException>(() => new JuteReader(Int(1 << 30)).ReadStrings());
        Should.Throw<JuteException>(() => new JuteReader(Int(1 << 30)).ReadAcl());
    }

    [Fact]
    public void Null_is_not_empty_where_it_matters()
    {
        new JuteReader(Int(-1)).ReadBuffer().ShouldBeNull();
        new JuteReader(Int(0)).ReadBuffer().ShouldBe([]);
        new JuteReader(Int(-1)).ReadString().ShouldBeNull();
        new JuteReader(Int(0)).ReadString().ShouldBe("");
        new JuteReader(Int(-1)).ReadAcl().ShouldBeNull();
        new JuteReader(Int(0)).ReadAcl().ShouldBe([]);
        new JuteReader(Int(-1)).ReadStrings().ShouldBeEmpty();
        new JuteReader(Int(-1)).ReadSpan().Length.ShouldBe(0);
    }

    [Fact]
    public void Bytes_that_are_not_utf8_become_a_character_that_no_path_may_hold()
    {
        byte[] bytes = [.. Int(3), (byte)'/', 0xC3, 0x28];

        string text = new JuteReader(bytes).ReadString()!;

        text.ShouldContain('\uFFFD');
        Core.Paths.ZPath.IsValid(text).ShouldBeFalse();
    }

    [Fact]
    public void Any_byte_but_zero_is_true()
    {
        new JuteReader([0]).ReadBool().ShouldBeFalse();
        new JuteReader([1]).ReadBool().ShouldBeTrue();
        new JuteReader([0xFF]).ReadBool().ShouldBeTrue();
    }

    [Fact]
    public void The_read_only_flag_of_a_handshake_may_be_missing()
    {
        var writer = new JuteWriter();
        new ConnectRequest(0, 5, 4000, 6, new byte[16], null).Write(writer);
        writer.Length.ShouldBe(44);
        var reader = new JuteReader(writer.Written);

        ConnectRequest.Read(ref reader).ReadOnly.ShouldBeNull();
    }

    private static byte[] Int(int value)
    {
        var writer = new JuteWriter();
        writer.WriteInt(value);
        return writer.Written.ToArray();
    }

    private static byte[] Write(string record)
    {
        var writer = new JuteWriter();
        switch (record)
        {
            case "int": writer.WriteInt(1); break;
            case "long": writer.WriteLong(1); break;
            case "byte": writer.WriteByte(1); break;
            case "bool": writer.WriteBool(true); break;
            case "span" or "buffer": writer.WriteBuffer("data"u8.ToArray()); break;
            case "string": writer.WriteString("text"); break;
            case "strings": writer.WriteStrings(["a", "", "bc"]); break;
            case "stat": writer.WriteStat(new Stat(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11)); break;
            case "acl": writer.WriteAcl([.. Acl.OpenUnsafe, .. Acl.ReadUnsafe]); break;
            case nameof(ConnectRequest): new ConnectRequest(0, 1, 2, 3, new byte[16], true).Write(writer); break;
            case nameof(RequestHeader): new RequestHeader(1, OpCode.Create).Write(writer); break;
            case nameof(MultiHeader): MultiHeader.End.Write(writer); break;
            case nameof(CreateRequest): new CreateRequest("/a", [1], Acl.OpenUnsafe, 5, 1000).Write(writer); break;
            case nameof(AuthRequest): new AuthRequest(0, "digest", Encoding.UTF8.GetBytes("a:b")).Write(writer); break;
            default: new SetWatchesRequest(1, ["/a"], ["/b"], ["/c"], ["/d"], ["/e"]).Write(writer, true); break;
        }

        return writer.Written.ToArray();
    }

    private static void Read(string record, byte[] bytes)
    {
        var reader = new JuteReader(bytes);
        switch (record)
        {
            case "int": reader.ReadInt(); break;
            case "long": reader.ReadLong(); break;
            case "byte": reader.ReadByte(); break;
            case "bool": reader.ReadBool(); break;
            case "span": reader.ReadSpan(); break;
            case "buffer": reader.ReadBuffer(); break;
            case "string": reader.ReadString(); break;
            case "strings": reader.ReadStrings(); break;
            case "stat": reader.ReadStat(); break;
            case "acl": reader.ReadAcl(); break;
            case nameof(ConnectRequest): ConnectRequest.Read(ref reader); break;
            case nameof(RequestHeader): RequestHeader.Read(ref reader); break;
            case nameof(MultiHeader): MultiHeader.Read(ref reader); break;
            case nameof(CreateRequest): CreateRequest.Read(ref reader, withTtl: true); break;
            case nameof(AuthRequest): AuthRequest.Read(ref reader); break;
            default: SetWatchesRequest.Read(ref reader, withPersistent: true); break;
        }

        reader.Rest.Length.ShouldBe(0);
    }
}
