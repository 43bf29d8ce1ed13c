using System.Globalization;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Npgsql;
using Orleans.Configuration;
using OrleansZk.Silo.Clustering;
using OrleansZk.TestKit.Processes;

namespace OrleansZk.Silo.Tests.Clustering;

/// <summary>One PostgreSQL for the tests of this folder.</summary>
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
    public const string Name = "Silos on PostgreSQL";
}

/// <summary>A database of the test's own with the tables of the silos, and hosts that use it.</summary>
internal sealed class SiloDatabase : IAsyncDisposable
{
    /// <summary>Capitals and a blank: nobody may fold the name, or split it.</summary>
    public const string Schema = "Orleans ZK_orleans";

    private readonly List<IHost> _hosts = [];

    private SiloDatabase(string ensemble)
    {
        Ensemble = ensemble;
        ConnectionString = OrleansConnectionString.Create(ensemble, Schema);
    }

    public static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>What an ensemble is given.</summary>
    public string Ensemble { get; }

    /// <summary>What the providers are given.</summary>
    public string ConnectionString { get; }

    public static async Task<SiloDatabase> CreateAsync(PostgresServer server)
    {
        var database = new SiloDatabase(await server.CreateDatabaseAsync());
        await OrleansSchema.ApplyAsync(database.Ensemble, Schema, Cancellation);
        return database;
    }

    /// <summary>A silo, not started: all that Orleans would have it do on PostgreSQL.</summary>
    public IHost Silo(Action<ISiloBuilder>? configure = null, string clusterId = "cluster", string serviceId = "service")
    {
        HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(null);
        builder.UseOrleans(silo =>
        {
            silo.Configure<ClusterOptions>(options => (options.ClusterId, options.ServiceId) = (clusterId, serviceId));
            silo.UseAdoNetClustering(options =>
            {
                options.Invariant = OrleansConnectionString.Invariant;
                options.ConnectionString = ConnectionString;
            });
            silo.AddAdoNetGrainStorageAsDefault(options => Use(options, delete: false));
            silo.AddAdoNetGrainStorage("PubSubStore", options => Use(options, delete: false));
            silo.AddAdoNetGrainStorage("Deleting", options => Use(options, delete: true));
            configure?.Invoke(silo);
        });
        return Keep(builder);

        void Use(AdoNetGrainStorageOptions options, bool delete)
        {
            options.Invariant = OrleansConnectionString.Invariant;
            options.ConnectionString = ConnectionString;
            options.DeleteStateOnClear = delete;
        }
    }

    /// <summary>A client of the cluster, not started.</summary>
    public IHost Client(string clusterId = "cluster", string serviceId = "service")
    {
        HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(null);
        builder.UseOrleansClient(client =>
        {
            client.Configure<ClusterOptions>(options => (options.ClusterId, options.ServiceId) = (clusterId, serviceId));
            client.UseAdoNetClustering(options =>
            {
                options.Invariant = OrleansConnectionString.Invariant;
                options.ConnectionString = ConnectionString;
            });
        });
        return Keep(builder);
    }

    /// <summary>Runs a statement over the providers' connection string.</summary>
    /// <returns>The first value of its first row.</returns>
    public async Task<object?> ExecuteAsync(string sql)
    {
        await using var connection = new NpgsqlConnection(ConnectionString);
        await connection.OpenAsync(Cancellation);
        await using var command = new NpgsqlCommand(sql, connection);
        return await command.ExecuteScalarAsync(Cancellation);
    }

    public async Task<long> CountAsync(string sql) => Convert.ToInt64(await ExecuteAsync(sql), CultureInfo.InvariantCulture);

    public async ValueTask DisposeAsync()
    {
        foreach (IHost host in Enumerable.Reverse(_hosts))
        {
            await ((IAsyncDisposable)host).DisposeAsync();
        }

        await using var connection = new NpgsqlConnection(ConnectionString);
        NpgsqlConnection.ClearPool(connection);
    }

    private IHost Keep(HostApplicationBuilder builder)
    {
        IHost host = builder.Build();
        _hosts.Add(host);
        return host;
    }
}
