using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace OrleansZk.Storage.Postgres;

/// <summary>Strings as PostgreSQL can hold them.</summary>
/// <remarks>
/// Its text has no NUL and no half of a surrogate pair. Each of these, and the character that marks them, is written as U+001A and four
/// hexadecimal digits: rare, and a path still begins with its parent's.
/// </remarks>
internal static class PostgresText
{
    private const char Mark = '\u001a';

    /// <summary>Characters; three bytes each at most, and with the hash behind them they fit into an entry of an index.</summary>
    private const int LongestKey = 500;

    public static string Encode(string text)
    {
        int odd = FindOdd(text, 0);
        if (odd < 0)
        {
            return text;
        }

        var encoded = new StringBuilder(text.Length + 16);
        int start = 0;
        for (; odd >= 0; odd = FindOdd(text, start))
        {
            encoded.Append(text, start, odd - start).Append(Mark).Append(CultureInfo.InvariantCulture, $"{(int)text[odd]:x4}");
            start = odd + 1;
        }

        return encoded.Append(text, start, text.Length - start).ToString();
    }

    /// <exception cref="FormatException">Nobody has encoded that.</exception>
    public static string Decode(string text)
    {
        int mark = text.IndexOf(Mark, StringComparison.Ordinal);
        if (mark < 0)
        {
            return text;
        }

        var decoded = new StringBuilder(text.Length);
        int start = 0;
        for (; mark >= 0; mark = text.IndexOf(Mark, start))
        {
            if (mark + 5 > text.Length
                || !ushort.TryParse(text.AsSpan(mark + 1, 4), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out ushort unit))
            {
                throw new FormatException($"'{text}' is not encoded");
            }

            decoded.Append(text, start, mark - start).Append((char)unit);
            start = mark + 5;
        }

        return decoded.Append(text, start, text.Length - start).ToString();
    }

    /// <summary>What stands for an encoded path in the index: the path, or a very long one's beginning and hash.</summary>
    public static string Key(string encoded)
    {
        if (encoded.Length <= LongestKey)
        {
            return encoded;
        }

        int end = char.IsHighSurrogate(encoded[LongestKey - 1]) ? LongestKey - 1 : LongestKey;
        string hash = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(encoded)));
        return string.Concat(encoded.AsSpan(0, end), $"{Mark}#", hash);
    }

    private static int FindOdd(string text, int start)
    {
        while (true)
        {
            int at = text.AsSpan(start).IndexOfAnyInRange('\ud800', '\udfff');
            int plain = text.AsSpan(start, at < 0 ? text.Length - start : at).IndexOfAny('\0', Mark);
            if (plain >= 0)
            {
                return start + plain;
            }

            if (at < 0)
            {
                return -1;
            }

            at += start;
            if (!char.IsHighSurrogate(text[at]) || at + 1 == text.Length || !char.IsLowSurrogate(text[at + 1]))
            {
                return at;
            }

            start = at + 2;
        }
    }
}
