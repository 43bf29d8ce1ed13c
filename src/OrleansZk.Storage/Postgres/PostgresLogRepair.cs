using Npgsql;
using NpgsqlTypes;
using OrleansZk.Core.Replication;

namespace OrleansZk.Storage.Postgres;

/// <summary>Finds out that the store has lost commits, and mends it. Over connections of its own; none of this is done often.</summary>
internal sealed class PostgresLogRepair(PostgresStore store, PostgresIdentity identity)
{
    /// <summary>The epochs from which on the store's history is another one than a mark's ($1 to $4): somebody else has claimed the epoch, or a later one began before what was committed.</summary>
    private const string Parted = "(epoch = $1 AND (leader_id <> $2 OR incarnation <> $3)) OR (epoch > $4 >> 32 AND start_zxid < $4)";

    private string Schema => store.Schema;

    /// <inheritdoc cref="ISharedTransactionLog.FindLossAsync"/>
    public async ValueTask<LogLoss?> FindLossAsync(LogMark mark, CancellationToken cancellationToken)
    {
        await store.PrepareAsync(cancellationToken).ConfigureAwait(false);
        return await WithConnectionAsync<LogLoss?>("looking for lost transactions", isDurable: false, async connection =>
        {
            using var command = new NpgsqlCommand(
                $"""
                SELECT e.epoch, {PostgresLogSession.EndIn(Schema)}, e.seen_epoch, e.seen_zxid,
                    (SELECT start_zxid FROM {Schema}.zk_epoch ORDER BY epoch DESC LIMIT 1), p.start_zxid, p.is_loss_accepted, pg_is_in_recovery()
                FROM {Schema}.zk_ensemble e LEFT JOIN (
                    SELECT start_zxid, is_loss_accepted FROM {Schema}.zk_epoch WHERE {Parted} ORDER BY epoch LIMIT 1) p ON true
                """,
                connection)
            {
                Parameters = { Number(mark.Epoch), Number(mark.LeaderId), Number(mark.LeaderIncarnation), Number(mark.LastZxid) },
            };
            NpgsqlDataReader row = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
            await using (row.ConfigureAwait(false))
            {
                await row.ReadAsync(cancellationToken).ConfigureAwait(false);
                if (row.GetBoolean(7))
                {
                    throw new StoreUnavailableException($"{store.Name} is a standby, which may be behind");
                }

                (long epoch, long end, long seenEpoch, long seenZxid) = (row.GetInt64(0), row.GetInt64(1), row.GetInt64(2), row.GetInt64(3));
                long start = row.IsDBNull(4) ? 0 : row.GetInt64(4);
                if (end < seenZxid || epoch < seenEpoch || end < start)
                {
                    return new LogLoss(new LogPosition(epoch, end), HasGoneOn: false);
                }

                if (!row.IsDBNull(5))
                {
                    long parted = Math.Min(row.GetInt64(5), end);
                    return row.GetBoolean(6) ? null : new LogLoss(new LogPosition(epoch, parted), HasGoneOn: parted < end);
                }

                return end < mark.LastZxid || epoch < mark.Epoch ? new LogLoss(new LogPosition(epoch, end), HasGoneOn: false) : null;
            }
        }, cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc cref="ISharedTransactionLog.ReportLossAsync"/>
    public async ValueTask ReportLossAsync(LogMark mark, CancellationToken cancellationToken) =>
        await WithConnectionAsync("reporting lost transactions", isDurable: true, async connection =>
        {
            using var command = new NpgsqlCommand(
                $"""
                UPDATE {Schema}.zk_ensemble SET seen_epoch = greatest(seen_epoch, $1), seen_zxid = greatest(seen_zxid, $2)
                WHERE seen_epoch < $1 OR seen_zxid < $2
                """,
                connection)
            {
                Parameters = { Number(mark.Epoch), Number(mark.LastZxid) },
            };
            return await command.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
        }, cancellationToken).ConfigureAwait(false);

    /// <inheritdoc cref="ISharedTransactionLog.RestoreAsync"/>
    public async ValueTask RestoreAsync(LogRestoration restoration, CancellationToken cancellationToken) =>
        await WithConnectionAsync("putting lost transactions back", isDurable: true, async connection =>
        {
            NpgsqlTransaction transaction = await connection.BeginTransactionAsync(cancellationToken).ConfigureAwait(false);
            await using (transaction.ConfigureAwait(false))
            {
                LogMark known = restoration.Known;
                long truncatedTo = await LockAsync(connection, restoration, cancellationToken).ConfigureAwait(false);
                if (restoration.Before is { } before && before.LastZxid > truncatedTo)
                {
                    await CheckLastAsync(connection, before, cancellationToken).ConfigureAwait(false);
                }

                long previous = restoration.Found.LastZxid;
                foreach (LogGroup group in restoration.Lost)
                {
                    await InsertAsync(connection, group, previous, cancellationToken).ConfigureAwait(false);
                    previous = group.LastZxid;
                }

                await ExecuteAsync(
                    connection,
                    $"UPDATE {Schema}.zk_ensemble SET epoch = greatest(epoch, $1), leader_id = $2, leader_incarnation = $3, successor = NULL",
                    [Number(known.Epoch), Number(known.LeaderId), Number(known.LeaderIncarnation)],
                    cancellationToken).ConfigureAwait(false);
                await ExecuteAsync(
                    connection,
                    $"INSERT INTO {Schema}.zk_epoch (epoch, leader_id, incarnation, start_zxid) VALUES ($1, $2, $3, $4) ON CONFLICT (epoch) DO NOTHING",
                    [Number(known.Epoch), Number(known.LeaderId), Number(known.LeaderIncarnation), Number(restoration.EpochStart)],
                    cancellationToken).ConfigureAwait(false);
                await transaction.CommitAsync(cancellationToken).ConfigureAwait(false);
                return 0;
            }
        }, cancellationToken).ConfigureAwait(false);

    /// <inheritdoc cref="ISharedTransactionLog.AcceptLossAsync"/>
    public async ValueTask AcceptLossAsync(LogMark mark, CancellationToken cancellationToken) =>
        await WithConnectionAsync("accepting the loss of transactions", isDurable: true, async connection =>
        {
            NpgsqlTransaction transaction = await connection.BeginTransactionAsync(cancellationToken).ConfigureAwait(false);
            await using (transaction.ConfigureAwait(false))
            {
                // When another server has accepted it already, the epoch is beyond what this one has seen, and the log goes on.
                using var update = new NpgsqlCommand(
                    $"""
                    UPDATE {Schema}.zk_ensemble
                    SET epoch = greatest(epoch, $1, $2 >> 32, seen_epoch, seen_zxid >> 32) + 1, leader_id = NULL, leader_incarnation = NULL, successor = NULL,
                        seen_epoch = 0, seen_zxid = 0
                    WHERE epoch <= greatest($1, $2 >> 32, seen_epoch) OR {PostgresLogSession.EndIn(Schema)} < greatest(
                        seen_zxid, (SELECT start_zxid FROM {Schema}.zk_epoch ORDER BY epoch DESC LIMIT 1))
                    RETURNING epoch, {PostgresLogSession.EndIn(Schema)}
                    """,
                    connection)
                {
                    Parameters = { Number(mark.Epoch), Number(mark.LastZxid) },
                };
                (long Epoch, long End)? raised = null;
                NpgsqlDataReader row = await update.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
                await using (row.ConfigureAwait(false))
                {
                    if (await row.ReadAsync(cancellationToken).ConfigureAwait(false))
                    {
                        raised = (row.GetInt64(0), row.GetInt64(1));
                    }
                }

                // Where others have gone on already: so that nobody else asks again.
                await ExecuteAsync(
                    connection,
                    $"UPDATE {Schema}.zk_epoch SET is_loss_accepted = true WHERE epoch = (SELECT epoch FROM {Schema}.zk_epoch WHERE {Parted} ORDER BY epoch LIMIT 1)",
                    [Number(mark.Epoch), Number(mark.LeaderId), Number(mark.LeaderIncarnation), Number(mark.LastZxid)],
                    cancellationToken).ConfigureAwait(false);
                if (raised is { } to)
                {
                    await ExecuteAsync(
                        connection,
                        $"INSERT INTO {Schema}.zk_epoch (epoch, leader_id, incarnation, start_zxid, is_loss_accepted) VALUES ($1, $2, $3, $4, true)",
                        [Number(to.Epoch), Number(identity.ServerId), Number(identity.Incarnation), Number(to.End)],
                        cancellationToken).ConfigureAwait(false);
                }

                await transaction.CommitAsync(cancellationToken).ConfigureAwait(false);
                return 0;
            }
        }, cancellationToken).ConfigureAwait(false);

    /// <summary>Holds everybody else up, and sees that the log ends where it is to be mended.</summary>
    /// <returns>What was dropped behind a checkpoint.</returns>
    private async Task<long> LockAsync(NpgsqlConnection connection, LogRestoration restoration, CancellationToken cancellationToken)
    {
        await ExecuteAsync(connection, $"SELECT FROM {Schema}.zk_ensemble FOR UPDATE", [], cancellationToken).ConfigureAwait(false);
        using var command = new NpgsqlCommand(
            $"SELECT epoch, {PostgresLogSession.EndIn(Schema)}, seen_epoch, seen_zxid, truncated_to FROM {Schema}.zk_ensemble", connection);
        NpgsqlDataReader row = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        await using (row.ConfigureAwait(false))
        {
            await row.ReadAsync(cancellationToken).ConfigureAwait(false);
            var found = new LogPosition(row.GetInt64(0), row.GetInt64(1));
            (long seenEpoch, long seenZxid) = (row.GetInt64(2), row.GetInt64(3));
            LogMark known = restoration.Known;
            return found == restoration.Found && seenEpoch <= known.Epoch && seenZxid <= known.LastZxid
                ? row.GetInt64(4)
                : throw new LogRolledBackException(
                    store.Name, found, known with { Epoch = Math.Max(known.Epoch, seenEpoch), LastZxid = Math.Max(known.LastZxid, seenZxid) });
        }
    }

    private async Task CheckLastAsync(NpgsqlConnection connection, LogGroup before, CancellationToken cancellationToken)
    {
        using var command = new NpgsqlCommand($"SELECT first_zxid, checksum FROM {Schema}.zk_log ORDER BY first_zxid DESC LIMIT 1", connection);
        NpgsqlDataReader row = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        await using (row.ConfigureAwait(false))
        {
            bool isSame = await row.ReadAsync(cancellationToken).ConfigureAwait(false)
                && row.GetInt64(0) == before.FirstZxid && row.GetInt64(1) == PostgresLogRow.Checksum(before.FirstZxid, before.Bytes.Span);
            if (!isSame)
            {
                throw new LogCorruptException(
                    $"{store.Name}, table zk_log: group 0x{before.FirstZxid:x} is another one than this leader has committed: another server has appended in its place");
            }
        }
    }

    private Task InsertAsync(NpgsqlConnection connection, LogGroup group, long previous, CancellationToken cancellationToken) => ExecuteAsync(
        connection,
        $"INSERT INTO {Schema}.zk_log (first_zxid, last_zxid, previous_zxid, checksum, bytes) VALUES ($1, $2, $3, $4, $5)",
        [
            Number(group.FirstZxid),
            Number(group.LastZxid),
            Number(previous),
            Number(PostgresLogRow.Checksum(group.FirstZxid, group.Bytes.Span)),
            new NpgsqlParameter<ReadOnlyMemory<byte>> { NpgsqlDbType = NpgsqlDbType.Bytea, TypedValue = group.Bytes },
        ],
        cancellationToken);

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql, NpgsqlParameter[] parameters, CancellationToken cancellationToken)
    {
        using var command = new NpgsqlCommand(sql, connection);
        command.Parameters.AddRange(parameters);
        await command.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <param name="isDurable">False takes a connection of the pool, to read; true one that commits durably whatever the server's default is.</param>
    private async Task<T> WithConnectionAsync<T>(string doing, bool isDurable, Func<NpgsqlConnection, Task<T>> action, CancellationToken cancellationToken)
    {
        try
        {
            NpgsqlConnection connection = isDurable
                ? await store.OpenDedicatedAsync(isDurable, cancellationToken).ConfigureAwait(false)
                : await store.OpenAsync(cancellationToken).ConfigureAwait(false);
            await using (connection.ConfigureAwait(false))
            {
                return await action(connection).ConfigureAwait(false);
            }
        }
        catch (Exception exception) when (PostgresFaults.IsFault(exception))
        {
            throw PostgresFaults.Translate(exception, store.Name, doing);
        }
    }

    private static NpgsqlParameter<long> Number(long value) => new() { TypedValue = value };

    private static NpgsqlParameter<int> Number(int value) => new() { TypedValue = value };
}
