using Npgsql;
using OrleansZk.Core.Replication;
using OrleansZk.Core.Tree;

namespace OrleansZk.Storage.Postgres;

/// <summary>Reads <c>zk_node</c>.</summary>
internal static class PostgresNodeReader
{
    private const string Columns =
        "path, acl_id, czxid, mzxid, pzxid, ctime, mtime, version, cversion, aversion, ephemeral_owner, data, long_path";

    /// <summary>Gives every node to <paramref name="loader"/>, parents before children.</summary>
    /// <returns>How many there were.</returns>
    public static long Load(
        PostgresStore store, NpgsqlConnection connection, ICheckpointLoader loader, PostgresAcls acls, CancellationToken cancellationToken)
    {
        // Byte order puts a parent before its children, whose paths begin with its own. A very long path's place in the index says
        // nothing about its order among others of the kind: they come last, and by the whole path.
        return Load("WHERE long_path IS NULL ORDER BY path") + Load("WHERE long_path IS NOT NULL ORDER BY long_path");

        long Load(string which)
        {
            // Synchronously: a million awaits that complete at once cost more than the rows do.
            using var command = new NpgsqlCommand($"SELECT {Columns} FROM {store.Schema}.zk_node {which}", connection)
            {
                CommandTimeout = store.Options.CheckpointTimeoutSeconds,
            };
            using NpgsqlDataReader rows = command.ExecuteReader();
            long count = 0;
            for (; rows.Read(); count++)
            {
                if (count % 1024 == 0 && cancellationToken.IsCancellationRequested)
                {
                    command.Cancel(); // Else closing would read all the rest.
                    cancellationToken.ThrowIfCancellationRequested();
                }

                loader.AddNode(Read(store, rows, acls));
            }

            return count;
        }
    }

    private static NodeImage Read(PostgresStore store, NpgsqlDataReader row, PostgresAcls acls)
    {
        string path = row.GetString(row.IsDBNull(12) ? 0 : 12);
        try
        {
            path = PostgresText.Decode(path);
        }
        catch (FormatException exception)
        {
            throw new CheckpointException($"{store.Name}, table zk_node is damaged: {exception.Message}", exception);
        }

        return new NodeImage(
            Path: path,
            Data: row.IsDBNull(11) ? null : row.GetFieldValue<byte[]>(11),
            Acl: acls.Get(row.GetInt64(1)),
            Czxid: row.GetInt64(2),
            Mzxid: row.GetInt64(3),
            Pzxid: row.GetInt64(4),
            Ctime: row.GetInt64(5),
            Mtime: row.GetInt64(6),
            Version: row.GetInt32(7),
            Cversion: row.GetInt32(8),
            Aversion: row.GetInt32(9),
            EphemeralOwner: row.GetInt64(10));
    }
}
