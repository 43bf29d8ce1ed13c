using System.Globalization;
using System.Security.Cryptography;
using Npgsql;
using OrleansZk.Core.Replication;

namespace OrleansZk.Storage.Postgres;

/// <summary>The tables of an ensemble, and the way to them from every version there has been.</summary>
internal static class PostgresSchema
{
    /// <summary>One script for each version, from the one before; the schema is the search path. A published script never changes.</summary>
    private static readonly string[] Migrations =
    [
        """
        -- What is kept for the whole ensemble. Appends lock this row and do not write it: a version of it for each append could
        -- not be cleared away while a checkpoint is read or written, and every append would have to step over all of them.
        CREATE TABLE zk_ensemble (
            id                  INTEGER PRIMARY KEY CHECK (id = 1),
            schema_version      INTEGER NOT NULL,
            name                TEXT NOT NULL,
            secret              BYTEA NOT NULL,
            epoch               BIGINT NOT NULL DEFAULT 0,
            leader_id           INTEGER,
            leader_incarnation  BIGINT,
            successor           INTEGER,            -- who is asked to claim the next epoch
            truncated_to        BIGINT NOT NULL DEFAULT 0   -- last zxid of the newest group that was dropped from zk_log
        );
        -- The epochs that were claimed, and where each found the log's end.
        CREATE TABLE zk_epoch (
            epoch         BIGINT PRIMARY KEY,
            leader_id     INTEGER NOT NULL,
            incarnation   BIGINT NOT NULL,
            start_zxid    BIGINT NOT NULL,          -- the last zxid of the epochs before
            claimed       TIMESTAMPTZ NOT NULL DEFAULT clock_timestamp()
        );
        -- Committed groups of transactions.
        CREATE TABLE zk_log (
            first_zxid     BIGINT PRIMARY KEY,
            last_zxid      BIGINT NOT NULL,
            previous_zxid  BIGINT NOT NULL,         -- the last zxid of the group before; 0 for the first
            checksum       BIGINT NOT NULL,         -- XxHash3 of bytes, its seed first_zxid
            bytes          BYTEA NOT NULL
        );
        -- Uncompressed: time matters more than room, and the groups go soon.
        ALTER TABLE zk_log ALTER COLUMN bytes SET STORAGE EXTERNAL;
        -- What the rows of zk_node and zk_session stand at; no row before the first checkpoint.
        CREATE TABLE zk_checkpoint (
            id      INTEGER PRIMARY KEY CHECK (id = 1),
            zxid    BIGINT NOT NULL,
            digest  TEXT NOT NULL,                  -- of the tree, 16 hexadecimal digits
            time    BIGINT NOT NULL                 -- milliseconds since the Unix epoch
        );
        CREATE TABLE zk_session (
            session_id  BIGINT PRIMARY KEY,
            timeout     INTEGER NOT NULL,           -- milliseconds
            owner       BIGINT NOT NULL             -- the connection that speaks for it; 0 for whichever speaks first
        );
        -- The entries of each access control list. List 0 has none.
        CREATE TABLE zk_acl (
            acl_id    BIGINT NOT NULL,
            position  INTEGER NOT NULL,
            perms     TEXT NOT NULL,                -- letters out of cdrwa; a number when there is more in it
            scheme    TEXT NOT NULL,
            id        TEXT NOT NULL,
            PRIMARY KEY (acl_id, position)
        );
        -- Byte order has parents before their children.
        CREATE TABLE zk_node (
            path             TEXT COLLATE "C" PRIMARY KEY,  -- of a very long one: its beginning and a hash
            acl_id           BIGINT NOT NULL,
            czxid            BIGINT NOT NULL,
            mzxid            BIGINT NOT NULL,
            pzxid            BIGINT NOT NULL,
            ctime            BIGINT NOT NULL,
            mtime            BIGINT NOT NULL,
            version          INTEGER NOT NULL,
            cversion         INTEGER NOT NULL,
            aversion         INTEGER NOT NULL,
            ephemeral_owner  BIGINT NOT NULL,
            data             BYTEA,
            long_path        TEXT COLLATE "C"       -- of a path too long for an index, all of it
        );
        CREATE INDEX zk_node_long ON zk_node (path) WHERE long_path IS NOT NULL;
        CREATE TABLE zk_member (
            id              INTEGER PRIMARY KEY CHECK (id BETWEEN 0 AND 255),
            incarnation     BIGINT NOT NULL,
            peer_address    TEXT NOT NULL,
            client_address  TEXT NOT NULL,
            backend         INTEGER NOT NULL,       -- process id of the session that holds the member's lock
            heartbeat       TIMESTAMPTZ NOT NULL,   -- by this server's clock
            followed_epoch  BIGINT NOT NULL,        -- 0 for none
            last_zxid       BIGINT NOT NULL
        );
        """,
        """
        -- What servers have seen committed and have not found in the store again, which must have lost it: nobody may append before the log reaches that far. 0 for nothing.
        ALTER TABLE zk_ensemble
            ADD COLUMN seen_epoch BIGINT NOT NULL DEFAULT 0,
            ADD COLUMN seen_zxid BIGINT NOT NULL DEFAULT 0;
        -- True where an operator has given up what was lost: the epoch begins behind what is left.
        ALTER TABLE zk_epoch ADD COLUMN is_loss_accepted BOOLEAN NOT NULL DEFAULT false;
        """,
    ];

    /// <summary>The version that this program writes.</summary>
    public static int Version => Migrations.Length;

    /// <summary>Sees whose schema it is, and creates or upgrades the tables. Servers that do so at once wait for each other.</summary>
    /// <exception cref="CheckpointException">It is another ensemble's or a newer version's, or the database cannot hold every text.</exception>
    /// <exception cref="StoreUnavailableException">It is worth trying again.</exception>
    public static async Task PrepareAsync(PostgresStore store, CancellationToken cancellationToken)
    {
        try
        {
            NpgsqlConnection connection = await store.OpenDedicatedAsync(isDurable: true, cancellationToken).ConfigureAwait(false);
            await using (connection.ConfigureAwait(false))
            {
                if (await ReadVersionAsync(store, connection, cancellationToken).ConfigureAwait(false) < Version)
                {
                    await UpgradeAsync(store, connection, cancellationToken).ConfigureAwait(false);
                }
            }
        }
        catch (Exception exception) when (PostgresFaults.IsFault(exception))
        {
            throw PostgresFaults.Translate(exception, store.Name, "preparing the tables");
        }
    }

    /// <returns>0 when there are no tables yet.</returns>
    private static async Task<int> ReadVersionAsync(PostgresStore store, NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        // From the catalog itself: to_regclass may answer from a cache that is older than the end of the wait for another server.
        using var exists = new NpgsqlCommand(
            """
            SELECT EXISTS (SELECT FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = $1 AND c.relname = 'zk_ensemble'),
                current_setting('server_encoding')
            """,
            connection);
        exists.Parameters.Add(new NpgsqlParameter<string> { TypedValue = store.Options.Schema });
        NpgsqlDataReader found = await exists.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        await using (found.ConfigureAwait(false))
        {
            await found.ReadAsync(cancellationToken).ConfigureAwait(false);
            if (found.GetString(1) is not "UTF8" and var encoding)
            {
                throw new CheckpointException($"{store.Name}: the database's encoding is {encoding}; it must be UTF8");
            }

            if (!found.GetBoolean(0))
            {
                return 0;
            }
        }

        using var select = new NpgsqlCommand($"SELECT schema_version, name FROM {store.Schema}.zk_ensemble", connection);
        NpgsqlDataReader row = await select.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        await using (row.ConfigureAwait(false))
        {
            if (!await row.ReadAsync(cancellationToken).ConfigureAwait(false))
            {
                throw new CheckpointException($"{store.Name} is damaged: zk_ensemble has lost its row");
            }

            int version = row.GetInt32(0);
            return version > Version
                ? throw new CheckpointException(
                    $"{store.Name} has schema version {version}, from a newer release; this one knows versions up to {Version}")
                : row.GetString(1) != store.Options.EnsembleName
                ? throw new CheckpointException(
                    $"{store.Name} belongs to the ensemble '{row.GetString(1)}', not to '{store.Options.EnsembleName}': each needs a schema of its own")
                : version;
        }
    }

    private static async Task UpgradeAsync(PostgresStore store, NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        // Before the transaction: one that has begun may go on believing that there are no tables, although another server's are committed.
        using (var wait = new NpgsqlCommand("SELECT pg_advisory_lock($1)", connection))
        {
            wait.Parameters.Add(new NpgsqlParameter<long> { TypedValue = store.SchemaLock });
            await wait.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
        }

        // The lock goes with the connection.
        NpgsqlTransaction transaction = await connection.BeginTransactionAsync(cancellationToken).ConfigureAwait(false);
        await using (transaction.ConfigureAwait(false))
        {
            // Another server may have been here while this one waited.
            int version = await ReadVersionAsync(store, connection, cancellationToken).ConfigureAwait(false);
            if (version == 0)
            {
                await CreateSchemaAsync(store, connection, cancellationToken).ConfigureAwait(false);
            }

            await ExecuteAsync($"SET LOCAL search_path TO {store.Schema}").ConfigureAwait(false);
            for (int next = version; next < Version; next++)
            {
                await ExecuteAsync(Migrations[next]).ConfigureAwait(false);
            }

            if (version == 0)
            {
                using var insert = new NpgsqlCommand(
                    "INSERT INTO zk_ensemble (id, schema_version, name, secret) VALUES (1, 0, $1, $2)", connection);
                insert.Parameters.Add(new NpgsqlParameter<string> { TypedValue = store.Options.EnsembleName });
                insert.Parameters.Add(new NpgsqlParameter<byte[]> { TypedValue = RandomNumberGenerator.GetBytes(32) });
                await insert.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
            }

            await ExecuteAsync("UPDATE zk_ensemble SET schema_version = " + Version.ToString(CultureInfo.InvariantCulture)).ConfigureAwait(false);
            await transaction.CommitAsync(cancellationToken).ConfigureAwait(false);
        }

        async Task ExecuteAsync(string sql)
        {
            using var command = new NpgsqlCommand(sql, connection);
            await command.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Creates the schema unless it is there: whoever was given one need not have the right to create any.</summary>
    private static async Task CreateSchemaAsync(PostgresStore store, NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        using var exists = new NpgsqlCommand("SELECT EXISTS (SELECT FROM pg_namespace WHERE nspname = $1)", connection);
        exists.Parameters.Add(new NpgsqlParameter<string> { TypedValue = store.Options.Schema });
        if (await exists.ExecuteScalarAsync(cancellationToken).ConfigureAwait(false) is not true)
        {
            using var create = new NpgsqlCommand("CREATE SCHEMA " + store.Schema, connection);
            await create.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
        }
    }
}
