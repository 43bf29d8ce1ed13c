using System.Data;
using System.Diagnostics;
using Microsoft.Extensions.Logging;
using Npgsql;
using OrleansZk.Core.Ensemble;

namespace OrleansZk.Storage.Postgres;

/// <summary>A member's session with the store: it holds the lock that says that the member's process lives. Used by one caller at a time.</summary>
/// <remarks>Throws Npgsql's exceptions. The lock ends with the session, whatever ended that.</remarks>
internal sealed class PostgresMemberSession : IAsyncDisposable
{
    private static readonly TimeSpan LockPause = TimeSpan.FromMilliseconds(50);

    private readonly PostgresStore _store;
    private readonly MemberInfo _self;
    private readonly NpgsqlConnection _connection;
    private readonly NpgsqlParameter<long> _followedEpoch = new() { TypedValue = 0 };
    private readonly NpgsqlParameter<long> _lastZxid = new() { TypedValue = 0 };
    private readonly NpgsqlBatch _beat;

    private PostgresMemberSession(PostgresStore store, MemberInfo self, NpgsqlConnection connection)
    {
        _store = store;
        _self = self;
        _connection = connection;
        _beat = new NpgsqlBatch(connection) { BatchCommands = { WriteCommand(isJoin: false), ViewCommand() } };
    }

    public bool IsOpen => _connection.FullState == ConnectionState.Open;

    /// <summary>Opens a session that has the member's lock.</summary>
    /// <exception cref="MemberConflictException">Another process holds it.</exception>
    public static async ValueTask<PostgresMemberSession> OpenAsync(
        PostgresStore store, MemberInfo self, ILogger logger, CancellationToken cancellationToken)
    {
        NpgsqlConnection connection = await store.OpenDedicatedAsync(isDurable: false, cancellationToken).ConfigureAwait(false);
        var session = new PostgresMemberSession(store, self, connection);
        try
        {
            await session.LockAsync(logger, cancellationToken).ConfigureAwait(false);
            await session._beat.PrepareAsync(cancellationToken).ConfigureAwait(false);
            return session;
        }
        catch
        {
            await session.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Writes the member's row, whosever it was before.</summary>
    public async ValueTask JoinAsync(CancellationToken cancellationToken)
    {
        using var join = new NpgsqlBatch(_connection) { BatchCommands = { WriteCommand(isJoin: true) } };
        await join.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <exception cref="MemberConflictException">The row is another incarnation's.</exception>
    public async ValueTask<EnsembleView> BeatAsync(MemberReport report, CancellationToken cancellationToken)
    {
        _followedEpoch.TypedValue = report.FollowedEpoch;
        _lastZxid.TypedValue = report.LastZxid;
        NpgsqlDataReader rows = await _beat.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        await using (rows.ConfigureAwait(false))
        {
            long epoch = 0;
            long logEnd = 0;
            (int, long)? leader = null;
            int? successor = null;
            var members = new List<MemberView>();
            while (await rows.ReadAsync(cancellationToken).ConfigureAwait(false))
            {
                epoch = rows.GetInt64(0);
                logEnd = rows.GetInt64(12);
                leader = rows.IsDBNull(1) || rows.IsDBNull(2) ? null : (rows.GetInt32(1), rows.GetInt64(2));
                successor = rows.IsDBNull(3) ? null : rows.GetInt32(3);
                if (!rows.IsDBNull(4))
                {
                    members.Add(ReadMember(rows));
                }
            }

            return members.Find(member => member.Info.Id == _self.Id) is { } own && own.Info.Incarnation == _self.Incarnation
                ? new EnsembleView(epoch, leader, successor, members, logEnd)
                : throw new MemberConflictException(
                    $"{_store.Name}: the member with id {_self.Id} is another process now; ids must differ");
        }
    }

    /// <summary>Deletes the member's row and gives its lock back.</summary>
    public async ValueTask LeaveAsync(CancellationToken cancellationToken)
    {
        using var leave = new NpgsqlBatch(_connection)
        {
            BatchCommands =
            {
                DeleteCommand(_store, _self),
                new NpgsqlBatchCommand("SELECT pg_advisory_unlock($1, $2)") { Parameters = { Number(_store.LockClass), Number(_self.Id) } },
            },
        };
        await leave.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
    }

    public static NpgsqlBatchCommand DeleteCommand(PostgresStore store, MemberInfo self) =>
        new($"DELETE FROM {store.Schema}.zk_member WHERE id = $1 AND incarnation = $2")
        {
            Parameters = { Number(self.Id), Number(self.Incarnation) },
        };

    public async ValueTask DisposeAsync()
    {
        await _beat.DisposeAsync().ConfigureAwait(false);
        await _connection.DisposeAsync().ConfigureAwait(false);
    }

    private async Task LockAsync(ILogger logger, CancellationToken cancellationToken)
    {
        using var tryLock = new NpgsqlCommand("SELECT pg_try_advisory_lock($1, $2)", _connection)
        {
            Parameters = { Number(_store.LockClass), Number(_self.Id) },
        };
        long start = Stopwatch.GetTimestamp();
        bool hasEnded = false;
        while (await tryLock.ExecuteScalarAsync(cancellationToken).ConfigureAwait(false) is not true)
        {
            Holder? holder = await FindHolderAsync(cancellationToken).ConfigureAwait(false);
            if (holder is { IsSelf: true } && !hasEnded)
            {
                // A session of this very process that the store believes alive: the network lost it on this side only.
                using var end = new NpgsqlCommand("SELECT pg_terminate_backend($1)", _connection) { Parameters = { Number(holder.Backend) } };
                await end.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
                logger.FormerSessionEnded(_self.Id, _store.Name);
                hasEnded = true;
            }
            else if (holder is not null && Stopwatch.GetElapsedTime(start).TotalMilliseconds >= _store.Options.JoinPatienceMilliseconds)
            {
                throw new MemberConflictException(
                    $"{_store.Name}: a live server has id {_self.Id} already: {holder.Description}; ids must differ");
            }

            await Task.Delay(LockPause, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <returns>Null when nobody holds the lock any more.</returns>
    private async Task<Holder?> FindHolderAsync(CancellationToken cancellationToken)
    {
        using var command = new NpgsqlCommand(
            $"""
            SELECT l.pid, coalesce(m.backend = l.pid AND m.incarnation = $3, false),
                concat_ws(', ', 'it listens to other servers at ' || m.peer_address, 'its connection comes from ' || host(a.client_addr),
                    'its last heartbeat was ' || round(extract(epoch FROM clock_timestamp() - m.heartbeat), 1) || ' s ago')
            FROM pg_locks l
            LEFT JOIN {_store.Schema}.zk_member m ON m.id = $2
            LEFT JOIN pg_stat_activity a ON a.pid = l.pid
            WHERE {IsMemberLock} AND l.objid::bigint = $2
            """,
            _connection)
        {
            Parameters = { Number(_store.LockClass), Number(_self.Id), Number(_self.Incarnation) },
        };
        NpgsqlDataReader row = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        await using (row.ConfigureAwait(false))
        {
            return await row.ReadAsync(cancellationToken).ConfigureAwait(false)
                ? new Holder(row.GetInt32(0), row.GetBoolean(1), row.GetString(2))
                : null;
        }
    }

    /// <summary>Locks of members, in <c>pg_locks l</c>; the first parameter is their class.</summary>
    private const string IsMemberLock =
        "l.locktype = 'advisory' AND l.granted AND l.objsubid = 2 AND l.classid::bigint = $1 "
        + "AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())";

    private NpgsqlBatchCommand WriteCommand(bool isJoin) => new(
        $"""
        INSERT INTO {_store.Schema}.zk_member AS m
            (id, incarnation, peer_address, client_address, followed_epoch, last_zxid, heartbeat, backend)
        VALUES ($1, $2, $3, $4, $5, $6, clock_timestamp(), pg_backend_pid())
        ON CONFLICT (id) DO UPDATE
        SET incarnation = excluded.incarnation, peer_address = excluded.peer_address, client_address = excluded.client_address,
            followed_epoch = excluded.followed_epoch, last_zxid = excluded.last_zxid, heartbeat = excluded.heartbeat,
            backend = excluded.backend
        {(isJoin ? "" : "WHERE m.incarnation = excluded.incarnation")}
        """)
    {
        Parameters =
        {
            Number(_self.Id),
            Number(_self.Incarnation),
            new NpgsqlParameter<string> { TypedValue = _self.PeerAddress },
            new NpgsqlParameter<string> { TypedValue = _self.ClientAddress },
            isJoin ? Number(0L) : _followedEpoch,
            isJoin ? Number(0L) : _lastZxid,
        },
    };

    private NpgsqlBatchCommand ViewCommand() => new(
        $"""
        SELECT e.epoch, e.leader_id, e.leader_incarnation, e.successor,
            m.id, m.incarnation, m.peer_address, m.client_address, m.followed_epoch, m.last_zxid,
            extract(epoch FROM clock_timestamp() - m.heartbeat)::float8,
            m.id IN (SELECT l.objid::bigint FROM pg_locks l WHERE {IsMemberLock}),
            {PostgresLogSession.EndIn(_store.Schema)}
        FROM {_store.Schema}.zk_ensemble e LEFT JOIN {_store.Schema}.zk_member m ON true
        ORDER BY m.id
        """)
    {
        Parameters = { Number(_store.LockClass) },
    };

    private static MemberView ReadMember(NpgsqlDataReader row) => new(
        new MemberInfo(row.GetInt32(4), row.GetInt64(5), row.GetString(6), row.GetString(7)),
        new MemberReport(row.GetInt64(8), row.GetInt64(9)),
        TimeSpan.FromSeconds(Math.Max(0, row.GetDouble(10))),
        row.GetBoolean(11));

    private static NpgsqlParameter<int> Number(int value) => new() { TypedValue = value };

    private static NpgsqlParameter<long> Number(long value) => new() { TypedValue = value };

    private sealed record Holder(int Backend, bool IsSelf, string Description);
}
