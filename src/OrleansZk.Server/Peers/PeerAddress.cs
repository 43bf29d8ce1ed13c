using System.Globalization;
using OrleansZk.Core.Access;

namespace OrleansZk.Server.Peers;

/// <summary>Where a server is reached: <c>host:port</c>, with an IPv6 address as <c>[address]:port</c>.</summary>
internal static class PeerAddress
{
    public static bool TryParse(string address, out string host, out int port)
    {
        int colon = address.LastIndexOf(':');
        host = colon > 0 ? address[..colon] : "";
        port = 0;
        if (host is ['[', .. string inner, ']'])
        {
            host = inner;
        }
        else if (host.Contains(':', StringComparison.Ordinal))
        {
            // Part of an IPv6 address: which colon is the port's nobody can tell.
            return false;
        }

        return InternetAddress.IsAddressOrName(host)
            && int.TryParse(address.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out port)
            && port is > 0 and <= ushort.MaxValue;
    }
}
