using Npgsql;
using OrleansZk.Core.Replication;
using OrleansZk.Silo.Clustering;

namespace OrleansZk.Silo.Tests.Clustering;

[Collection(PostgresGroup.Name)]
public sealed class OrleansSchemaTests(PostgresFixture fixture) : IAsyncLifetime
{
    private const string Schema = "zk_orleans";

    private static readonly string[] TwoVersions =
    [
        "CREATE TABLE orleans_schema (version INT); INSERT INTO orleans_schema VALUES (0); CREATE TABLE steps (step INT)",
        "INSERT INTO steps VALUES (2)",
    ];

    private string _ensemble = "";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _ensemble = await fixture.Server.CreateDatabaseAsync();

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    [Fact]
    public async Task Applied_again_nothing_changes()
    {
        await OrleansSchema.ApplyAsync(_ensemble, Schema, Cancellation);
        OrleansSchema.Version.ShouldBeGreaterThan(0);
        (await ExecuteAsync("SELECT version FROM orleans_schema")).ShouldBe(OrleansSchema.Version);
        object? before = await ExecuteAsync("SELECT string_agg(xmin || QueryKey, ',' ORDER BY QueryKey) FROM OrleansQuery");

        await OrleansSchema.ApplyAsync(_ensemble, Schema, Cancellation);

        (await ExecuteAsync("SELECT version FROM orleans_schema")).ShouldBe(OrleansSchema.Version);
        (await ExecuteAsync("SELECT string_agg(xmin || QueryKey, ',' ORDER BY QueryKey) FROM OrleansQuery")).ShouldBe(before);
    }

    [Theory]
    [InlineData("read committed")]
    [InlineData("serializable")]
    public async Task Silos_that_start_at_once_make_one_schema(string isolation)
    {
        await ExecuteAsync($"DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET default_transaction_isolation = ''{isolation}''', current_database()); END $$");

        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(
            () => OrleansSchema.ApplyAsync(_ensemble, Schema, Cancellation), Cancellation)));

        (await ExecuteAsync("SELECT version FROM orleans_schema")).ShouldBe(OrleansSchema.Version);
    }

    [Fact]
    public async Task Versions_are_applied_in_order_and_once()
    {
        await OrleansSchema.ApplyAsync(_ensemble, Schema, TwoVersions, Cancellation);
        (await ExecuteAsync("SELECT version FROM orleans_schema")).ShouldBe(2);

        string[] four = [.. TwoVersions, "INSERT INTO steps VALUES (3)", "INSERT INTO steps SELECT max(step) + 1 FROM steps"];
        await OrleansSchema.ApplyAsync(_ensemble, Schema, four, Cancellation);
        await OrleansSchema.ApplyAsync(_ensemble, Schema, four, Cancellation);

        (await ExecuteAsync("SELECT version FROM orleans_schema")).ShouldBe(4);
        (await ExecuteAsync("SELECT string_agg(step::text, ' ' ORDER BY step) FROM steps")).ShouldBe("2 3 4");
    }

    [Fact]
    public async Task An_upgrade_that_fails_leaves_everything_as_it_was()
    {
        (await Should.ThrowAsync<IOException>(() => OrleansSchema.ApplyAsync(
            _ensemble, Schema, [.. TwoVersions, "SELECT nonsense"], Cancellation))).Message.ShouldContain("nonsense");
        (await ExecuteAsync("SELECT count(*) FROM pg_namespace WHERE nspname = 'zk_orleans'")).ShouldBe(0L);

        await OrleansSchema.ApplyAsync(_ensemble, Schema, TwoVersions, Cancellation);
        await Should.ThrowAsync<IOException>(() => OrleansSchema.ApplyAsync(
            _ensemble, Schema, [.. TwoVersions, "DROP TABLE steps", "SELECT nonsense"], Cancellation));

        (await ExecuteAsync("SELECT version FROM orleans_schema")).ShouldBe(2);
        (await ExecuteAsync("SELECT step FROM steps")).ShouldBe(2);
    }

    [Fact]
    public async Task A_schema_of_a_newer_release_is_refused()
    {
        await OrleansSchema.ApplyAsync(_ensemble, Schema, Cancellation);
        await ExecuteAsync("UPDATE orleans_schema SET version = 1000");

        (await Should.ThrowAsync<CheckpointException>(() => OrleansSchema.ApplyAsync(_ensemble, Schema, Cancellation))).Message
            .ShouldContain($"version 1000 of the silos' tables, from a newer release; this one knows versions up to {OrleansSchema.Version}");
    }

    [Fact]
    public async Task A_schema_without_its_row_is_refused()
    {
        await OrleansSchema.ApplyAsync(_ensemble, Schema, Cancellation);
        await ExecuteAsync("DELETE FROM orleans_schema");

        (await Should.ThrowAsync<CheckpointException>(() => OrleansSchema.ApplyAsync(_ensemble, Schema, Cancellation))).Message
            .ShouldContain("orleans_schema has lost its row");
    }

    [Fact]
    public async Task A_database_that_cannot_hold_every_text_is_refused()
    {
        await ExecuteAsync("CREATE DATABASE silos_latin ENCODING 'LATIN1' TEMPLATE template0");

        (await Should.ThrowAsync<CheckpointException>(() => OrleansSchema.ApplyAsync(
            fixture.Server.ConnectionString("silos_latin"), Schema, Cancellation))).Message.ShouldContain("encoding is LATIN1; it must be UTF8");
    }

    [Fact]
    public async Task A_role_without_rights_to_create_schemas_uses_the_one_that_it_was_given()
    {
        await ExecuteAsync("CREATE ROLE silo LOGIN; CREATE SCHEMA zk_orleans AUTHORIZATION silo");

        await OrleansSchema.ApplyAsync(_ensemble + ";Username=silo", Schema, Cancellation);

        (await ExecuteAsync("SELECT version FROM orleans_schema")).ShouldBe(OrleansSchema.Version);
    }

    [Theory]
    [InlineData("Database=not_there", "does not exist")]
    [InlineData("Port=1", "127.0.0.1:1")]
    public async Task A_store_that_is_not_there_is_worth_waiting_for(string setting, string said) =>
        (await Should.ThrowAsync<StoreUnavailableException>(() =>
            OrleansSchema.ApplyAsync(_ensemble + ";" + setting, Schema, Cancellation))).Message.ShouldContain(said);

    [Fact]
    public void The_schema_is_named_after_the_ensembles()
    {
        OrleansSchema.NameFor("orleanszk").ShouldBe("orleanszk_orleans");
        OrleansSchema.NameFor(new string('a', 55)).Length.ShouldBe(63);
        Should.Throw<ArgumentException>(() => OrleansSchema.NameFor(new string('a', 56))).Message.ShouldContain("63 bytes");
    }

    [Fact]
    public void The_providers_connection_string_fills_in_what_is_open()
    {
        var made = new NpgsqlConnectionStringBuilder(OrleansConnectionString.Create("Host=a;Search Path=public", "My \"own\""));
        (made.SearchPath, made.MaxPoolSize, made.Timeout, made.TargetSessionAttributes).ShouldBe(("\"My \"\"own\"\"\"", 10, 5, null));

        made = new NpgsqlConnectionStringBuilder(OrleansConnectionString.Create("Host=a,b;Maximum Pool Size=3;Timeout=7", "s"));
        (made.SearchPath, made.MaxPoolSize, made.Timeout, made.TargetSessionAttributes).ShouldBe(("\"s\"", 3, 7, "primary"));

        made = new NpgsqlConnectionStringBuilder(OrleansConnectionString.Create("Host=a;Minimum Pool Size=20", "s"));
        (made.MinPoolSize, made.MaxPoolSize).ShouldBe((20, 20));
    }

    private async Task<object?> ExecuteAsync(string sql)
    {
        await using var connection = new NpgsqlConnection(OrleansConnectionString.Create(_ensemble, Schema) + ";Pooling=false");
        await connection.OpenAsync(Cancellation);
        await using var command = new NpgsqlCommand(sql, connection);
        return await command.ExecuteScalarAsync(Cancellation);
    }
}
