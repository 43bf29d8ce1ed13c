using System.Text;
using System.Text.Unicode;

namespace OrleansZk.Protocol;

/// <summary>Decodes bytes that should be UTF-8 as Java's <c>String</c> does: ZooKeeper's ids are made of what comes out, malformed or not.</summary>
/// <remarks>
/// .NET and Java put a different number of U+FFFD for a surrogate that was encoded by itself (ED A0 80: three here, one in Java). For all other malformed bytes
/// both put one for each longest beginning of a character.
/// </remarks>
public static class JavaText
{
    private const char Replacement = '\uFFFD';

    /// <summary>Decodes <paramref name="bytes"/>; never fails.</summary>
    public static string Decode(ReadOnlySpan<byte> bytes)
    {
        if (Utf8.IsValid(bytes))
        {
            return Encoding.UTF8.GetString(bytes);
        }

        var text = new StringBuilder(bytes.Length);
        while (!bytes.IsEmpty)
        {
            int length = LengthOfNext(bytes, out bool isValid);
            if (isValid)
            {
                text.Append(Encoding.UTF8.GetString(bytes[..length]));
            }
            else
            {
                text.Append(Replacement);
            }

            bytes = bytes[length..];
        }

        return text.ToString();
    }

    /// <summary>The bytes of the character that comes next, or of the malformed one that a single U+FFFD stands for.</summary>
    private static int LengthOfNext(ReadOnlySpan<byte> bytes, out bool isValid)
    {
        isValid = Rune.DecodeFromUtf8(bytes, out _, out int length) == System.Buffers.OperationStatus.Done;
        return isValid || !IsSurrogate(bytes) ? length : Math.Min(bytes.Length > 2 && !IsContinuation(bytes[2]) ? 2 : 3, bytes.Length);
    }

    /// <summary>True for the beginning of U+D800 to U+DFFF in three bytes, which UTF-8 does not have.</summary>
    private static bool IsSurrogate(ReadOnlySpan<byte> bytes) => bytes.Length > 1 && bytes[0] == 0xed && bytes[1] is >= 0xa0 and <= 0xbf;

    private static bool IsContinuation(byte value) => (value & 0xc0) == 0x80;
}
