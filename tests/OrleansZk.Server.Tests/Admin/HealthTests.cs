using System.Net;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using OrleansZk.Core.Replication;
using OrleansZk.Server.Admin.Commands;
using OrleansZk.Server.Hosting;
using OrleansZk.Server.Tests.Support;
using OrleansZk.TestKit.Processes;
using OrleansZk.TestKit.Wire;

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
    public async Task A_server_whose_work_does_not_move_on_says_so()
    {
        // Nothing that reads is due meanwhile: it would wait on the thread that advances the clock.
        var clock = new FakeTimeProvider();
        await using RunningServer server = await RunningServer.StartAsync(clock, ("FourLetterWords", "*"), ("ContainerCheckInterval", "3600000"));
        await using WireClient client = await server.ConnectAsync(40_000);
        Engine engine = server.Services.GetRequiredService<Engine>();
        using var release = new ManualResetEventSlim();
        using var isHeld = new ManualResetEventSlim();

        // Nothing can be applied while somebody reads.
        Thread reader = new(() =>
        {
            engine.Replica.EnterRead();
            isHeld.Set();
            release.Wait();
            engine.Replica.ExitRead();
        });
        reader.Start();
        isHeld.Wait(TestContext.Current.CancellationToken);
        Task<WireReply> waiting = client.CreateAsync("/a");
        try
        {
            await Deadline.WaitUntilAsync(
                () =>
                {
                    clock.Advance(TimeSpan.FromMilliseconds(1));
                    return engine.Stages.Any(stage => stage.Name == "applying" && stage.StalledFor > TimeSpan.Zero);
                },
                "the group");

            clock.Advance(TimeSpan.FromSeconds(15));
            (await ProbeAsync(server, "/health/live")).ShouldBe((HttpStatusCode.OK, "Healthy"));
            (HttpStatusCode status, string body) = await ProbeAsync(server, "/health/ready");
            status.ShouldBe(HttpStatusCode.ServiceUnavailable);
            body.ShouldStartWith("Unhealthy\napplying has not moved on for ");
            (await server.AskAsync("ruok")).ShouldBeEmpty();

            clock.Advance(TimeSpan.FromSeconds(60));
            (await ProbeAsync(server, "/health/live")).Status.ShouldBe(HttpStatusCode.ServiceUnavailable);
        }
        finally
        {
            release.Set();
            reader.Join();
        }

        (await waiting).ThrowIfError();
        await Deadline.WaitUntilAsync(async () => (await ProbeAsync(server, "/health/ready")).Body == "Healthy", "health");
        (await server.AskAsync("ruok")).ShouldBe("imok");
    }

    [Fact]
    public async Task A_duty_that_fails_and_fails_shows_and_comes_back()
    {
        var clock = new FakeTimeProvider();
        await using RunningServer server = await RunningServer.StartAsync(clock);
        Engine engine = server.Services.GetRequiredService<Engine>();
        Duty duty = engine.Duties.Single(duty => duty.Name == "session expiry");
        engine.Replica.Faults = new FaultPoints(point => ThrowAt(point, FaultPoint.Duty));
        for (int failures = 1; failures <= Duty.MaxFailures; failures++)
        {
            (await ProbeAsync(server, "/health/ready")).Status.ShouldBe(HttpStatusCode.OK);
            await TurnAsync(() => duty.Failures == failures);
        }

        (await ProbeAsync(server, "/health/ready")).ShouldBe((HttpStatusCode.ServiceUnavailable, "Unhealthy\nthe duty 'session expiry' has failed 5 times in a row"));

        engine.Replica.Faults = null;
        await TurnAsync(() => duty.Failures == 0);
        (await ProbeAsync(server, "/health/ready")).ShouldBe((HttpStatusCode.OK, "Healthy"));

        async Task TurnAsync(Func<bool> isDone)
        {
            clock.Advance(TimeSpan.FromSeconds(1));
            await Deadline.WaitUntilAsync(isDone, "the turn");
        }
    }

    [Theory]
    [InlineData(nameof(FaultPoint.Sequence))]
    [InlineData(nameof(FaultPoint.Commit))]
    [InlineData(nameof(FaultPoint.Publish))]
    [InlineData(nameof(FaultPoint.Applied))]
    public async Task An_engine_that_breaks_ends_and_lets_its_clients_go(string point)
    {
        await using RunningServer server = await RunningServer.StartAsync();
        await using WireClient client = await server.ConnectAsync();
        Engine engine = server.Services.GetRequiredService<Engine>();
        var failed = new TaskCompletionSource<Exception>(TaskCreationOptions.RunContinuationsAsynchronously);
        engine.Failed += failure => failed.TrySetResult(failure);
        engine.Replica.Faults = new FaultPoints(passed => ThrowAt(passed, Enum.Parse<FaultPoint>(point)));

        _ = client.CreateAsync("/a");

        (await failed.Task.WaitAsync(TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken)).Message.ShouldBe("injected");
        await client.Ended.WaitAsync(TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken);
        (await ProbeAsync(server, "/health/ready")).Status.ShouldBe(HttpStatusCode.ServiceUnavailable);
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

    private static void ThrowAt(FaultPoint passed, FaultPoint wanted)
    {
        if (passed == wanted)
        {
            throw new InvalidTimeZoneException("injected");
        }
    }

    private static async Task<(HttpStatusCode Status, string Body)> ProbeAsync(RunningServer server, string path)
    {
        using HttpResponseMessage response = await server.Http.GetAsync(path, TestContext.Current.CancellationToken);
        response.Content.Headers.ContentType?.MediaType.ShouldBe("text/plain");
        return (response.StatusCode, await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
    }
}
