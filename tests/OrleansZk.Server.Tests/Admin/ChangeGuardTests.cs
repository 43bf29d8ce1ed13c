using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using OrleansZk.Server.Admin.Commands;
using OrleansZk.Server.Tests.Support;

namespace OrleansZk.Server.Tests.Admin;

/// <summary>A web page that an operator looks at cannot change anything through the operator's browser.</summary>
public sealed class ChangeGuardTests(ChangeGuardTests.Fixture fixture) : IClassFixture<ChangeGuardTests.Fixture>
{
    private static readonly string[] Changes = [.. CommandTable.All.Where(command => command.ChangesState).Select(command => $"/commands/{command.Name}"), "/ensemble/transfer"];

    private readonly RunningServer _server = fixture.Server;

    /// <summary>Headers of a request, and whether it may change something.</summary>
    public static TheoryData<string, bool> Requests { get; } = new()
    {
        { "X-Requested-With: orleanszk", true },
        { "X-Requested-With: XMLHttpRequest", true },
        { "Content-Type: application/json", true },
        { "Content-Type: application/json; charset=utf-8", true },
        { "", false },
        { "X-Requested-With:", false },
        { "Content-Type: text/plain", false },
        { "Content-Type: application/x-www-form-urlencoded", false },
        { "Content-Type: multipart/form-data", false },
        { "X-Requested-With: a|Host: localhost:8080", true },
        { "X-Requested-With: a|Host: LOCALHOST", true },
        { "X-Requested-With: a|Host: 10.0.0.1:8080", true },
        { "X-Requested-With: a|Host: [::1]:8080", true },
        { "X-Requested-With: a|Host: zk.example.org:8080", true },
        { "X-Requested-With: a|Host: attacker.example.com", false },
        { "X-Requested-With: a|Host: localhost.attacker.example.com", false },
        { "X-Requested-With: a|Host: 127.0.0.1.attacker.example.com", false },
        { "X-Requested-With: a|Host: localhost:8080|Origin: http://localhost:8080", true },
        { "X-Requested-With: a|Host: localhost:8080|Origin: https://localhost:8080", false },
        { "X-Requested-With: a|Host: localhost:8080|Origin: http://localhost:8081", false },
        { "X-Requested-With: a|Host: localhost:8080|Origin: http://attacker.example.com", false },
        { "X-Requested-With: a|Host: localhost:8080|Origin: null", false },
        { "X-Requested-With: a|Host: attacker.example.com|Origin: http://attacker.example.com", false },
        { "X-Requested-With: a|Sec-Fetch-Site: same-origin", true },
        { "X-Requested-With: a|Sec-Fetch-Site: none", true },
        { "X-Requested-With: a|Sec-Fetch-Site: cross-site", false },
        { "X-Requested-With: a|Sec-Fetch-Site: same-site", false },
    };

    [Theory]
    [MemberData(nameof(Requests))]
    public async Task A_change_needs_a_header_that_no_form_sends_and_a_host_and_origin_of_this_server(string headers, bool isAllowed)
    {
        foreach (string path in Changes)
        {
            using HttpResponseMessage response = await SendAsync(HttpMethod.Post, path, headers);
            if (isAllowed)
            {
                response.StatusCode.ShouldBe(path == "/ensemble/transfer" ? HttpStatusCode.NotFound : HttpStatusCode.OK, path);
            }
            else
            {
                response.StatusCode.ShouldBe(HttpStatusCode.Forbidden, path);
                using JsonDocument body = JsonDocument.Parse(await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
                body.RootElement.GetProperty("error").GetString().ShouldNotBeNullOrEmpty();
            }
        }
    }

    [Fact]
    public async Task Looking_changes_nothing_and_needs_no_header()
    {
        foreach (string path in Changes)
        {
            using HttpResponseMessage response = await SendAsync(HttpMethod.Get, path, "X-Requested-With: orleanszk");
            response.StatusCode.ShouldBe(HttpStatusCode.MethodNotAllowed, path);
            response.Content.Headers.Allow.ShouldBe(["POST"]);
        }

        foreach (Command command in CommandTable.All.Where(command => !command.ChangesState))
        {
            using HttpResponseMessage response = await SendAsync(HttpMethod.Get, $"/commands/{command.Name}", "Host: attacker.example.com");
            response.StatusCode.ShouldBe(HttpStatusCode.OK, command.Name);
            using HttpResponseMessage posted = await SendAsync(HttpMethod.Post, $"/commands/{command.Name}", "X-Requested-With: orleanszk");
            posted.StatusCode.ShouldBe(HttpStatusCode.MethodNotAllowed, command.Name);
        }
    }

    private Task<HttpResponseMessage> SendAsync(HttpMethod method, string path, string headers)
    {
        var request = new HttpRequestMessage(method, path);
        foreach (string header in headers.Split('|', StringSplitOptions.RemoveEmptyEntries))
        {
            string name = header[..header.IndexOf(':', StringComparison.Ordinal)];
            string value = header[(name.Length + 1)..].Trim();
            if (name == "Content-Type")
            {
                request.Content = new ByteArrayContent([]) { Headers = { ContentType = MediaTypeHeaderValue.Parse(value) } };
            }
            else
            {
                request.Headers.TryAddWithoutValidation(name, value).ShouldBeTrue();
            }
        }

        return _server.Http.SendAsync(request, TestContext.Current.CancellationToken);
    }

    /// <summary>A server that operators reach by a name of their own.</summary>
    public sealed class Fixture : IAsyncLifetime
    {
        public RunningServer Server { get; private set; } = null!;

        public async ValueTask InitializeAsync() => Server = await RunningServer.StartAsync(("AdminHosts", "other, zk.example.org"));

        public ValueTask DisposeAsync() => Server.DisposeAsync();
    }
}
