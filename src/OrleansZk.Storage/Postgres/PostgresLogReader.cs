using System.Runtime.CompilerServices;
using Npgsql;
using OrleansZk.Core.Replication;

namespace OrleansZk.Storage.Postgres;

/// <summary>Reads a log in pages, and sees that no group is missing.</summary>
/// <remarks>No transaction lasts from one page to the next, so a slow reader holds up nothing; what is truncated meanwhile is noticed.</remarks>
internal sealed class PostgresLogReader(PostgresStore store)
{
    /// <summary>Groups.</summary>
    private const int PageLength = 128;

    /// <exception cref="StoreUnavailableException">The store is away; reading may begin again behind the last group.</exception>
    public async IAsyncEnumerable<LogGroup> ReadAsync(long afterZxid, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await ThrowIfTruncatedAsync(afterZxid, cancellationToken).ConfigureAwait(false);
        var page = new List<(LogGroup Group, long Previous)>(PageLength);
        long position = afterZxid;
        do
        {
            page.Clear();
            await ReadPageAsync(page, position, cancellationToken).ConfigureAwait(false);
            foreach ((LogGroup group, long previous) in page)
            {
                // The first group may hold, or lie behind, the zxid that was asked for.
                bool follows = position == afterZxid ? previous <= position : previous == position;
                if (!follows)
                {
                    await ThrowIfTruncatedAsync(position, cancellationToken).ConfigureAwait(false);
                    throw new LogCorruptException(
                        $"{store.Name}, table zk_log: groups between 0x{position:x} and 0x{group.FirstZxid:x} are missing; "
                        + $"that one followed 0x{previous:x}");
                }

                position = group.LastZxid;
                yield return group;
            }
        }
        while (page.Count == PageLength);

        // Truncated while it was read: the groups that were missing at the end were not the log's end.
        await ThrowIfTruncatedAsync(position, cancellationToken).ConfigureAwait(false);
    }

    private async Task ReadPageAsync(List<(LogGroup Group, long Previous)> page, long position, CancellationToken cancellationToken)
    {
        try
        {
            NpgsqlConnection connection = await store.OpenAsync(cancellationToken).ConfigureAwait(false);
            await using (connection.ConfigureAwait(false))
            {
                // The first zxid alone would do but for the group that holds the position; groups are in the same order by both.
                using var command = new NpgsqlCommand(
                    $"""
                    SELECT {PostgresLogRow.Columns} FROM {store.Schema}.zk_log
                    WHERE last_zxid > $1 AND first_zxid >= coalesce(
                        (SELECT first_zxid FROM {store.Schema}.zk_log WHERE first_zxid <= $1 ORDER BY first_zxid DESC LIMIT 1), 0)
                    ORDER BY first_zxid LIMIT {PageLength}
                    """,
                    connection)
                {
                    Parameters = { new NpgsqlParameter<long> { TypedValue = position } },
                };
                NpgsqlDataReader rows = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
                await using (rows.ConfigureAwait(false))
                {
                    while (await rows.ReadAsync(cancellationToken).ConfigureAwait(false))
                    {
                        page.Add(PostgresLogRow.Read(rows, store.Name));
                    }
                }
            }
        }
        catch (Exception exception) when (PostgresFaults.IsFault(exception))
        {
            throw PostgresFaults.Translate(exception, store.Name, "reading the log");
        }
    }

    private async Task ThrowIfTruncatedAsync(long position, CancellationToken cancellationToken)
    {
        long truncatedTo;
        try
        {
            NpgsqlConnection connection = await store.OpenAsync(cancellationToken).ConfigureAwait(false);
            await using (connection.ConfigureAwait(false))
            {
                using var command = new NpgsqlCommand($"SELECT truncated_to FROM {store.Schema}.zk_ensemble", connection);
                truncatedTo = (long)(await command.ExecuteScalarAsync(cancellationToken).ConfigureAwait(false))!;
            }
        }
        catch (Exception exception) when (PostgresFaults.IsFault(exception))
        {
            throw PostgresFaults.Translate(exception, store.Name, "reading the log");
        }

        if (position < truncatedTo)
        {
            throw new LogTruncatedException(position);
        }
    }
}
