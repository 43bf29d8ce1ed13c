using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using OrleansZk.Core.Ensemble;
using OrleansZk.Core.Replication;
using OrleansZk.Storage.Postgres;
using static OrleansZk.Storage.Tests.Postgres.PostgresDatabase;

namespace OrleansZk.Storage.Tests.Postgres;

[Collection(PostgresGroup.Name)]
public sealed class PostgresSchemaTests(PostgresFixture fixture) : IAsyncLifetime
{
    private PostgresDatabase _database = null!;

    private static CancellationToken Cancellation => PostgresDatabase.Cancellation;

    public async ValueTask InitializeAsync() => _database = await CreateAsync(fixture.Server);

    public ValueTask DisposeAsync() => _database?.DisposeAsync() ?? ValueTask.CompletedTask;

    [Fact]
    public async Task Servers_that_start_at_once_make_one_schema()
    {
        PostgresStore[] stores = [.. Enumerable.Range(0, 8).Select(_ => _database.Store())];

        await Task.WhenAll(stores.Select(store => Task.Run(async () => await store.PrepareAsync(Cancellation), Cancellation)));

        (await _database.CountAsync("SELECT count(*) FROM zk_ensemble WHERE schema_version = " + PostgresSchema.Version)).ShouldBe(1);
        object? secret = await _database.ExecuteAsync("SELECT secret FROM zk_ensemble");
        await _database.Store().PrepareAsync(Cancellation);
        (await _database.ExecuteAsync("SELECT secret FROM zk_ensemble")).ShouldBe(secret);
    }

    [Fact]
    public async Task A_schema_that_an_administrator_has_made_is_used()
    {
        await _database.ExecuteAsync("CREATE SCHEMA orleanszk; CREATE TABLE orleanszk.other (a int)");
        await _database.Store().PrepareAsync(Cancellation);

        (await _database.CountAsync("SELECT count(*) FROM zk_ensemble")).ShouldBe(1);
    }

    [Fact]
    public async Task A_schema_of_a_newer_release_is_refused()
    {
        await _database.Store().PrepareAsync(Cancellation);
        await _database.ExecuteAsync("UPDATE zk_ensemble SET schema_version = 1000");

        (await Should.ThrowAsync<CheckpointException>(async () => await _database.Store().PrepareAsync(Cancellation))).Message
            .ShouldContain($"schema version 1000, from a newer release; this one knows versions up to {PostgresSchema.Version}");
    }

    [Fact]
    public async Task Another_ensembles_schema_is_refused()
    {
        await _database.Store(options => options.EnsembleName = "one").PrepareAsync(Cancellation);

        (await Should.ThrowAsync<CheckpointException>(async () =>
            await _database.Store(options => options.EnsembleName = "two").PrepareAsync(Cancellation))).Message
            .ShouldContain("belongs to the ensemble 'one', not to 'two'");
    }

    [Fact]
    public async Task A_schema_without_its_row_is_refused()
    {
        await _database.Store().PrepareAsync(Cancellation);
        await _database.ExecuteAsync("DELETE FROM zk_ensemble");

        (await Should.ThrowAsync<CheckpointException>(async () => await _database.Store().PrepareAsync(Cancellation))).Message
            .ShouldContain("zk_ensemble has lost its row");
    }

    [Fact]
    public async Task A_database_that_cannot_hold_every_text_is_refused()
    {
        await _database.ExecuteAsync("CREATE DATABASE latin ENCODING 'LATIN1' TEMPLATE template0");

        (await Should.ThrowAsync<CheckpointException>(async () => await _database.Store(
            options => options.ConnectionString = fixture.Server.ConnectionString("latin")).PrepareAsync(Cancellation))).Message
            .ShouldContain("encoding is LATIN1; it must be UTF8");
    }

    [Theory]
    [InlineData("Database=not_there", "does not exist")]
    [InlineData("Username=nobody", "nobody")]
    [InlineData("Port=1", "127.0.0.1:1")]
    public async Task A_store_that_is_not_there_is_worth_waiting_for(string setting, string said) =>
        (await Should.ThrowAsync<StoreUnavailableException>(async () =>
            await _database.Store(options => options.ConnectionString += ";" + setting).PrepareAsync(Cancellation))).Message.ShouldContain(said);

    [Fact]
    public async Task A_standby_is_not_taken_for_the_store()
    {
        await _database.Store().PrepareAsync(Cancellation);
        await _database.ExecuteAsync("DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET default_transaction_read_only = on', current_database()); END $$");

        PostgresTransactionLog log = _database.Log();
        await log.OpenAsync(Cancellation);
        await Should.ThrowAsync<StoreUnavailableException>(async () => await log.ClaimEpochAsync(0, Cancellation));
    }

    [Fact]
    public async Task A_host_gets_log_checkpoint_and_membership()
    {
        HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Services.AddSingleton(new PostgresIdentity(4, 44));
        builder.Services.AddPostgresStorage(options => options.ConnectionString = _database.ConnectionString);
        using IHost host = builder.Build();
        await host.StartAsync(Cancellation);
        var membership = host.Services.GetRequiredService<IMembership>();
        await membership.JoinAsync(new MemberInfo(4, 44, "a:1", "a:2"), Cancellation);
        (await host.Services.GetRequiredService<ICheckpointStore>().OpenAsync(Cancellation)).Secret.Length.ShouldBe(32);
        await host.Services.GetRequiredService<ITransactionLog>().ClaimEpochAsync(0, Cancellation);
        (await membership.BeatAsync(default, Cancellation)).Leader.ShouldBe((4, 44));
        await host.StopAsync(Cancellation);
        await ((IAsyncDisposable)host).DisposeAsync();

        (await _database.CountAsync("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND objid = 4")).ShouldBe(0);
    }

    public static TheoryData<Action<PostgresOptions>, string> WrongOptions => new()
    {
        { options => options.ConnectionString = "", "Postgres:ConnectionString names no host" },
        { options => options.ConnectionString = "Host=a;Nonsense=1", "Postgres:ConnectionString cannot be read" },
        { options => options.ConnectionString = "Host=a;Port=b", "Postgres:ConnectionString cannot be read" },
        { options => options.Schema = " ", "Postgres:Schema is ' '; it must be a name of 1 to 63 bytes" },
        { options => options.Schema = new string('é', 32), "Postgres:Schema is 'é" },
        { options => options.EnsembleName = "", "Postgres:EnsembleName is empty" },
        { options => options.CheckpointTimeoutSeconds = 0, "Postgres:CheckpointTimeoutSeconds is 0; it must be from 1 to 86400 seconds" },
        { options => options.JoinPatienceMilliseconds = -1, "Postgres:JoinPatienceMilliseconds is -1" },
    };

    [Theory]
    [MemberData(nameof(WrongOptions))]
    public async Task A_host_with_wrong_options_does_not_start_and_says_why(Action<PostgresOptions> configure, string said)
    {
        HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Services.AddPostgresStorage(options => options.ConnectionString = "Host=127.0.0.1");
        builder.Services.Configure(configure);
        using IHost host = builder.Build();

        (await Should.ThrowAsync<OptionsValidationException>(() => host.StartAsync(Cancellation))).Message.ShouldContain(said);
    }
}
