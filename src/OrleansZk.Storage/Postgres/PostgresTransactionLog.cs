using System.Runtime.CompilerServices;
using Microsoft.Extensions.Logging;
using Npgsql;
using OrleansZk.Core.Replication;

namespace OrleansZk.Storage.Postgres;

/// <summary>The log of an ensemble, in PostgreSQL: a row for each group, fenced by a lock on the row that has the epoch.</summary>
/// <remarks>
/// An append is one round trip and one commit, over a session that is the log's own; one that fails is closed, and the next call
/// opens another. Nothing is repeated here: that is the caller's part. Thread-safe; calls that write wait for each other.
/// </remarks>
public sealed class PostgresTransactionLog : ISharedTransactionLog
{
    /// <summary>Groups that one statement drops: what is appended meanwhile waits for its commit.</summary>
    private const int TruncationChunk = 1000;

    private readonly PostgresStore _store;
    private readonly PostgresIdentity _identity;
    private readonly ILogger _logger;
    private readonly PostgresLogReader _reader;
    private readonly PostgresLogRepair _repair;
    private readonly SemaphoreSlim _gate = new(1);

    private PostgresLogSession? _session;
    private long _epoch;
    private long _last;
    private (long First, long Last, long Epoch)? _unsettled;
    private long? _unsettledClaim;
    private bool _isDisposed;

    public PostgresTransactionLog(PostgresStore store, PostgresIdentity identity, ILogger<PostgresTransactionLog> logger)
    {
        _store = store;
        _identity = identity;
        _logger = logger;
        _reader = new PostgresLogReader(store);
        _repair = new PostgresLogRepair(store, identity);
    }

    /// <inheritdoc/>
    public string StoreName => _store.Name;

    /// <inheritdoc/>
    /// <exception cref="CheckpointException">The schema is a newer version's, or another ensemble's.</exception>
    public async ValueTask<LogPosition> OpenAsync(CancellationToken cancellationToken)
    {
        await _store.PrepareAsync(cancellationToken).ConfigureAwait(false);
        await EnterAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            PostgresLogSession session = await SessionAsync(cancellationToken).ConfigureAwait(false);
            (LogPosition end, long start) = await session.ReadEndAsync(cancellationToken).ConfigureAwait(false);
            CheckEnd(end, start);
            (_epoch, _last, _unsettled) = (0, end.LastZxid, null);
            _logger.LogOpened(_store.Name, end.Epoch, end.LastZxid);
            return end;
        }
        catch (Exception exception) when (BreaksSession(exception))
        {
            await CloseSessionAsync().ConfigureAwait(false);
            if (PostgresFaults.IsFault(exception))
            {
                throw PostgresFaults.Translate(exception, _store.Name, "opening the log");
            }

            throw;
        }
        finally
        {
            _gate.Release();
        }
    }

    /// <inheritdoc/>
    /// <remarks>After <see cref="StoreUnavailableException"/> the epoch may be the caller's: claiming again from the same
    /// <paramref name="current"/> finds out.</remarks>
    public async ValueTask<long> ClaimEpochAsync(long current, long known, CancellationToken cancellationToken)
    {
        await _store.PrepareAsync(cancellationToken).ConfigureAwait(false);
        await EnterAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            PostgresLogSession session = await SessionAsync(cancellationToken).ConfigureAwait(false);
            bool isRepeated = _unsettledClaim == current;
            _unsettledClaim = current;
            long expected = _epoch == current && current != 0 ? Math.Max(known, _last) : known;
            ClaimOutcome? outcome = await session.ClaimAsync(current, expected, cancellationToken).ConfigureAwait(false);
            LogPosition end;
            if (outcome is { } claimed)
            {
                if (claimed.Missing != 0)
                {
                    _unsettledClaim = null;
                    throw RolledBack(claimed.End, current, claimed.Missing);
                }

                end = claimed.End;
            }
            else
            {
                LogState state = await session.ReadStateAsync(cancellationToken).ConfigureAwait(false);
                if (!isRepeated || !state.IsMine || state.End.Epoch != current + 1)
                {
                    _unsettledClaim = null;
                    throw new LeaderFencedException(state.End.Epoch);
                }

                end = state.End;
            }

            _unsettledClaim = null;
            (_epoch, _last) = (end.Epoch, end.LastZxid);

            // What became of an append that was given up is known now: the log has it, or its epoch is over.
            _unsettled = null;
            _logger.EpochClaimed(end.Epoch, end.LastZxid);
            return end.Epoch;
        }
        catch (Exception exception) when (BreaksSession(exception))
        {
            await CloseSessionAsync().ConfigureAwait(false);
            if (PostgresFaults.IsFault(exception))
            {
                throw PostgresFaults.Translate(exception, _store.Name, "claiming an epoch");
            }

            throw;
        }
        finally
        {
            _gate.Release();
        }
    }

    /// <inheritdoc/>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    public async ValueTask AppendAsync(LogGroup group, CancellationToken cancellationToken)
    {
        await EnterAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            long epoch = EpochOf(group);
            PostgresLogSession session = await SessionAsync(cancellationToken).ConfigureAwait(false);
            bool isRepeated = _unsettled is not null || group.FirstZxid <= _last;
            _unsettled = (group.FirstZxid, group.LastZxid, epoch);
            if (group.FirstZxid <= _last || !await session.AppendAsync(group, _last, epoch, cancellationToken).ConfigureAwait(false))
            {
                await SettleAsync(session, group, epoch, isRepeated, cancellationToken).ConfigureAwait(false);
            }

            _last = Math.Max(_last, group.LastZxid);
            _unsettled = null;
        }
        catch (Exception exception) when (BreaksSession(exception))
        {
            await CloseSessionAsync().ConfigureAwait(false);
            if (PostgresFaults.IsFault(exception))
            {
                throw PostgresFaults.Translate(exception, _store.Name, "appending");
            }

            throw;
        }
        finally
        {
            _gate.Release();
        }
    }

    /// <inheritdoc/>
    public async ValueTask ConfirmEpochAsync(CancellationToken cancellationToken)
    {
        await EnterAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            PostgresLogSession session = await SessionAsync(cancellationToken).ConfigureAwait(false);
            LogState state = await session.ReadStateAsync(cancellationToken).ConfigureAwait(false);
            if (state.End.Epoch > OwnEpoch)
            {
                throw new LeaderFencedException(state.End.Epoch);
            }

            // An append whose outcome is unknown may have moved the end; the next attempt at it judges.
            if (HasLost(state, OwnEpoch) || (_unsettled is null && state.End.LastZxid != _last))
            {
                throw RolledBack(state.End, OwnEpoch, Math.Max(_last, state.Seen));
            }
        }
        catch (Exception exception) when (BreaksSession(exception))
        {
            await CloseSessionAsync().ConfigureAwait(false);
            if (PostgresFaults.IsFault(exception))
            {
                throw PostgresFaults.Translate(exception, _store.Name, "confirming the epoch");
            }

            throw;
        }
        finally
        {
            _gate.Release();
        }
    }

    /// <inheritdoc/>
    /// <remarks>Over connections of its own: whatever else the log does goes on meanwhile.</remarks>
    /// <exception cref="LogCorruptException">A group is damaged or missing.</exception>
    public IAsyncEnumerable<LogGroup> ReadAsync(long afterZxid, CancellationToken cancellationToken) =>
        _reader.ReadAsync(afterZxid, cancellationToken);

    /// <inheritdoc/>
    public async ValueTask TruncateAsync(long zxid, CancellationToken cancellationToken)
    {
        try
        {
            NpgsqlConnection connection = await _store.OpenAsync(cancellationToken).ConfigureAwait(false);
            await using (connection.ConfigureAwait(false))
            {
                using var command = new NpgsqlCommand(
                    $"""
                    WITH covered AS (
                        SELECT first_zxid FROM {_store.Schema}.zk_log
                        WHERE first_zxid <= $1 AND last_zxid <= $1 ORDER BY first_zxid LIMIT {TruncationChunk}
                    ), dropped AS (
                        DELETE FROM {_store.Schema}.zk_log l USING covered c WHERE l.first_zxid = c.first_zxid RETURNING l.last_zxid
                    ), moved AS (
                        UPDATE {_store.Schema}.zk_ensemble
                        SET truncated_to = greatest(truncated_to, (SELECT max(last_zxid) FROM dropped))
                        WHERE EXISTS (SELECT FROM dropped)
                    )
                    SELECT count(*) FROM dropped
                    """,
                    connection)
                {
                    Parameters = { new NpgsqlParameter<long> { TypedValue = zxid } },
                };
                long total = 0;
                long count;
                do
                {
                    count = (long)(await command.ExecuteScalarAsync(cancellationToken).ConfigureAwait(false))!;
                    total += count;
                }
                while (count == TruncationChunk);
                _logger.LogTruncated(zxid, total);
            }
        }
        catch (Exception exception) when (PostgresFaults.IsFault(exception))
        {
            throw PostgresFaults.Translate(exception, _store.Name, "truncating the log");
        }
    }

    /// <inheritdoc/>
    public ValueTask<LogLoss?> FindLossAsync(LogMark mark, CancellationToken cancellationToken) => _repair.FindLossAsync(mark, cancellationToken);

    /// <inheritdoc/>
    public ValueTask ReportLossAsync(LogMark mark, CancellationToken cancellationToken) => _repair.ReportLossAsync(mark, cancellationToken);

    /// <inheritdoc/>
    public ValueTask RestoreAsync(LogRestoration restoration, CancellationToken cancellationToken) => _repair.RestoreAsync(restoration, cancellationToken);

    /// <inheritdoc/>
    public ValueTask AcceptLossAsync(LogMark mark, CancellationToken cancellationToken) => _repair.AcceptLossAsync(mark, cancellationToken);

    public async ValueTask DisposeAsync()
    {
        await _gate.WaitAsync().ConfigureAwait(false);
        try
        {
            _isDisposed = true;
            await CloseSessionAsync().ConfigureAwait(false);
        }
        finally
        {
            _gate.Release();
        }
    }

    private long OwnEpoch => _epoch != 0 ? _epoch : throw new InvalidOperationException("no epoch has been claimed since the log was opened");

    /// <summary>The epoch to append a group in: that of the first attempt.</summary>
    private long EpochOf(LogGroup group) => _unsettled is not var (first, last, epoch)
        ? OwnEpoch
        : first == group.FirstZxid && last == group.LastZxid
        ? epoch
        : throw new InvalidOperationException(
            $"group 0x{group.FirstZxid:x} cannot be appended: it is not known yet whether group 0x{first:x} is in the log");

    /// <summary>The group was not appended: finds out why.</summary>
    private async ValueTask SettleAsync(
        PostgresLogSession session, LogGroup group, long epoch, bool isRepeated, CancellationToken cancellationToken)
    {
        AppendOutcome outcome = await session.ExamineAsync(group, epoch, cancellationToken).ConfigureAwait(false);
        if (outcome.IsInLog && isRepeated)
        {
            _logger.AppendSettled(group.FirstZxid);
            return;
        }

        _unsettled = null;
        if (outcome.State.End.Epoch > epoch)
        {
            throw new LeaderFencedException(outcome.State.End.Epoch);
        }

        throw HasLost(outcome.State, epoch)
            ? RolledBack(outcome.State.End, epoch, Math.Max(_last, outcome.State.Seen))
            : new LogCorruptException(
                $"{_store.Name}, table zk_log: group 0x{group.FirstZxid:x} to 0x{group.LastZxid:x} does not extend the log, "
                + $"though its epoch {epoch} is the newest: the table was changed by another program");
    }

    /// <summary>True when the store has less than this leader has appended, or than some other server has seen.</summary>
    private bool HasLost(in LogState state, long epoch) =>
        state.End.Epoch < epoch || !state.IsMine || state.End.LastZxid < _last || state.Seen > state.End.LastZxid;

    private LogRolledBackException RolledBack(LogPosition found, long epoch, long known) =>
        new(_store.Name, found, new LogMark(Math.Max(epoch, known >>> 32), _identity.ServerId, _identity.Incarnation, known));

    private void CheckEnd(LogPosition end, long start)
    {
        if (end.LastZxid < start)
        {
            throw new LogCorruptException(
                $"{_store.Name}, table zk_log: the log ends at zxid 0x{end.LastZxid:x}, but it reached 0x{start:x} when an epoch was claimed: "
                + "groups are missing");
        }
    }

    private async ValueTask EnterAsync(CancellationToken cancellationToken)
    {
        await _gate.WaitAsync(cancellationToken).ConfigureAwait(false);
        if (_isDisposed)
        {
            _gate.Release();
            throw new ObjectDisposedException(nameof(PostgresTransactionLog));
        }
    }

    private async ValueTask<PostgresLogSession> SessionAsync(CancellationToken cancellationToken)
    {
        if (_session is { IsOpen: true })
        {
            return _session;
        }

        await CloseSessionAsync().ConfigureAwait(false);
        return _session = await PostgresLogSession.OpenAsync(_store, _identity, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>False for what the store has said clearly; after all else the session may be in any state.</summary>
    private static bool BreaksSession(Exception exception) =>
        exception is not (LeaderFencedException or LogCorruptException or LogRolledBackException or InvalidOperationException);

    private async ValueTask CloseSessionAsync()
    {
        PostgresLogSession? session = _session;
        _session = null;
        if (session is not null)
        {
            await session.DisposeAsync().ConfigureAwait(false);
        }
    }
}
