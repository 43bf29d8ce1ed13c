using System.Diagnostics;
using System.Globalization;
using Microsoft.Extensions.Logging;
using Npgsql;
using OrleansZk.Core.Replication;

namespace OrleansZk.Storage.Postgres;

/// <summary>The checkpoint of an ensemble, in PostgreSQL.</summary>
/// <remarks>
/// PostgreSQL does not see every damage to its tables: whoever loads should compare the tree with the header's digest. Writing waits
/// until no other server is writing one. Thread-safe; calls of one object wait for each other.
/// </remarks>
public sealed class PostgresCheckpointStore(PostgresStore store, ILogger<PostgresCheckpointStore> logger) : ICheckpointStore
{
    private readonly SemaphoreSlim _gate = new(1);

    /// <summary>The lists as they are in the store at <see cref="_aclsAt"/>.</summary>
    private volatile PostgresAcls? _acls;
    private CheckpointHeader? _aclsAt;
    private volatile bool _keepsAcls;

    /// <summary>A write whose commit broke off: the checkpoint stands at either.</summary>
    private (CheckpointHeader? From, CheckpointHeader To)? _unsettled;

    /// <inheritdoc/>
    public async ValueTask<EnsembleRecord> OpenAsync(CancellationToken cancellationToken)
    {
        await store.PrepareAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            NpgsqlConnection connection = await store.OpenAsync(cancellationToken).ConfigureAwait(false);
            await using (connection.ConfigureAwait(false))
            {
                using var command = new NpgsqlCommand($"SELECT secret FROM {store.Schema}.zk_ensemble", connection);
                return await command.ExecuteScalarAsync(cancellationToken).ConfigureAwait(false) is byte[] { Length: > 0 } secret
                    ? new EnsembleRecord(secret)
                    : throw new CheckpointException($"{store.Name} is damaged: zk_ensemble has lost its row");
            }
        }
        catch (Exception exception) when (PostgresFaults.IsFault(exception))
        {
            throw PostgresFaults.Translate(exception, store.Name, "opening the checkpoint");
        }
    }

    /// <inheritdoc/>
    /// <remarks>Calls <paramref name="loader"/> on a thread of the pool. After an exception the loader has been given a part.</remarks>
    public async ValueTask<CheckpointHeader?> LoadAsync(ICheckpointLoader loader, CancellationToken cancellationToken)
    {
        await _gate.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            return await Task.Run(() => LoadNowAsync(loader, cancellationToken), cancellationToken).ConfigureAwait(false);
        }
        catch (Exception exception) when (PostgresFaults.IsFault(exception))
        {
            throw PostgresFaults.Translate(exception, store.Name, "loading the checkpoint");
        }
        finally
        {
            _gate.Release();
        }
    }

    /// <inheritdoc/>
    public async ValueTask<CheckpointHeader?> ReadHeaderAsync(CancellationToken cancellationToken)
    {
        try
        {
            NpgsqlConnection connection = await store.OpenAsync(cancellationToken).ConfigureAwait(false);
            await using (connection.ConfigureAwait(false))
            {
                return await ReadHeaderAsync(connection, "", cancellationToken).ConfigureAwait(false);
            }
        }
        catch (Exception exception) when (PostgresFaults.IsFault(exception))
        {
            throw PostgresFaults.Translate(exception, store.Name, "reading where the checkpoint stands");
        }
    }

    /// <inheritdoc/>
    /// <remarks>
    /// Enumerates <paramref name="nodes"/> on threads of the pool. When it fails or is cancelled, the checkpoint is as it was. When the connection
    /// breaks during the commit it may have moved all the same: the next write from the same <paramref name="previous"/>, with everything
    /// that has changed since, is good for both cases.
    /// </remarks>
    /// <exception cref="StoreUnavailableException">The store is away; it is worth trying again later.</exception>
    public async ValueTask WriteAsync(
        CheckpointHeader? previous,
        CheckpointHeader header,
        IEnumerable<IReadOnlyList<NodeChange>> nodes,
        IReadOnlyList<SessionChange> sessions,
        CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(nodes);
        ArgumentNullException.ThrowIfNull(sessions);
        _keepsAcls = true;
        await _gate.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            await Task.Run(() => WriteNowAsync(previous, header, nodes, sessions, cancellationToken), cancellationToken).ConfigureAwait(false);
        }
        catch (Exception exception)
        {
            _acls = null;
            Exception said = PostgresFaults.IsFault(exception)
                ? PostgresFaults.Translate(exception, store.Name, "writing the checkpoint")
                : exception;
            if (said is not OperationCanceledException)
            {
                logger.CheckpointFailed(store.Name, header.Zxid, said.Message);
            }

            if (said == exception)
            {
                throw;
            }

            throw said;
        }
        finally
        {
            _gate.Release();
        }
    }

    /// <inheritdoc/>
    public void Forget()
    {
        _keepsAcls = false;
        _acls = null;
    }

    public async ValueTask DisposeAsync()
    {
        await _gate.WaitAsync().ConfigureAwait(false);
        _acls = null;
        _gate.Release();
    }

    private async Task<CheckpointHeader?> LoadNowAsync(ICheckpointLoader loader, CancellationToken cancellationToken)
    {
        long start = Stopwatch.GetTimestamp();
        NpgsqlConnection connection = await store.OpenAsync(cancellationToken).ConfigureAwait(false);
        await using (connection.ConfigureAwait(false))
        {
            // One moment of the store for all the queries.
            NpgsqlTransaction transaction =
                await connection.BeginTransactionAsync(System.Data.IsolationLevel.RepeatableRead, cancellationToken).ConfigureAwait(false);
            await using (transaction.ConfigureAwait(false))
            {
                if (await ReadHeaderAsync(connection, "", cancellationToken).ConfigureAwait(false) is not { } header)
                {
                    return null;
                }

                await LoadSessionsAsync(connection, loader, cancellationToken).ConfigureAwait(false);
                _acls = null;
                var acls = new PostgresAcls(store);
                acls.Load(connection);
                long count = PostgresNodeReader.Load(store, connection, loader, acls, cancellationToken);
                logger.CheckpointLoaded(store.Name, header.Zxid, count, Elapsed(start));
                return header;
            }
        }
    }

    private async Task LoadSessionsAsync(NpgsqlConnection connection, ICheckpointLoader loader, CancellationToken cancellationToken)
    {
        using var command = new NpgsqlCommand($"SELECT session_id, timeout, owner FROM {store.Schema}.zk_session", connection);
        NpgsqlDataReader rows = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        await using (rows.ConfigureAwait(false))
        {
            while (await rows.ReadAsync(cancellationToken).ConfigureAwait(false))
            {
                loader.AddSession(rows.GetInt64(0), rows.GetInt32(1), rows.GetInt64(2));
            }
        }
    }

    private async Task WriteNowAsync(
        CheckpointHeader? previous,
        CheckpointHeader header,
        IEnumerable<IReadOnlyList<NodeChange>> nodes,
        IReadOnlyList<SessionChange> sessions,
        CancellationToken cancellationToken)
    {
        long start = Stopwatch.GetTimestamp();
        NpgsqlConnection connection = await store.OpenDedicatedAsync(isDurable: true, cancellationToken).ConfigureAwait(false);
        await using (connection.ConfigureAwait(false))
        {
            NpgsqlTransaction transaction = await connection.BeginTransactionAsync(cancellationToken).ConfigureAwait(false);
            await using (transaction.ConfigureAwait(false))
            {
                await LockAsync(connection, cancellationToken).ConfigureAwait(false);
                CheckpointHeader? current = await ReadHeaderAsync(connection, "FOR UPDATE", cancellationToken).ConfigureAwait(false);
                bool hadMoved = _unsettled is var (from, to) && from == previous && to == current;
                if (current != previous && !hadMoved)
                {
                    throw new CheckpointException(
                        $"the checkpoint in {store.Name} stands at zxid 0x{current?.Zxid ?? 0:x}, not at 0x{previous?.Zxid ?? 0:x}: "
                        + "another server has moved it");
                }

                PostgresAcls acls = Acls(connection, current);
                long count = 0;
                using (var writer = new PostgresNodeWriter(store, connection, acls))
                {
                    foreach (IReadOnlyList<NodeChange> chunk in nodes)
                    {
                        cancellationToken.ThrowIfCancellationRequested();
                        count += chunk.Count;
                        for (int i = 0; i < chunk.Count; i++)
                        {
                            await writer.AddAsync(chunk[i], cancellationToken).ConfigureAwait(false);
                        }
                    }

                    await writer.FlushAsync(cancellationToken).ConfigureAwait(false);
                }

                await acls.DeleteUnusedAsync(connection, cancellationToken).ConfigureAwait(false);
                await WriteSessionsAsync(connection, sessions, cancellationToken).ConfigureAwait(false);
                await WriteHeaderAsync(connection, header, cancellationToken).ConfigureAwait(false);
                _unsettled = (previous, header);
                await transaction.CommitAsync(cancellationToken).ConfigureAwait(false);
                _unsettled = null;
                (_acls, _aclsAt) = (_keepsAcls ? acls : null, header);
                logger.CheckpointWritten(store.Name, header.Zxid, count, Elapsed(start));
            }
        }
    }

    /// <summary>The lists at a checkpoint: those that are known, when nobody else has written since.</summary>
    private PostgresAcls Acls(NpgsqlConnection connection, CheckpointHeader? current)
    {
        if (_acls is { } known && current == _aclsAt)
        {
            return known;
        }

        var acls = new PostgresAcls(store);
        acls.Load(connection);
        acls.CountNodes(connection);
        return acls;
    }

    /// <summary>Waits until no other server is writing; a row that is not there yet could not be locked.</summary>
    private async Task LockAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        using var command = new NpgsqlCommand("SELECT pg_advisory_xact_lock($1)", connection)
        {
            Parameters = { new NpgsqlParameter<long> { TypedValue = store.CheckpointLock } },
            CommandTimeout = store.Options.CheckpointTimeoutSeconds,
        };
        await command.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
    }

    private async Task<CheckpointHeader?> ReadHeaderAsync(NpgsqlConnection connection, string locking, CancellationToken cancellationToken)
    {
        using var command = new NpgsqlCommand($"SELECT zxid, digest, time FROM {store.Schema}.zk_checkpoint {locking}", connection);
        NpgsqlDataReader row = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        await using (row.ConfigureAwait(false))
        {
            return !await row.ReadAsync(cancellationToken).ConfigureAwait(false)
                ? null
                : ulong.TryParse(row.GetString(1), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out ulong digest)
                ? new CheckpointHeader(row.GetInt64(0), digest, row.GetInt64(2))
                : throw new CheckpointException($"{store.Name} is damaged: zk_checkpoint has no readable digest");
        }
    }

    private async Task WriteSessionsAsync(
        NpgsqlConnection connection, IReadOnlyList<SessionChange> sessions, CancellationToken cancellationToken)
    {
        // The last word on each session: a statement may not write a row twice.
        var changes = new Dictionary<long, SessionChange>();
        foreach (SessionChange change in sessions)
        {
            changes[change.SessionId] = change;
        }

        SessionChange[] open = [.. changes.Values.Where(change => !change.Closed)];
        using var batch = new NpgsqlBatch(connection)
        {
            BatchCommands =
            {
                new NpgsqlBatchCommand($"DELETE FROM {store.Schema}.zk_session WHERE session_id = ANY ($1)")
                {
                    Parameters = { new NpgsqlParameter<long[]> { TypedValue = [.. changes.Keys] } },
                },
                new NpgsqlBatchCommand(
                    $"INSERT INTO {store.Schema}.zk_session (session_id, timeout, owner) SELECT * FROM unnest($1, $2, $3)")
                {
                    Parameters =
                    {
                        new NpgsqlParameter<long[]> { TypedValue = [.. open.Select(change => change.SessionId)] },
                        new NpgsqlParameter<int[]> { TypedValue = [.. open.Select(change => change.Timeout)] },
                        new NpgsqlParameter<long[]> { TypedValue = [.. open.Select(change => change.Owner)] },
                    },
                },
            },
            Timeout = store.Options.CheckpointTimeoutSeconds,
        };
        await batch.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
    }

    private async Task WriteHeaderAsync(NpgsqlConnection connection, CheckpointHeader header, CancellationToken cancellationToken)
    {
        using var command = new NpgsqlCommand(
            $"""
            INSERT INTO {store.Schema}.zk_checkpoint (id, zxid, digest, time) VALUES (1, $1, $2, $3)
            ON CONFLICT (id) DO UPDATE SET zxid = excluded.zxid, digest = excluded.digest, time = excluded.time
            """,
            connection)
        {
            Parameters =
            {
                new NpgsqlParameter<long> { TypedValue = header.Zxid },
                new NpgsqlParameter<string> { TypedValue = header.Digest.ToString("x16", CultureInfo.InvariantCulture) },
                new NpgsqlParameter<long> { TypedValue = header.Time },
            },
        };
        await command.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
    }

    private static long Elapsed(long start) => (long)Stopwatch.GetElapsedTime(start).TotalMilliseconds;
}
