using System.Globalization;
using System.Text;

namespace OrleansZk.Histories;

/// <summary>What a client was answered; a multi's part has one of its own, whose zxid does not count.</summary>
/// <param name="Zxid">As in the reply's header.</param>
public sealed record Answer(ErrorCode Error, long Zxid)
{
    /// <summary>The path that was created.</summary>
    public string? Path { get; init; }

    public byte[]? Data { get; init; }

    public Stat? Stat { get; init; }

    /// <summary>The names of children.</summary>
    public IReadOnlyList<string>? Names { get; init; }

    public IReadOnlyList<Answer>? Parts { get; init; }

    /// <summary>What getAllChildrenNumber counts.</summary>
    public int? Number { get; init; }

    /// <summary>True when nothing was refused; a multi says so in its parts only.</summary>
    public bool IsOk => Error == ErrorCode.Ok && (Parts is null || Parts.All(part => part.Error == ErrorCode.Ok));

    public override string ToString()
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"{Error} at 0x{Zxid:x}");
        if (Path is not null)
        {
            text.Append(' ').Append(Path);
        }

        if (Data is not null)
        {
            text.Append(" '").Append(Encoding.UTF8.GetString(Data)).Append('\'');
        }

        if (Names is not null)
        {
            text.Append(" [").AppendJoin(' ', Names).Append(']');
        }

        if (Number is { } number)
        {
            text.Append(CultureInfo.InvariantCulture, $" {number}");
        }

        if (Stat is { } stat)
        {
            text.Append(' ').Append(Show(stat));
        }

        if (Parts is not null)
        {
            text.Append(" [").AppendJoin("; ", Parts.Select(part => part.Error == ErrorCode.Ok ? "Ok" : part.Error.ToString())).Append(']');
        }

        return text.ToString();
    }

    internal static string Show(in Stat stat) => string.Create(
        CultureInfo.InvariantCulture,
        $"(czxid {stat.Czxid:x} mzxid {stat.Mzxid:x} pzxid {stat.Pzxid:x} ctime {stat.Ctime} mtime {stat.Mtime} "
        + $"version {stat.Version}/{stat.Cversion}/{stat.Aversion} owner {stat.EphemeralOwner:x} length {stat.DataLength} children {stat.NumChildren})");
}
