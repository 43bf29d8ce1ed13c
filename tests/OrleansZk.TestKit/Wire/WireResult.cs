using System.Globalization;
using System.Text;
using OrleansZk.Protocol.Records;

namespace OrleansZk.TestKit.Wire;

/// <summary>A decoded answer: those of its fields are set that the operation's record has.</summary>
/// <remarks>Two are the same when their texts are (<see cref="ToString"/>), which hold every field.</remarks>
public sealed record WireResult
{
    public ErrorCode Error { get; init; }

    public string? Path { get; init; }

    /// <summary>Data as the record has it; tells null from empty by <see cref="HasData"/>.</summary>
    public byte[]? Data { get; init; }

    public bool HasData { get; init; }

    public Stat? Stat { get; init; }

    public IReadOnlyList<Acl>? Acl { get; init; }

    /// <summary>Names of children, or paths of ephemerals, sorted: their order means nothing.</summary>
    public IReadOnlyList<string>? Names { get; init; }

    public int? Number { get; init; }

    public IReadOnlyList<ClientInfo>? Identities { get; init; }

    /// <summary>The results of a multi or a multiRead, with the types that their headers have.</summary>
    public IReadOnlyList<(OpCode Type, WireResult Result)>? Parts { get; init; }

    public static WireResult Failed(ErrorCode error) => new() { Error = error };

    public string Text => Data is null ? "" : Encoding.UTF8.GetString(Data);

    public bool Equals(WireResult? other) => other is not null && ToString() == other.ToString();

    public override int GetHashCode() => ToString().GetHashCode(StringComparison.Ordinal);

    public override string ToString()
    {
        var text = new StringBuilder(Error.ToString());
        void Add(string name, object? value)
        {
            if (value is not null)
            {
                text.Append(CultureInfo.InvariantCulture, $" {name}={value}");
            }
        }

        Add("path", Path);
        Add("data", HasData ? Data is null ? "null" : $"'{Encoding.Latin1.GetString(Data)}'" : null);
        Add("names", Names is null ? null : $"[{string.Join(' ', Names)}]");
        Add("number", Number);
        Add("acl", Acl is null ? null : $"[{string.Join(' ', Acl.Select(entry => $"{entry.Id.Scheme}:{entry.Id.Id}:{(int)entry.Permissions}"))}]");
        Add("who", Identities is null ? null : $"[{string.Join(' ', Identities.Select(info => $"{info.AuthScheme}:{info.User}"))}]");
        Add("stat", Stat is { } stat ? Show(stat) : null);
        Add("parts", Parts is null ? null : $"[{string.Join(" | ", Parts.Select(part => $"{part.Type}: {part.Result}"))}]");
        return text.ToString();
    }

    private static string Show(in Stat stat) => string.Create(
        CultureInfo.InvariantCulture,
        $"(c{stat.Czxid:x} m{stat.Mzxid:x} p{stat.Pzxid:x} ct{stat.Ctime} mt{stat.Mtime} v{stat.Version}/{stat.Cversion}/{stat.Aversion} o{stat.EphemeralOwner:x} l{stat.DataLength} n{stat.NumChildren})");
}
