using System.Globalization;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using OrleansZk.Core.Replication;
using OrleansZk.Storage.Postgres;
using OrleansZk.TestKit.Processes;

namespace OrleansZk.Storage.Tests.Postgres;

/// <summary>One server for the tests that leave it running.</summary>
public sealed class PostgresFixture : IAsyncLifetime
{
    private PostgresServer? _server;

    /// <summary>Skips the test when there is no PostgreSQL.</summary>
    public PostgresServer Server
    {
        get
        {
            Assert.SkipWhen(PostgresBinaries.Missing is not null, PostgresBinaries.Missing ?? "");
            return _server!;
        }
    }

    public async ValueTask InitializeAsync()
    {
        if (PostgresBinaries.Missing is null)
        {
            _server = await PostgresServer.StartNewAsync();
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_server is not null)
        {
            await _server.DisposeAsync();
        }
    }
}

[CollectionDefinition(Name)]
public sealed class PostgresGroup : ICollectionFixture<PostgresFixture>
{
    public const string Name = "PostgreSQL";
}

/// <summary>A database of the test's own, and short ways to what is in it.</summary>
internal sealed class PostgresDatabase(string connectionString) : IAsyncDisposable
{
    private readonly List<IAsyncDisposable> _opened = [];
    private NpgsqlCommand? _ending;

    public static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public string ConnectionString => connectionString;

    public static async Task<PostgresDatabase> CreateAsync(PostgresServer server) => new(await server.CreateDatabaseAsync());

    public PostgresStore Store(Action<PostgresOptions>? configure = null)
    {
        var options = new PostgresOptions { ConnectionString = connectionString };
        configure?.Invoke(options);
        return Keep(new PostgresStore(options));
    }

    public PostgresTransactionLog Log(int serverId = 1, long incarnation = 1000, Action<PostgresOptions>? configure = null) =>
        Keep(new PostgresTransactionLog(
            Store(configure), new PostgresIdentity(serverId, incarnation), NullLogger<PostgresTransactionLog>.Instance));

    public PostgresMembership Membership(Action<PostgresOptions>? configure = null) =>
        Keep(new PostgresMembership(Store(configure), NullLogger<PostgresMembership>.Instance));

    /// <summary>Runs a statement as another program would, in the schema's search path.</summary>
    /// <returns>The first value of its first row.</returns>
    public async Task<object?> ExecuteAsync(string sql)
    {
        await using var connection = new NpgsqlConnection(connectionString + ";Pooling=false;Search Path=orleanszk");
        await connection.OpenAsync(Cancellation);
        await using var command = new NpgsqlCommand(sql, connection);
        return await command.ExecuteScalarAsync(Cancellation);
    }

    public async Task<long> CountAsync(string sql) => Convert.ToInt64(await ExecuteAsync(sql), CultureInfo.InvariantCulture);

    /// <summary>Ends the sessions of the log and the members, as an administrator does; at once, over a connection that is open already.</summary>
    public async Task EndSessionsAsync()
    {
        if (_ending is null)
        {
            var connection = new NpgsqlConnection(connectionString + ";Pooling=false");
            await connection.OpenAsync(Cancellation);
            _opened.Insert(0, connection);
            _ending = new NpgsqlCommand(
                "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()",
                connection);
        }

        await _ending.ExecuteNonQueryAsync(Cancellation);
    }

    /// <summary>Disposes of what a test has opened, the last first.</summary>
    public async ValueTask DisposeAsync()
    {
        for (int i = _opened.Count - 1; i >= 0; i--)
        {
            await _opened[i].DisposeAsync();
        }
    }

    private T Keep<T>(T opened)
        where T : IAsyncDisposable
    {
        _opened.Add(opened);
        return opened;
    }
}

internal static class PostgresLogExtensions
{
    /// <summary>Opens the log and claims the epoch after its own.</summary>
    /// <returns>The zxid before the first of the epoch.</returns>
    public static async Task<long> LeadAsync(this PostgresTransactionLog log)
    {
        LogPosition end = await log.OpenAsync(PostgresDatabase.Cancellation);
        return await log.ClaimEpochAsync(end.Epoch, PostgresDatabase.Cancellation) << 32;
    }

    public static async Task<List<LogGroup>> ReadAllAsync(this PostgresTransactionLog log, long afterZxid = 0)
    {
        var groups = new List<LogGroup>();
        await foreach (LogGroup group in log.ReadAsync(afterZxid, PostgresDatabase.Cancellation))
        {
            groups.Add(group);
        }

        return groups;
    }

    /// <summary>Appends as a leader does: the same group again until it is known where it is.</summary>
    /// <returns>How often the store was away.</returns>
    public static async Task<int> AppendUntilKnownAsync(this PostgresTransactionLog log, LogGroup group)
    {
        for (int failures = 0; ; failures++)
        {
            try
            {
                await log.AppendAsync(group, PostgresDatabase.Cancellation);
                return failures;
            }
            catch (StoreUnavailableException) when (failures < 1000)
            {
                await Task.Delay(5, PostgresDatabase.Cancellation);
            }
        }
    }

    /// <summary>Does something although somebody ends sessions at any moment.</summary>
    public static async Task<T> UntilItWorksAsync<T>(this PostgresTransactionLog log, Func<PostgresTransactionLog, Task<T>> action)
    {
        while (true)
        {
            try
            {
                return await action(log);
            }
            catch (StoreUnavailableException)
            {
                await Task.Delay(5, PostgresDatabase.Cancellation);
            }
        }
    }
}
