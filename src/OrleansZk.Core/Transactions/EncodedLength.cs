using System.Text;
using OrleansZk.Core.Access;

namespace OrleansZk.Core.Transactions;

/// <summary>How many bytes fields take in a transaction.</summary>
/// <remarks>Not exact, they are an upper bound that costs next to nothing: three bytes for each character, whatever it is.</remarks>
internal static class EncodedLength
{
    private const int BytesPerCharacter = 3;

    public static long Of(string? text, bool exact) =>
        sizeof(int) + (text is null ? 0 : exact ? Encoding.UTF8.GetByteCount(text) : (long)BytesPerCharacter * text.Length);

    public static long Of(byte[]? data) => sizeof(int) + (data?.Length ?? 0);

    public static long Of(IReadOnlyList<string> texts, bool exact) => sizeof(int) + texts.Sum(text => Of(text, exact));

    public static long Of(AclList acl, bool exact)
    {
        long length = sizeof(int);
        foreach (Acl entry in acl.AsSpan())
        {
            length += sizeof(int) + Of(entry.Id.Scheme, exact) + Of(entry.Id.Id, exact);
        }

        return length;
    }
}
