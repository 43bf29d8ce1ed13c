using System.Net;
using OrleansZk.Server.Configuration;

namespace OrleansZk.Server.Hosting;

/// <summary>How others name this machine.</summary>
internal static class AdvertisedAddress
{
    /// <returns><c>host:port</c></returns>
    public static string Of(ServerOptions options, string listened, int port)
    {
        string host = Host(options, listened);
        return host.Contains(':', StringComparison.Ordinal) && !host.StartsWith('[') ? $"[{host}]:{port}" : $"{host}:{port}";
    }

    /// <param name="listened">The address that is listened on; empty for all.</param>
    public static string Host(ServerOptions options, string listened) => (options.AdvertisedHost, listened) switch
    {
        ({ Length: > 0 } advertised, _) => advertised,
        (_, "" or "0.0.0.0" or "::") => Dns.GetHostName(),
        _ => listened,
    };
}
