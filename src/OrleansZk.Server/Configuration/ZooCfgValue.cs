using System.Globalization;
using System.Net;
using System.Net.Sockets;
using OrleansZk.Core.Access;

namespace OrleansZk.Server.Configuration;

/// <summary>Reads values of <c>zoo.cfg</c> as ZooKeeper does, into the text of a setting.</summary>
/// <param name="Convert">Null when the text is no such value.</param>
/// <param name="Allowed">What the text must be; null when the setting says it.</param>
internal sealed record ZooCfgValue(Func<string, string?> Convert, string? Allowed = null)
{
    public static ZooCfgValue Text { get; } = new(text => text);

    /// <summary>A decimal integer.</summary>
    public static ZooCfgValue Integer { get; } = new(text => Format(ParseInteger(text)));

    /// <summary>An integer as Java takes it from system properties: decimal, 0x or # for hexadecimal, 0 for octal.</summary>
    public static ZooCfgValue JavaInteger { get; } = new(text => Format(DecodeInteger(text)));

    /// <summary>An integer of which any negative means the same as none.</summary>
    public static ZooCfgValue NegativeIs(long none) => new(text => Format(DecodeInteger(text) is < 0 ? none : DecodeInteger(text)));

    /// <summary>A number of KiB, for a setting in bytes.</summary>
    public static ZooCfgValue Kilobytes { get; } = new(
        text => Format(DecodeInteger(text) * 1024), "an integer from 1024 to 1048576 (KiB)");

    /// <summary>A number of KiB, for a setting in bytes; 0 or less for none.</summary>
    public static ZooCfgValue KilobytesOrNone { get; } = new(
        text => Format(DecodeLong(text) is { } kilobytes and <= MaxKilobytes ? Math.Max(kilobytes, 0) * 1024 : null), "an integer (KiB)");

    public static ZooCfgValue TrueFalse { get; } = new(
        text => bool.TryParse(text, out bool value) ? (value ? "true" : "false") : null, "true or false");

    /// <summary>ZooKeeper looks for exactly these words; anything else would silently be the default.</summary>
    public static ZooCfgValue YesNo { get; } = new(text => text switch { "yes" => "true", "no" => "false", _ => null }, "yes or no");

    /// <summary>An address or the name of a host.</summary>
    public static ZooCfgValue Host { get; } = new(Resolve, "an IP address or the name of this host");

    private const long MaxKilobytes = long.MaxValue / 1024;

    private static string? Format(long? value) => value?.ToString(CultureInfo.InvariantCulture);

    private static long? ParseInteger(string text) =>
        int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int value) ? value : null;

    private static long? DecodeInteger(string text) => DecodeLong(text) is >= int.MinValue and <= int.MaxValue and var value ? value : null;

    private static long? DecodeLong(string text)
    {
        bool isNegative = text.StartsWith('-');
        ReadOnlySpan<char> digits = isNegative || text.StartsWith('+') ? text.AsSpan(1) : text;
        long value;
        if (digits.StartsWith("0x", StringComparison.OrdinalIgnoreCase) || digits.StartsWith("#", StringComparison.Ordinal))
        {
            digits = digits[(digits[0] == '#' ? 1 : 2)..];
            if (!uint.TryParse(digits, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out uint number))
            {
                return null;
            }

            value = number;
        }
        else if (digits.Length > 1 && digits[0] == '0')
        {
            if (digits.ContainsAnyExceptInRange('0', '7') || digits.Length > 12)
            {
                return null;
            }

            value = System.Convert.ToInt64(digits.ToString(), 8);
        }
        else if (!long.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out value))
        {
            return null;
        }

        return isNegative ? -value : value;
    }

    private static string? Resolve(string text)
    {
        if (text.Length == 0)
        {
            // Java's name for the machine itself.
            return IPAddress.Loopback.ToString();
        }

        if (InternetAddress.TryParse(text is ['[', .. string inner, ']'] ? inner : text, out InternetAddress address))
        {
            return address.ToIPAddress().ToString();
        }

        try
        {
            // A text that is not the name of a host may still look like an address to the resolver, which reads 0177.0.0.1 as 127.0.0.1.
            IPAddress[] addresses = !InternetAddress.IsAddressOrName(text) ? [] : Dns.GetHostAddresses(text);
            return (Array.Find(addresses, a => a.AddressFamily == AddressFamily.InterNetwork) ?? addresses.FirstOrDefault())?.ToString();
        }
        catch (Exception e) when (e is SocketException or ArgumentException)
        {
            return null;
        }
    }
}
