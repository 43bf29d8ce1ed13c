using System.Globalization;
using System.Text;

namespace OrleansZk.Server.Configuration;

/// <summary>One entry of a properties file.</summary>
/// <param name="Line">The line that it starts on, counted from 1.</param>
internal readonly record struct JavaProperty(string Key, string Value, int Line);

/// <summary>Reads Java's properties syntax: comments, three kinds of separators, continued lines, escapes.</summary>
internal static class JavaProperties
{
    private const string Blanks = " \t\f";

    /// <summary>Reads all entries, in the order of the text; a key may come more than once.</summary>
    /// <exception cref="ConfigurationException">An escape is malformed.</exception>
    public static IReadOnlyList<JavaProperty> Parse(string text, string fileName)
    {
        string[] lines = text.Replace("\r\n", "\n", StringComparison.Ordinal).Replace('\r', '\n').Split('\n');
        var properties = new List<JavaProperty>();
        for (int i = 0; i < lines.Length; i++)
        {
            int first = i + 1;
            string line = lines[i].TrimStart(Blanks.ToCharArray());
            if (line.Length == 0 || line[0] is '#' or '!')
            {
                continue;
            }

            while (IsContinued(line))
            {
                line = line[..^1];
                if (++i == lines.Length)
                {
                    break;
                }

                line += lines[i].TrimStart(Blanks.ToCharArray());
            }

            if (line.Length > 0)
            {
                properties.Add(Split(line, first, fileName));
            }
        }

        return properties;
    }

    /// <summary>A line goes on when it ends in a backslash that is not itself escaped.</summary>
    private static bool IsContinued(string line) => (line.Length - line.AsSpan().TrimEnd('\\').Length) % 2 == 1;

    private static JavaProperty Split(string line, int number, string fileName)
    {
        int at = 0;
        string key = Unescape(line, ref at, endsAtSeparator: true, number, fileName);
        SkipBlanks(line, ref at);
        if (at < line.Length && line[at] is '=' or ':')
        {
            at++;
            SkipBlanks(line, ref at);
        }

        return new JavaProperty(key, Unescape(line, ref at, endsAtSeparator: false, number, fileName), number);
    }

    private static void SkipBlanks(string line, ref int at)
    {
        while (at < line.Length && Blanks.Contains(line[at], StringComparison.Ordinal))
        {
            at++;
        }
    }

    private static string Unescape(string line, ref int at, bool endsAtSeparator, int number, string fileName)
    {
        var text = new StringBuilder(line.Length);
        for (; at < line.Length; at++)
        {
            char c = line[at];
            if (endsAtSeparator && (c is '=' or ':' || Blanks.Contains(c, StringComparison.Ordinal)))
            {
                break;
            }

            if (c != '\\')
            {
                text.Append(c);
                continue;
            }

            if (++at == line.Length)
            {
                break;
            }

            text.Append(line[at] switch
            {
                't' => '\t',
                'n' => '\n',
                'r' => '\r',
                'f' => '\f',
                'u' => Unicode(line, ref at, number, fileName),
                char other => other,
            });
        }

        return text.ToString();
    }

    private static char Unicode(string line, ref int at, int number, string fileName)
    {
        ReadOnlySpan<char> digits = line.AsSpan(at + 1, Math.Min(4, line.Length - at - 1));
        if (digits.Length < 4 || !ushort.TryParse(digits, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out ushort code))
        {
            throw new ConfigurationException(
                [$"{fileName}, line {number}: '\\u{digits}' is no character, but \\u must be followed by four hex digits"]);
        }

        at += 4;
        return (char)code;
    }
}
