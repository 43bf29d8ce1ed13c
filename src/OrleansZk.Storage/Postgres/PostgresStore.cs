using System.IO.Hashing;
using System.Text;
using Npgsql;
using OrleansZk.Core.Replication;

namespace OrleansZk.Storage.Postgres;

/// <summary>The way to an ensemble's tables: what log, checkpoint and membership share. Thread-safe.</summary>
public sealed class PostgresStore : IAsyncDisposable
{
    /// <summary>Bytes; an append of an ordinary group then is one write to the socket.</summary>
    private const int BufferBytes = 32 * 1024;

    private readonly NpgsqlDataSource _pooled;
    private readonly NpgsqlDataSource _dedicated;
    private readonly SemaphoreSlim _gate = new(1);
    private bool _isPrepared;

    public PostgresStore(PostgresOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        Options = options;
        Schema = new NpgsqlCommandBuilder().QuoteIdentifier(options.Schema);
        byte[] name = Encoding.UTF8.GetBytes(options.Schema + "\0" + options.EnsembleName);
        LockClass = (int)(XxHash3.HashToUInt64(name) & int.MaxValue);
        SchemaLock = (long)XxHash3.HashToUInt64(Encoding.UTF8.GetBytes("orleanszk\0" + options.Schema));
        CheckpointLock = SchemaLock ^ 1;

        var settings = new NpgsqlConnectionStringBuilder(options.ConnectionString);
        SetDefaults(settings);
        Name = $"PostgreSQL at {settings.Host}:{settings.Port}, database '{settings.Database}', schema '{options.Schema}'";
        _pooled = Build(settings);
        settings.Pooling = false;
        _dedicated = Build(settings);
    }

    public PostgresOptions Options { get; }

    /// <summary>The store, for messages.</summary>
    public string Name { get; }

    /// <summary>The schema's name as it stands in a statement.</summary>
    internal string Schema { get; }

    /// <summary>With a member's id: the advisory lock that it holds.</summary>
    internal int LockClass { get; }

    /// <summary>The advisory lock of whoever changes the tables.</summary>
    internal long SchemaLock { get; }

    /// <summary>The advisory lock of whoever writes a checkpoint.</summary>
    internal long CheckpointLock { get; }

    /// <summary>Creates or upgrades the tables, once for each store.</summary>
    /// <exception cref="CheckpointException">The schema is a newer version's or another ensemble's.</exception>
    /// <exception cref="StoreUnavailableException">It is worth trying again.</exception>
    internal async ValueTask PrepareAsync(CancellationToken cancellationToken)
    {
        if (Volatile.Read(ref _isPrepared))
        {
            return;
        }

        await _gate.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            if (!_isPrepared)
            {
                await PostgresSchema.PrepareAsync(this, cancellationToken).ConfigureAwait(false);
                Volatile.Write(ref _isPrepared, true);
            }
        }
        finally
        {
            _gate.Release();
        }
    }

    /// <summary>A connection of the pool, for now and then.</summary>
    internal ValueTask<NpgsqlConnection> OpenAsync(CancellationToken cancellationToken) => _pooled.OpenConnectionAsync(cancellationToken);

    /// <summary>A connection outside of the pool: closing it really ends the session, with the locks that it holds.</summary>
    /// <param name="isDurable">What the session commits waits for the disk, whatever the server's default is; else it does not.</param>
    /// <exception cref="StoreUnavailableException">The server is a standby that takes no writes.</exception>
    internal async ValueTask<NpgsqlConnection> OpenDedicatedAsync(bool isDurable, CancellationToken cancellationToken)
    {
        NpgsqlConnection connection = await _dedicated.OpenConnectionAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            // remote_apply waits for more than on does. The keepalives let the server notice soon that a machine is gone: it holds its locks until then.
            using var command = new NpgsqlCommand(
                $"""
                SELECT pg_is_in_recovery(),
                    set_config('synchronous_commit',
                        CASE WHEN NOT {(isDurable ? "true" : "false")} THEN 'off'
                            WHEN current_setting('synchronous_commit') = 'remote_apply' THEN 'remote_apply' ELSE 'on' END, false),
                    set_config('tcp_keepalives_idle', '5', false),
                    set_config('tcp_keepalives_interval', '1', false),
                    set_config('tcp_keepalives_count', '5', false),
                    set_config('tcp_user_timeout', '10000', false)
                """,
                connection);
            if (await command.ExecuteScalarAsync(cancellationToken).ConfigureAwait(false) is true)
            {
                throw new StoreUnavailableException($"{Name} is a standby that takes no writes");
            }

            return connection;
        }
        catch
        {
            await connection.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _dedicated.DisposeAsync().ConfigureAwait(false);
        await _pooled.DisposeAsync().ConfigureAwait(false);
        _gate.Dispose();
    }

    private static void SetDefaults(NpgsqlConnectionStringBuilder settings)
    {
        Default("Timeout", 2);
        Default("Command Timeout", 5);
        Default("TCP Keepalive", true);
        Default("TCP Keepalive Time", 5);
        Default("TCP Keepalive Interval", 1);
        Default("Application Name", "orleanszk");
        Default("Read Buffer Size", BufferBytes);
        Default("Write Buffer Size", BufferBytes);

        // Nothing changes the settings of a pooled session but for one transaction.
        Default("No Reset On Close", true);

        // After a time-out no answer is taken any more: a commit that is stopped while it waits for a synchronous standby reports success.
        Default("Cancellation Timeout", -1);

        void Default(string key, object value)
        {
            if (!settings.ContainsKey(key) || !settings.ShouldSerialize(key))
            {
                settings[key] = value;
            }
        }
    }

    private static NpgsqlDataSource Build(NpgsqlConnectionStringBuilder settings)
    {
        var builder = new NpgsqlDataSourceBuilder(settings.ConnectionString);
        return settings.Host!.Contains(',', StringComparison.Ordinal)
            ? builder.BuildMultiHost().WithTargetSession(TargetSessionAttributes.Primary)
            : builder.Build();
    }
}
