using System.Net;
using Microsoft.Extensions.Options;
using OrleansZk.Core.Access;
using OrleansZk.Server.Configuration;

namespace OrleansZk.Server.Admin;

/// <summary>Decides whether a request to the admin port may change anything: not one that a web page has made a browser send.</summary>
/// <remarks>
/// The port has no passwords, and a browser on the same machine reaches it too. So a change needs a header that no form can send, must not come from a page of
/// another origin, and must name this server by an address or a known name: else a foreign name that leads here (DNS rebinding) would make the page one of ours.
/// </remarks>
internal sealed class ChangeGuard
{
    private const string RequestedWith = "X-Requested-With";
    private const string FetchSite = "Sec-Fetch-Site";
    private const string Any = "*";

    private readonly HashSet<string> _hosts;

    public ChangeGuard(IOptions<ServerOptions> options)
    {
        ServerOptions server = options.Value;
        _hosts = new HashSet<string>(
            server.AdminHosts.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries), StringComparer.OrdinalIgnoreCase)
        {
            "localhost", Dns.GetHostName(),
        };
        if (server.AdvertisedHost.Length > 0)
        {
            _hosts.Add(server.AdvertisedHost);
        }
    }

    /// <returns>Why the request may change nothing; null when it may.</returns>
    public string? Refusal(HttpRequest request)
    {
        if (!IsOwnName(request.Host.Host))
        {
            return $"the request is for the host '{request.Host.Host}', which is none of this server's; name it in {ServerOptions.Section}:{nameof(ServerOptions.AdminHosts)}";
        }

        string own = $"{request.Scheme}://{request.Host.Value}";
        if (request.Headers.Origin is { Count: > 0 } origins && (origins.Count > 1 || !string.Equals(origins[0], own, StringComparison.OrdinalIgnoreCase)))
        {
            return $"the request comes from a page of '{origins}', but only pages of '{own}' may change something";
        }

        if (request.Headers[FetchSite] is { Count: > 0 } sites && sites.Any(site => site is not ("same-origin" or "none")))
        {
            return "the request comes from a page of another site";
        }

        return request.HasJsonContentType() || !string.IsNullOrEmpty(request.Headers[RequestedWith])
            ? null
            : $"a request that changes something needs the header '{RequestedWith}: orleanszk' (any value), or a body of application/json";
    }

    private bool IsOwnName(string host) =>
        host.Length > 0 && (_hosts.Contains(host) || _hosts.Contains(Any) || InternetAddress.TryParse(host is ['[', .. string inner, ']'] ? inner : host, out _));
}
