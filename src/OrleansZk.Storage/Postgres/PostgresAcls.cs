using Npgsql;
using OrleansZk.Storage.Checkpoints;

namespace OrleansZk.Storage.Postgres;

/// <summary><see cref="AclNumbers"/> on PostgreSQL.</summary>
internal sealed class PostgresAcls(PostgresStore store) : AclNumbers(store.Name)
{
    /// <summary>Reads all lists; the nodes that have them are counted by loading them, or by <see cref="CountNodes(NpgsqlConnection)"/>.</summary>
    public void Load(NpgsqlConnection connection)
    {
        using var command = new NpgsqlCommand(
            $"SELECT acl_id, perms, scheme, id FROM {store.Schema}.zk_acl ORDER BY acl_id, position", connection);
        using NpgsqlDataReader rows = command.ExecuteReader();
        while (rows.Read())
        {
            AddRow(rows.GetInt64(0), rows.GetString(1), rows.GetString(2), rows.GetString(3));
        }

        EndRows();
    }

    protected override string Decode(string stored) => PostgresText.Decode(stored);

    /// <summary>Counts the nodes of each list.</summary>
    public void CountNodes(NpgsqlConnection connection)
    {
        using var command = new NpgsqlCommand($"SELECT acl_id, count(*) FROM {store.Schema}.zk_node GROUP BY acl_id", connection)
        {
            CommandTimeout = store.Options.CheckpointTimeoutSeconds,
        };
        using NpgsqlDataReader rows = command.ExecuteReader();
        while (rows.Read())
        {
            CountNodes(rows.GetInt64(0), rows.GetInt64(1));
        }
    }

    /// <summary>Deletes the lists that no node has any more, as part of the open transaction and as its last change of lists.</summary>
    public async Task DeleteUnusedAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        long[] unused = TakeUnused();
        if (unused.Length > 0)
        {
            using var delete = new NpgsqlCommand($"DELETE FROM {store.Schema}.zk_acl WHERE acl_id = ANY ($1)", connection)
            {
                Parameters = { new NpgsqlParameter<long[]> { TypedValue = unused } },
                CommandTimeout = store.Options.CheckpointTimeoutSeconds,
            };
            await delete.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Writes the lists that got a number since the last call, as part of the open transaction.</summary>
    public async Task WriteNewAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        IReadOnlyList<(long Number, int Position, Acl Entry)> rows = TakeNew();
        if (rows.Count == 0)
        {
            return;
        }

        using var insert = new NpgsqlCommand(
            $"""
            INSERT INTO {store.Schema}.zk_acl (acl_id, position, perms, scheme, id)
            SELECT * FROM unnest($1::bigint[], $2::int[], $3::text[], $4::text[], $5::text[])
            """,
            connection)
        {
            Parameters =
            {
                new NpgsqlParameter<long[]> { TypedValue = [.. rows.Select(row => row.Number)] },
                new NpgsqlParameter<int[]> { TypedValue = [.. rows.Select(row => row.Position)] },
                new NpgsqlParameter<string[]> { TypedValue = [.. rows.Select(row => PermissionText.Format(row.Entry.Permissions))] },
                new NpgsqlParameter<string[]> { TypedValue = [.. rows.Select(row => PostgresText.Encode(row.Entry.Id.Scheme))] },
                new NpgsqlParameter<string[]> { TypedValue = [.. rows.Select(row => PostgresText.Encode(row.Entry.Id.Id))] },
            },
        };
        await insert.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
    }
}
