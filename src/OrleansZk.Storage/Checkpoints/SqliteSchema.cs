using System.Globalization;
using System.Security.Cryptography;
using OrleansZk.Core.Replication;

namespace OrleansZk.Storage.Checkpoints;

/// <summary>The tables of a checkpoint, and the way to them from every version there has been.</summary>
internal static class SqliteSchema
{
    /// <summary>"OZKC" in the file's header: what tells a checkpoint from other SQLite files.</summary>
    public const int ApplicationId = 0x4F5A_4B43;

    /// <summary>One script for each version, from the one before. A published script never changes.</summary>
    private static readonly string[] Migrations =
    [
        """
        -- What is kept for the whole ensemble.
        CREATE TABLE zk_ensemble (
            id              INTEGER PRIMARY KEY CHECK (id = 1),
            schema_version  INTEGER NOT NULL,
            secret          BLOB NOT NULL
        );
        -- What the rows of zk_node and zk_session stand at; no row before the first checkpoint.
        CREATE TABLE zk_checkpoint (
            id      INTEGER PRIMARY KEY CHECK (id = 1),
            zxid    INTEGER NOT NULL,
            digest  TEXT NOT NULL,     -- of the tree, 16 hexadecimal digits
            time    INTEGER NOT NULL   -- milliseconds since the Unix epoch
        );
        CREATE TABLE zk_session (
            session_id  INTEGER PRIMARY KEY,
            timeout     INTEGER NOT NULL   -- milliseconds
        );
        -- The entries of each access control list. List 0 has none.
        CREATE TABLE zk_acl (
            acl_id    INTEGER NOT NULL,
            position  INTEGER NOT NULL,
            perms     TEXT NOT NULL,   -- letters out of cdrwa; a number when there is more in it
            scheme    TEXT NOT NULL,
            id        TEXT NOT NULL,
            PRIMARY KEY (acl_id, position)
        ) WITHOUT ROWID;
        -- Kept in the order of the paths, which has parents before their children. The data is last: it can be long.
        CREATE TABLE zk_node (
            path             TEXT NOT NULL PRIMARY KEY,
            acl_id           INTEGER NOT NULL,
            czxid            INTEGER NOT NULL,
            mzxid            INTEGER NOT NULL,
            pzxid            INTEGER NOT NULL,
            ctime            INTEGER NOT NULL,
            mtime            INTEGER NOT NULL,
            version          INTEGER NOT NULL,
            cversion         INTEGER NOT NULL,
            aversion         INTEGER NOT NULL,
            ephemeral_owner  INTEGER NOT NULL,
            data             BLOB
        ) WITHOUT ROWID;
        """,
        """
        -- The connection that speaks for the session; 0 for whichever speaks first.
        ALTER TABLE zk_session ADD COLUMN owner INTEGER NOT NULL DEFAULT 0;
        """,
    ];

    /// <summary>The version that this program writes.</summary>
    public static int Version => Migrations.Length;

    /// <summary>Sees whose file it is, and creates or upgrades the tables.</summary>
    /// <exception cref="CheckpointException">It is another program's, or a newer version's.</exception>
    public static void Prepare(SqliteDatabase database)
    {
        long application = database.QueryNumber("PRAGMA application_id");
        long version = database.QueryNumber("PRAGMA user_version");
        bool ours = application == ApplicationId;
        if (!ours && (application != 0 || version != 0 || database.QueryNumber("SELECT count(*) FROM sqlite_schema") != 0))
        {
            throw new CheckpointException($"'{database.Path}' is a SQLite file, but not a checkpoint: another program has written it");
        }

        if (version > Version)
        {
            throw new CheckpointException(
                $"the checkpoint '{database.Path}' has schema version {version}, from a newer release; this one knows versions up to {Version}");
        }

        // Kept in the file, so that it costs nothing the next time.
        database.Execute("PRAGMA journal_mode = WAL");
        if (version < Version)
        {
            Upgrade(database, version);
        }
    }

    private static void Upgrade(SqliteDatabase database, long version)
    {
        database.Execute("BEGIN IMMEDIATE");
        try
        {
            for (long next = version; next < Version; next++)
            {
                database.Execute(Migrations[next]);
            }

            string number = Version.ToString(CultureInfo.InvariantCulture);
            if (version == 0)
            {
                using SqliteStatement insert = database.PrepareOnce("INSERT INTO zk_ensemble (id, schema_version, secret) VALUES (1, 0, ?)");
                insert.Bind(1, RandomNumberGenerator.GetBytes(32));
                insert.Run();
                database.Execute("PRAGMA application_id = " + ApplicationId.ToString(CultureInfo.InvariantCulture));
            }

            database.Execute("UPDATE zk_ensemble SET schema_version = " + number);
            database.Execute("PRAGMA user_version = " + number);
            database.Execute("COMMIT");
        }
        catch
        {
            database.RollBack();
            throw;
        }
    }
}
