using System.Buffers.Binary;
using System.Net;

namespace OrleansZk.Core.Access;

/// <summary>An IP address in one of the forms that this product reads, wherever it reads one: in ACLs, of connections, in its configuration.</summary>
/// <remarks>
/// <para>IPv4: four decimal numbers from 0 to 255, without leading zeros. IPv6: groups of one to four hexadecimal digits, eight of them, or fewer around one <c>::</c>. Nothing else: no
/// white space, no zone, no brackets, no IPv4 address at the end.</para>
/// <para><see cref="IPAddress.TryParse(ReadOnlySpan{char}, out IPAddress)"/> reads octal and hexadecimal numbers, and addresses of fewer parts: <c>0177.0.0.1</c> is
/// 127.0.0.1 to it and 177.0.0.1 to others. An address that two programs read differently must not let anybody in.</para>
/// </remarks>
/// <param name="Value">The address as a number: 32 bits of it, or all 128.</param>
public readonly record struct InternetAddress(bool IsV6, UInt128 Value)
{
    private const int Groups = 8;

    /// <summary>How many bits an address of this kind has.</summary>
    public int Bits => IsV6 ? 128 : 32;

    public static bool TryParse(ReadOnlySpan<char> text, out InternetAddress address) =>
        text.Contains(':') ? TryParseV6(text, out address) : TryParseV4(text, out address);

    /// <summary>True for a text that is either an address in one of these forms or no address at all: a host's name may stand there too.</summary>
    /// <remarks>What only looks like an address, <c>127.1</c> or <c>0x7f000001</c>, is neither: resolvers take it for one.</remarks>
    public static bool IsAddressOrName(ReadOnlySpan<char> host) =>
        TryParse(host, out _) || (!IPAddress.TryParse(host, out _) && Uri.CheckHostName(host.ToString()) == UriHostNameType.Dns);

    public IPAddress ToIPAddress()
    {
        Span<byte> bytes = stackalloc byte[16];
        BinaryPrimitives.WriteUInt128BigEndian(bytes, Value);
        return new IPAddress(IsV6 ? bytes : bytes[^4..]);
    }

    /// <summary>The leading bits of the address, the others zero.</summary>
    internal InternetAddress Masked(int bits) => this with { Value = bits == 0 ? 0 : Value >> (Bits - bits) << (Bits - bits) };

    /// <summary>Reads a decimal number of at most three digits, without leading zeros.</summary>
    internal static bool TryParseNumber(ReadOnlySpan<char> text, int most, out int number)
    {
        number = 0;
        if (text.Length is 0 or > 3 || (text[0] == '0' && text.Length > 1))
        {
            return false;
        }

        // Not by the runtime's parser, which also takes NUL characters at the end.
        foreach (char digit in text)
        {
            if (!char.IsAsciiDigit(digit))
            {
                return false;
            }

            number = (10 * number) + digit - '0';
        }

        return number <= most;
    }

    private static bool TryParseGroup(ReadOnlySpan<char> text, out ushort group)
    {
        group = 0;
        if (text.Length is 0 or > 4)
        {
            return false;
        }

        foreach (char digit in text)
        {
            if (!char.IsAsciiHexDigit(digit))
            {
                return false;
            }

            group = (ushort)((group << 4) | (digit <= '9' ? digit - '0' : (digit | 0x20) - 'a' + 10));
        }

        return true;
    }

    private static bool TryParseV4(ReadOnlySpan<char> text, out InternetAddress address)
    {
        address = default;
        uint value = 0;
        for (int part = 0; part < 4; part++)
        {
            int dot = part < 3 ? text.IndexOf('.') : text.Length;
            if (dot < 0 || !TryParseNumber(text[..dot], 255, out int number))
            {
                return false;
            }

            value = (value << 8) | (uint)number;
            text = text[Math.Min(dot + 1, text.Length)..];
        }

        address = new InternetAddress(false, value);
        return true;
    }

    private static bool TryParseV6(ReadOnlySpan<char> text, out InternetAddress address)
    {
        address = default;
        Span<ushort> groups = stackalloc ushort[Groups];
        (int count, int gap) = (0, -1);
        if (text.StartsWith("::"))
        {
            gap = 0;
            text = text[2..];
        }

        while (!text.IsEmpty)
        {
            int colon = text.IndexOf(':');
            ReadOnlySpan<char> digits = colon < 0 ? text : text[..colon];
            if (count == Groups || !TryParseGroup(digits, out groups[count]))
            {
                return false;
            }

            count++;
            text = colon < 0 ? [] : text[colon..];
            if (text.StartsWith("::") && gap < 0)
            {
                gap = count;
                text = text[2..];
            }
            else if (text is [':', _, ..])
            {
                text = text[1..];
            }
            else if (!text.IsEmpty)
            {
                return false;
            }
        }

        if (gap < 0 ? count != Groups : count >= Groups)
        {
            return false;
        }

        UInt128 value = 0;
        int before = gap < 0 ? count : gap;
        for (int i = 0; i < Groups; i++)
        {
            int at = i < before ? i : i - (Groups - count);
            value = (value << 16) | (at < before && i >= before ? (ushort)0 : groups[at]);
        }

        address = new InternetAddress(true, value);
        return true;
    }
}
