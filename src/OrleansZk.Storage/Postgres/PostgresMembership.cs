using Microsoft.Extensions.Logging;
using Npgsql;
using OrleansZk.Core.Ensemble;

namespace OrleansZk.Storage.Postgres;

/// <summary>The members of an ensemble: rows in PostgreSQL, and an advisory lock for each member whose process lives.</summary>
/// <remarks>Heartbeats do not wait for the disk. Disposing ends the session and leaves the row, as a crash does. Thread-safe; calls wait for
/// each other.</remarks>
public sealed class PostgresMembership(PostgresStore store, ILogger<PostgresMembership> logger) : IMembership
{
    private readonly SemaphoreSlim _gate = new(1);
    private PostgresMemberSession? _session;
    private MemberInfo? _self;
    private bool _isDisposed;

    /// <inheritdoc/>
    public async ValueTask JoinAsync(MemberInfo self, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(self);
        await store.PrepareAsync(cancellationToken).ConfigureAwait(false);
        await EnterAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            await CloseSessionAsync().ConfigureAwait(false);
            _session = await PostgresMemberSession.OpenAsync(store, self, logger, cancellationToken).ConfigureAwait(false);
            await _session.JoinAsync(cancellationToken).ConfigureAwait(false);
            _self = self;
            logger.MemberJoined(self.Id, store.Name, self.Incarnation);
        }
        catch (Exception exception)
        {
            await CloseSessionAsync().ConfigureAwait(false);
            if (PostgresFaults.IsFault(exception))
            {
                throw PostgresFaults.Translate(exception, store.Name, "joining the ensemble");
            }

            throw;
        }
        finally
        {
            _gate.Release();
        }
    }

    /// <inheritdoc/>
    /// <remarks>The first one after the session was lost takes more round trips: it opens another and takes the lock again.</remarks>
    /// <exception cref="InvalidOperationException">The server has not joined.</exception>
    public async ValueTask<EnsembleView> BeatAsync(MemberReport report, CancellationToken cancellationToken)
    {
        await EnterAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            MemberInfo self = _self ?? throw new InvalidOperationException("this server has not joined the ensemble");
            if (_session is not { IsOpen: true })
            {
                await CloseSessionAsync().ConfigureAwait(false);
                _session = await PostgresMemberSession.OpenAsync(store, self, logger, cancellationToken).ConfigureAwait(false);
            }

            return await _session.BeatAsync(report, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception exception)
        {
            bool wasOpen = _session is not null;
            await CloseSessionAsync().ConfigureAwait(false);
            if (!PostgresFaults.IsFault(exception))
            {
                throw;
            }

            if (wasOpen && _self is { } self)
            {
                logger.MemberSessionLost(self.Id, store.Name, exception.Message);
            }

            throw PostgresFaults.Translate(exception, store.Name, "the heartbeat");
        }
        finally
        {
            _gate.Release();
        }
    }

    /// <inheritdoc/>
    public async ValueTask HandOverAsync(long epoch, int? successor, CancellationToken cancellationToken)
    {
        try
        {
            NpgsqlConnection connection = await store.OpenAsync(cancellationToken).ConfigureAwait(false);
            await using (connection.ConfigureAwait(false))
            {
                using var command = new NpgsqlCommand(
                    $"UPDATE {store.Schema}.zk_ensemble SET leader_id = NULL, leader_incarnation = NULL, successor = $2 WHERE epoch = $1", connection)
                {
                    Parameters = { new NpgsqlParameter<long> { TypedValue = epoch }, new NpgsqlParameter<int?> { TypedValue = successor } },
                };
                await command.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
            }
        }
        catch (Exception exception) when (PostgresFaults.IsFault(exception))
        {
            throw PostgresFaults.Translate(exception, store.Name, "handing the leadership over");
        }
    }

    /// <inheritdoc/>
    /// <remarks>Does nothing when the server has not joined.</remarks>
    public async ValueTask LeaveAsync(CancellationToken cancellationToken)
    {
        await EnterAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            if (_self is not { } self)
            {
                return;
            }

            if (_session is { IsOpen: true } session)
            {
                await session.LeaveAsync(cancellationToken).ConfigureAwait(false);
            }
            else
            {
                NpgsqlConnection connection = await store.OpenAsync(cancellationToken).ConfigureAwait(false);
                await using (connection.ConfigureAwait(false))
                {
                    using var leave = new NpgsqlBatch(connection) { BatchCommands = { PostgresMemberSession.DeleteCommand(store, self) } };
                    await leave.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
                }
            }

            _self = null;
        }
        catch (Exception exception) when (PostgresFaults.IsFault(exception))
        {
            throw PostgresFaults.Translate(exception, store.Name, "leaving the ensemble");
        }
        finally
        {
            await CloseSessionAsync().ConfigureAwait(false);
            _gate.Release();
        }
    }

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

    private async ValueTask EnterAsync(CancellationToken cancellationToken)
    {
        await _gate.WaitAsync(cancellationToken).ConfigureAwait(false);
        if (_isDisposed)
        {
            _gate.Release();
            throw new ObjectDisposedException(nameof(PostgresMembership));
        }
    }

    private async ValueTask CloseSessionAsync()
    {
        PostgresMemberSession? session = _session;
        _session = null;
        if (session is not null)
        {
            await session.DisposeAsync().ConfigureAwait(false);
        }
    }
}
