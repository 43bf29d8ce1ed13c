using System.Globalization;

namespace OrleansZk.Server.Configuration;

/// <summary>zxids as messages show them and people type them: hexadecimal behind <c>0x</c>.</summary>
internal static class Zxid
{
    private const string Prefix = "0x";

    /// <returns>False when the text is no zxid of a transaction.</returns>
    public static bool TryParse(string text, out long zxid)
    {
        zxid = 0;
        return text.StartsWith(Prefix, StringComparison.OrdinalIgnoreCase)
            && long.TryParse(text.AsSpan(Prefix.Length), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out zxid)
            && zxid > 0;
    }
}
