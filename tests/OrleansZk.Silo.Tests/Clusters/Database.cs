using OrleansZk.TestKit.Processes;
using Xunit;

namespace OrleansZk.Silo.Tests.Clusters;

/// <summary>One PostgreSQL for all tests; each takes a database of its own.</summary>
public sealed class Database : IAsyncLifetime
{
    private PostgresServer? _server;

    public async ValueTask InitializeAsync()
    {
        if (PostgresBinaries.Missing is null)
        {
            _server = await PostgresServer.StartNewAsync(sync: false);
        }
    }

    /// <returns>A connection string.</returns>
    public async Task<string> NewAsync()
    {
        Assert.SkipWhen(_server is null, PostgresBinaries.Missing ?? "");
        return _server!.ConnectionString(await _server.CreateDatabaseAsync());
    }

    public ValueTask DisposeAsync() => _server?.DisposeAsync() ?? ValueTask.CompletedTask;
}

[CollectionDefinition(nameof(Database))]
public sealed class WithDatabase : ICollectionFixture<Database>;
