using System.Runtime.CompilerServices;
using Npgsql;
using NpgsqlTypes;
using OrleansZk.Core.Replication;

namespace OrleansZk.Storage.Postgres;

/// <summary>The session that a log appends over, with its prepared statements. Used by one caller at a time; throws Npgsql's exceptions.</summary>
internal sealed class PostgresLogSession : IAsyncDisposable
{
    private readonly string _schema;
    private readonly PostgresIdentity _owner;
    private readonly NpgsqlConnection _connection;
    private readonly NpgsqlParameter<long> _first = new() { NpgsqlDbType = NpgsqlDbType.Bigint };
    private readonly NpgsqlParameter<long> _last = new() { NpgsqlDbType = NpgsqlDbType.Bigint };
    private readonly NpgsqlParameter<long> _previous = new() { NpgsqlDbType = NpgsqlDbType.Bigint };
    private readonly NpgsqlParameter<long> _checksum = new() { NpgsqlDbType = NpgsqlDbType.Bigint };
    private readonly NpgsqlParameter<ReadOnlyMemory<byte>> _bytes = new() { NpgsqlDbType = NpgsqlDbType.Bytea };
    private readonly NpgsqlParameter<long> _epoch = new() { NpgsqlDbType = NpgsqlDbType.Bigint };
    private readonly NpgsqlCommand _append;
    private readonly NpgsqlCommand _confirm;

    private PostgresLogSession(string schema, PostgresIdentity owner, NpgsqlConnection connection)
    {
        _schema = schema;
        _owner = owner;
        _connection = connection;

        // The row's lock holds claims up until the group is committed; a claim that came first has changed the epoch, which is looked
        // at again once the lock is held. A group that is there already is a repeated append that had succeeded, or an old one
        // whose connection broke and that is carried out only now: then it may also have been dropped meanwhile. The log's end is looked up
        // in the index, as it was when the statement began: nobody but the epoch's owner moves it.
        _append = new NpgsqlCommand(
            $"""
            INSERT INTO {schema}.zk_log (first_zxid, last_zxid, previous_zxid, checksum, bytes)
            SELECT $1, $2, $3, $4, $5 FROM {schema}.zk_ensemble
            WHERE epoch = $6 AND leader_id = $7 AND leader_incarnation = $8 AND truncated_to < $1 AND seen_zxid <= $3 AND {End} = $3
            FOR UPDATE
            ON CONFLICT (first_zxid) DO NOTHING
            """,
            connection)
        {
            Parameters = { _first, _last, _previous, _checksum, _bytes, _epoch, Parameter(owner.ServerId), Number(owner.Incarnation) },
        };
        _confirm = new NpgsqlCommand($"SELECT epoch, {End}, seen_zxid, leader_id, leader_incarnation FROM {schema}.zk_ensemble", connection);
    }

    /// <summary>The log's last zxid, in a statement on <c>zk_ensemble</c>.</summary>
    private string End => EndIn(_schema);

    public bool IsOpen => _connection.FullState == System.Data.ConnectionState.Open;

    /// <summary>The log's last zxid, in a statement on <c>zk_ensemble</c>: an index lookup.</summary>
    public static string EndIn(string schema) =>
        $"greatest(truncated_to, (SELECT l.last_zxid FROM {schema}.zk_log l ORDER BY l.first_zxid DESC LIMIT 1))";

    public static async ValueTask<PostgresLogSession> OpenAsync(PostgresStore store, PostgresIdentity owner, CancellationToken cancellationToken)
    {
        NpgsqlConnection connection = await store.OpenDedicatedAsync(isDurable: true, cancellationToken).ConfigureAwait(false);
        var session = new PostgresLogSession(store.Schema, owner, connection);
        try
        {
            await session._append.PrepareAsync(cancellationToken).ConfigureAwait(false);
            await session._confirm.PrepareAsync(cancellationToken).ConfigureAwait(false);
            return session;
        }
        catch
        {
            await session.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <returns>False when the epoch is not the newest, the log does not end at <paramref name="previous"/>, or the group is in the log already or was.</returns>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<bool> AppendAsync(LogGroup group, long previous, long epoch, CancellationToken cancellationToken)
    {
        _first.TypedValue = group.FirstZxid;
        _last.TypedValue = group.LastZxid;
        _previous.TypedValue = previous;
        _checksum.TypedValue = PostgresLogRow.Checksum(group.FirstZxid, group.Bytes.Span);
        _bytes.TypedValue = group.Bytes;
        _epoch.TypedValue = epoch;
        int rows = await _append.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
        _bytes.TypedValue = default;
        return rows == 1;
    }

    /// <summary>Who owns the newest epoch, and where the log ends.</summary>
    public async ValueTask<LogState> ReadStateAsync(CancellationToken cancellationToken)
    {
        NpgsqlDataReader row = await _confirm.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        await using (row.ConfigureAwait(false))
        {
            await row.ReadAsync(cancellationToken).ConfigureAwait(false);
            return ReadState(row);
        }
    }

    /// <summary>Where the log ends, and the last zxid that it had when the newest epoch was claimed: it cannot have less now.</summary>
    public async ValueTask<(LogPosition End, long Start)> ReadEndAsync(CancellationToken cancellationToken)
    {
        using var command = new NpgsqlCommand(
            $"""
            SELECT epoch, {End},
                (SELECT start_zxid FROM {_schema}.zk_epoch ORDER BY epoch DESC LIMIT 1)
            FROM {_schema}.zk_ensemble
            """,
            _connection);
        NpgsqlDataReader row = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        await using (row.ConfigureAwait(false))
        {
            await row.ReadAsync(cancellationToken).ConfigureAwait(false);
            return (new LogPosition(row.GetInt64(0), row.GetInt64(1)), row.IsDBNull(2) ? 0 : row.GetInt64(2));
        }
    }

    /// <summary>Claims the epoch after <paramref name="current"/>.</summary>
    /// <param name="known">What the log must reach: otherwise, or when it does not reach what was reported, nothing is changed.</param>
    /// <returns>Null when <paramref name="current"/> is not the newest.</returns>
    public async ValueTask<ClaimOutcome?> ClaimAsync(long current, long known, CancellationToken cancellationToken)
    {
        NpgsqlTransaction transaction = await _connection.BeginTransactionAsync(cancellationToken).ConfigureAwait(false);
        await using (transaction.ConfigureAwait(false))
        {
            using var update = new NpgsqlCommand(
                $"""
                UPDATE {_schema}.zk_ensemble
                SET epoch = epoch + 1, leader_id = $2, leader_incarnation = $3, successor = NULL
                WHERE epoch = $1
                RETURNING greatest(seen_zxid, CASE WHEN seen_epoch >= epoch THEN seen_epoch << 32 END)
                """,
                _connection)
            {
                Parameters = { Number(current), Parameter(_owner.ServerId), Number(_owner.Incarnation) },
            };
            if (await update.ExecuteScalarAsync(cancellationToken).ConfigureAwait(false) is not long seen)
            {
                return null;
            }

            // A statement of its own sees what was committed while the first one waited for the row.
            (LogPosition end, long start) = await ReadEndAsync(cancellationToken).ConfigureAwait(false);
            long expected = Math.Max(start, Math.Max(known, seen));
            if (end.LastZxid < expected)
            {
                await transaction.RollbackAsync(cancellationToken).ConfigureAwait(false);
                return new ClaimOutcome(new LogPosition(current, end.LastZxid), expected);
            }

            using var insert = new NpgsqlCommand(
                $"INSERT INTO {_schema}.zk_epoch (epoch, leader_id, incarnation, start_zxid) VALUES ($1, $2, $3, $4)", _connection)
            {
                Parameters = { Number(end.Epoch), Parameter(_owner.ServerId), Number(_owner.Incarnation), Number(end.LastZxid) },
            };
            await insert.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
            await transaction.CommitAsync(cancellationToken).ConfigureAwait(false);
            return new ClaimOutcome(end, 0);
        }
    }

    /// <summary>Looks for a group that was not appended: what became of earlier attempts.</summary>
    /// <param name="epoch">The one that the attempts were made in.</param>
    public async ValueTask<AppendOutcome> ExamineAsync(LogGroup group, long epoch, CancellationToken cancellationToken)
    {
        // Locking the row commits behind whatever held the lock before: what is seen next is durable, on synchronous standbys too.
        long truncatedTo;
        using (var command = new NpgsqlCommand($"SELECT truncated_to FROM {_schema}.zk_ensemble FOR UPDATE", _connection))
        {
            truncatedTo = (long)(await command.ExecuteScalarAsync(cancellationToken).ConfigureAwait(false))!;
        }

        LogState state = await ReadStateAsync(cancellationToken).ConfigureAwait(false);
        if (state.End.Epoch > epoch)
        {
            // Where the next epoch began says it even when the group has been dropped behind a checkpoint since.
            using var command = new NpgsqlCommand(
                $"SELECT start_zxid FROM {_schema}.zk_epoch WHERE epoch > $1 ORDER BY epoch LIMIT 1", _connection)
            {
                Parameters = { Number(epoch) },
            };
            object? start = await command.ExecuteScalarAsync(cancellationToken).ConfigureAwait(false);
            return new AppendOutcome(start is long zxid && group.LastZxid <= zxid, state);
        }

        using var find = new NpgsqlCommand($"SELECT last_zxid, checksum FROM {_schema}.zk_log WHERE first_zxid = $1", _connection)
        {
            Parameters = { Number(group.FirstZxid) },
        };
        NpgsqlDataReader found = await find.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        await using (found.ConfigureAwait(false))
        {
            bool isThere = await found.ReadAsync(cancellationToken).ConfigureAwait(false)
                ? found.GetInt64(0) == group.LastZxid && found.GetInt64(1) == PostgresLogRow.Checksum(group.FirstZxid, group.Bytes.Span)
                : group.LastZxid <= truncatedTo;
            return new AppendOutcome(isThere, state);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _append.DisposeAsync().ConfigureAwait(false);
        await _confirm.DisposeAsync().ConfigureAwait(false);
        await _connection.DisposeAsync().ConfigureAwait(false);
    }

    private LogState ReadState(NpgsqlDataReader row) => new(
        new LogPosition(row.GetInt64(0), row.GetInt64(1)),
        row.GetInt64(2),
        !row.IsDBNull(3) && !row.IsDBNull(4) && row.GetInt32(3) == _owner.ServerId && row.GetInt64(4) == _owner.Incarnation);

    private static NpgsqlParameter<long> Number(long value) => new() { TypedValue = value };

    private static NpgsqlParameter<int> Parameter(int value) => new() { TypedValue = value };
}

/// <summary>What an append depends on.</summary>
/// <param name="End">The newest epoch, and the log's last zxid.</param>
/// <param name="Seen">What some server has reported to have been committed; 0 for nothing.</param>
/// <param name="IsMine">True when the session's owner has claimed the epoch.</param>
internal readonly record struct LogState(LogPosition End, long Seen, bool IsMine);

/// <param name="End">Where the log ends.</param>
/// <param name="Missing">What the log should reach and does not: then nothing was claimed; 0 when it was.</param>
internal readonly record struct ClaimOutcome(LogPosition End, long Missing);

/// <param name="IsInLog">False: it is not there and will not be.</param>
internal readonly record struct AppendOutcome(bool IsInLog, LogState State);
