using System.Net;
using System.Text.Json;
using OrleansZk.Server.Admin.Commands;
using OrleansZk.Server.Tests.Support;

namespace OrleansZk.Server.Tests.Admin;

/// <summary>What probes see, while clients are served and while they are not.</summary>
public sealed class HealthTests
{
    [Fact]
    public async Task A_server_that_serves_is_live_and_ready()
    {
        await using RunningServer server = await RunningServer.StartAsync();
        (await ProbeAsync(server, "/health/live")).ShouldBe((HttpStatusCode.OK, "Healthy"));
        (await ProbeAsync(server, "/health/ready")).ShouldBe((HttpStatusCode.OK, "Healthy"));
    }

    [Fact]
    public async Task A_server_that_does_not_serve_is_live_but_not_ready()
    {
        await using RunningServer server = await RunningServer.StartAsync();
        await server.StopServingAsync();
        (await ProbeAsync(server, "/health/live")).ShouldBe((HttpStatusCode.OK, "Healthy"));
        (await ProbeAsync(server, "/health/ready")).ShouldBe((HttpStatusCode.ServiceUnavailable, "Unhealthy"));
    }

    [Fact]
    public async Task Commands_that_need_a_server_that_serves_say_so()
    {
        await using RunningServer server = await RunningServer.StartAsync();
        await server.StopServingAsync();
        foreach (Command command in CommandTable.All)
        {
            using var request = new HttpRequestMessage(command.ChangesState ? HttpMethod.Post : HttpMethod.Get, $"/commands/{command.Name}")
            {
                Headers = { { "X-Requested-With", "orleanszk" } },
            };
            using HttpResponseMessage response = await server.Http.SendAsync(request, TestContext.Current.CancellationToken);
            using JsonDocument answer = JsonDocument.Parse(await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
            bool refused = answer.RootElement.GetProperty("error").GetString() == "This ZooKeeper instance is not currently serving requests";
            refused.ShouldBe(command.NeedsServing, command.Name);
        }
    }

    [Fact]
    public async Task Without_an_admin_port_the_server_runs_all_the_same()
    {
        await using RunningServer server = await RunningServer.StartAsync(("AdminPort", "-1"));
        (await server.AskAsync("srvr")).ShouldStartWith("Zookeeper version: ");
    }

    private static async Task<(HttpStatusCode Status, string Body)> ProbeAsync(RunningServer server, string path)
    {
        using HttpResponseMessage response = await server.Http.GetAsync(path, TestContext.Current.CancellationToken);
        response.Content.Headers.ContentType?.MediaType.ShouldBe("text/plain");
        return (response.StatusCode, await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
    }
}
