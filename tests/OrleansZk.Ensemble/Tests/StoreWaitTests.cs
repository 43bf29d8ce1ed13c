namespace OrleansZk.Ensemble.Tests;

/// <summary>A start while the store is not there waits for it; one that the store refuses ends.</summary>
public sealed class StoreWaitTests
{
    private static readonly TimeSpan Quiet = TimeSpan.FromSeconds(5);

    [Fact]
    public async Task A_start_while_PostgreSQL_is_away_waits_says_so_once_and_serves_when_it_is_there()
    {
        SharedPostgres.Require();
        await using PostgresServer postgres = await PostgresServer.StartNewAsync();
        string database = await postgres.CreateDatabaseAsync();
        await postgres.StopAsync();
        await using var server = new ClusterServer(database, 1);
        server.Launch();
        await Deadline.WaitUntilAsync(() => server.Log.SinceStart.Contains("Waiting for the store", StringComparison.Ordinal), "a server that says that it waits");

        // Several attempts later.
        await Task.Delay(Quiet, TestContext.Current.CancellationToken);
        server.IsRunning.ShouldBeTrue();
        server.Log.SinceStart.Split("Waiting for the store").Length.ShouldBe(2, server.Log.SinceStart);
        server.Log.SinceStart.ShouldNotContain("   at ", Case.Sensitive, "no stack");

        await postgres.StartAsync();
        await server.WaitUntilReadyAsync();
        (await server.TerminateAsync()).ShouldBe(0);
    }

    [Fact]
    public async Task A_database_that_is_not_there_yet_is_waited_for()
    {
        SharedPostgres.Require();
        await using PostgresServer postgres = await PostgresServer.StartNewAsync();
        await using var server = new ClusterServer(postgres.ConnectionString("test_1"), 1);
        server.Launch();
        await Deadline.WaitUntilAsync(() => server.Log.SinceStart.Contains("database \"test_1\" does not exist", StringComparison.Ordinal), "a server that says why it waits");
        await postgres.CreateDatabaseAsync();
        await server.WaitUntilReadyAsync();
    }

    [Fact]
    public async Task A_server_that_waits_can_be_stopped()
    {
        SharedPostgres.Require();
        await using var server = new ClusterServer($"Host=127.0.0.1;Port={FreePorts.Take()};Username=postgres;Database=postgres", 1);
        server.Launch();
        await Deadline.WaitUntilAsync(() => server.Log.SinceStart.Contains("Waiting for the store", StringComparison.Ordinal), "a server that says that it waits");
        (await server.TerminateAsync()).ShouldBe(0);
    }

    [Fact]
    public async Task A_login_that_is_refused_ends_the_start()
    {
        SharedPostgres.Require();
        await using PostgresServer postgres = await PostgresServer.StartNewAsync();
        await using var server = new ClusterServer(await postgres.CreateDatabaseAsync() + ";Username=nobody", 1);
        server.Launch();
        await server.WaitForEndAsync();
        server.ExitCode.ShouldBe(3);
        server.Log.SinceStart.ShouldContain("role \"nobody\" does not exist");
    }
}
