using System.Data;
using System.Globalization;
using System.Reflection;
using System.Text;
using Npgsql;
using OrleansZk.Core.Replication;
using OrleansZk.Storage.Postgres;

namespace OrleansZk.Silo.Clustering;

/// <summary>
/// The tables and queries behind Orleans' ADO.NET providers for membership and grain state, in a schema beside the ensemble's own, and the
/// way to them from every version there has been. The scripts are this folder's <c>OrleansSchema-N.sql</c>.
/// </summary>
internal static class OrleansSchema
{
    private const string Suffix = "_orleans";

    /// <summary>How long to wait for another silo that is at it, seconds.</summary>
    private const int PatienceSeconds = 60;

    private static readonly Lazy<IReadOnlyList<string>> Scripts = new(ReadScripts);

    /// <summary>The version that this program makes.</summary>
    public static int Version => Scripts.Value.Count;

    /// <summary>The schema that goes with an ensemble's, unless another one is configured.</summary>
    /// <exception cref="ArgumentException">The name would be longer than the <see cref="PostgresOptions.MaxSchemaLength"/> bytes that PostgreSQL keeps.</exception>
    public static string NameFor(string ensembleSchema)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(ensembleSchema);
        string name = ensembleSchema + Suffix;
        return Encoding.UTF8.GetByteCount(name) <= PostgresOptions.MaxSchemaLength
            ? name
            : throw new ArgumentException(
                $"the schema '{ensembleSchema}' leaves no room for '{Suffix}' within {PostgresOptions.MaxSchemaLength} bytes", nameof(ensembleSchema));
    }

    /// <summary>Creates the schema and what is in it, or upgrades it, all or nothing; does nothing when it is current. Silos that do so at once wait for each other.</summary>
    /// <param name="connectionString">The ensemble's. Its role needs the right to create the schema only when it is not there.</param>
    /// <exception cref="CheckpointException">The schema is a newer version's or damaged, or the database cannot hold every text.</exception>
    /// <exception cref="StoreUnavailableException">It is worth trying again.</exception>
    /// <exception cref="IOException">PostgreSQL refused.</exception>
    public static Task ApplyAsync(string connectionString, string schema, CancellationToken cancellationToken) =>
        ApplyAsync(connectionString, schema, Scripts.Value, cancellationToken);

    /// <param name="scripts">One for each version, from the one before.</param>
    internal static async Task ApplyAsync(
        string connectionString, string schema, IReadOnlyList<string> scripts, CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(schema);
        NpgsqlConnectionStringBuilder settings = OrleansConnectionString.Settings(connectionString);
        settings.Pooling = false;
        string store = $"PostgreSQL at {settings.Host}:{settings.Port}, database '{settings.Database}', schema '{schema}'";
        try
        {
            var connection = new NpgsqlConnection(settings.ConnectionString);
            await using (connection.ConfigureAwait(false))
            {
                await connection.OpenAsync(cancellationToken).ConfigureAwait(false);
                var upgrade = new Upgrade(store, connection, schema, scripts);
                if (await upgrade.ReadVersionAsync(cancellationToken).ConfigureAwait(false) < scripts.Count)
                {
                    await upgrade.RunAsync(cancellationToken).ConfigureAwait(false);
                }
            }
        }
        catch (Exception exception) when (PostgresFaults.IsFault(exception))
        {
            throw PostgresFaults.Translate(exception, store, "preparing the tables of the silos");
        }
    }

    private static List<string> ReadScripts()
    {
        var scripts = new List<string>();
        Assembly assembly = typeof(OrleansSchema).Assembly;
        while (true)
        {
            string name = string.Create(CultureInfo.InvariantCulture, $"OrleansSchema-{scripts.Count + 1}.sql");
            using Stream? stream = assembly.GetManifestResourceStream(name);
            if (stream is null)
            {
                return scripts;
            }

            using var reader = new StreamReader(stream);
            scripts.Add(reader.ReadToEnd());
        }
    }

    private sealed class Upgrade(string store, NpgsqlConnection connection, string schema, IReadOnlyList<string> scripts)
    {
        private readonly string _quoted = OrleansConnectionString.Quote(schema);

        /// <returns>0 when there are no tables yet.</returns>
        public async Task<int> ReadVersionAsync(CancellationToken cancellationToken)
        {
            using var exists = new NpgsqlCommand(
                """
                SELECT current_setting('server_encoding'), EXISTS (
                    SELECT FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = $1 AND c.relname = 'orleans_schema')
                """,
                connection);
            exists.Parameters.Add(new NpgsqlParameter<string> { TypedValue = schema });
            NpgsqlDataReader found = await exists.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
            await using (found.ConfigureAwait(false))
            {
                await found.ReadAsync(cancellationToken).ConfigureAwait(false);
                if (found.GetString(0) is not "UTF8" and var encoding)
                {
                    throw new CheckpointException($"{store}: the database's encoding is {encoding}; it must be UTF8");
                }

                if (!found.GetBoolean(1))
                {
                    return 0;
                }
            }

            using var select = new NpgsqlCommand($"SELECT version FROM {_quoted}.orleans_schema", connection);
            return await select.ExecuteScalarAsync(cancellationToken).ConfigureAwait(false) is not int version
                ? throw new CheckpointException($"{store} is damaged: orleans_schema has lost its row")
                : version > scripts.Count
                ? throw new CheckpointException(
                    $"{store} has version {version} of the silos' tables, from a newer release; this one knows versions up to {scripts.Count}")
                : version;
        }

        public async Task RunAsync(CancellationToken cancellationToken)
        {
            // Whatever the database's default is: a statement must see what was committed while this waited for the lock.
            NpgsqlTransaction transaction =
                await connection.BeginTransactionAsync(IsolationLevel.ReadCommitted, cancellationToken).ConfigureAwait(false);
            await using (transaction.ConfigureAwait(false))
            {
                using (var wait = new NpgsqlCommand("SELECT pg_advisory_xact_lock(hashtextextended('orleanszk-silo/' || $1, 0))", connection))
                {
                    wait.CommandTimeout = PatienceSeconds;
                    wait.Parameters.Add(new NpgsqlParameter<string> { TypedValue = schema });
                    await wait.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
                }

                // Another silo may have been here meanwhile.
                int version = await ReadVersionAsync(cancellationToken).ConfigureAwait(false);
                if (version == 0)
                {
                    await CreateSchemaAsync(cancellationToken).ConfigureAwait(false);
                }

                await ExecuteAsync("SET LOCAL search_path TO " + _quoted, cancellationToken).ConfigureAwait(false);
                for (int next = version; next < scripts.Count; next++)
                {
                    await ExecuteAsync(scripts[next], cancellationToken).ConfigureAwait(false);
                }

                await ExecuteAsync(
                    "UPDATE orleans_schema SET version = " + scripts.Count.ToString(CultureInfo.InvariantCulture), cancellationToken)
                    .ConfigureAwait(false);
                await transaction.CommitAsync(cancellationToken).ConfigureAwait(false);
            }
        }

        /// <summary>Creates the schema unless it is there: whoever was given one need not have the right to create any.</summary>
        private async Task CreateSchemaAsync(CancellationToken cancellationToken)
        {
            using var exists = new NpgsqlCommand("SELECT EXISTS (SELECT FROM pg_namespace WHERE nspname = $1)", connection);
            exists.Parameters.Add(new NpgsqlParameter<string> { TypedValue = schema });
            if (await exists.ExecuteScalarAsync(cancellationToken).ConfigureAwait(false) is not true)
            {
                await ExecuteAsync("CREATE SCHEMA " + _quoted, cancellationToken).ConfigureAwait(false);
            }
        }

        private async Task ExecuteAsync(string sql, CancellationToken cancellationToken)
        {
            using var command = new NpgsqlCommand(sql, connection);
            await command.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
        }
    }
}
