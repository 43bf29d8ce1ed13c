using System.Diagnostics;
using System.Globalization;
using Microsoft.Extensions.Logging;
using OrleansZk.Core.Replication;
using OrleansZk.Storage.Files;

namespace OrleansZk.Storage.Checkpoints;

/// <summary>The checkpoint of a server that stands alone: a SQLite file in its data folder.</summary>
/// <remarks>
/// The file is in WAL mode, so that other programs can read it while the server runs. One that writes to it makes
/// <see cref="WriteAsync"/> wait, and fail with an <see cref="IOException"/> after 10 seconds; the checkpoint then stays where it is.
/// Fastest when the nodes come in the order of their paths, some five times faster for large trees: neighbours share a page of the file.
/// SQLite notices damage to its own structure only: whoever loads should compare the tree with the header's digest.
/// Thread-safe; calls wait for each other. Opening and loading are done on the calling thread: they come at the start, where
/// nothing else waits for it.
/// </remarks>
public sealed class SqliteCheckpointStore : ICheckpointStore
{
    /// <summary>Milliseconds.</summary>
    private const int BusyTimeout = 10_000;

    private readonly SemaphoreSlim _gate = new(1);
    private readonly string _path;
    private readonly bool _sync;
    private readonly ILogger _logger;

    private SqliteDatabase? _database;
    private NodeRows? _nodes;
    private AclRows? _acls;
    private volatile PlacedFile[] _placed = [];

    /// <param name="sync">False leaves it to the system when a checkpoint becomes durable: for tests and benchmarks.</param>
    public SqliteCheckpointStore(DataFolder folder, bool sync, ILogger<SqliteCheckpointStore> logger)
    {
        _path = folder.CheckpointFile;
        _sync = sync;
        _logger = logger;
    }

    /// <inheritdoc/>
    public ValueTask<EnsembleRecord> OpenAsync(CancellationToken cancellationToken)
    {
        _gate.Wait(cancellationToken);
        try
        {
            return new ValueTask<EnsembleRecord>(Open());
        }
        finally
        {
            _gate.Release();
        }
    }

    /// <inheritdoc/>
    public ValueTask<CheckpointHeader?> LoadAsync(ICheckpointLoader loader, CancellationToken cancellationToken)
    {
        _gate.Wait(cancellationToken);
        try
        {
            return new ValueTask<CheckpointHeader?>(Load(loader, cancellationToken));
        }
        finally
        {
            _gate.Release();
        }
    }

    /// <inheritdoc/>
    public ValueTask<CheckpointHeader?> ReadHeaderAsync(CancellationToken cancellationToken)
    {
        _gate.Wait(cancellationToken);
        try
        {
            return new ValueTask<CheckpointHeader?>(ReadHeader(Opened()));
        }
        finally
        {
            _gate.Release();
        }
    }

    /// <inheritdoc/>
    /// <remarks>Enumerates <paramref name="nodes"/> on a thread of the pool. When it fails or is cancelled, the checkpoint is as it
    /// was.</remarks>
    /// <exception cref="IOException">The device failed or is full, or another program keeps the file busy.</exception>
    public async ValueTask WriteAsync(
        CheckpointHeader? previous,
        CheckpointHeader header,
        IEnumerable<IReadOnlyList<NodeChange>> nodes,
        IReadOnlyList<SessionChange> sessions,
        CancellationToken cancellationToken)
    {
        await _gate.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            await Task.Run(() => Write(previous, header, nodes, sessions, cancellationToken), cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            _gate.Release();
        }
    }

    /// <summary>Looks whether the checkpoint's files were deleted, renamed or replaced since they were opened. Thread-safe.</summary>
    /// <returns>The path of one; null when there is none.</returns>
    public string? FindMissing() => Array.Find(_placed, placed => !placed.IsInPlace)?.Path;

    public async ValueTask DisposeAsync()
    {
        await _gate.WaitAsync().ConfigureAwait(false);
        try
        {
            Close();
        }
        finally
        {
            _gate.Release();
        }
    }

    private string WalPath => _path + "-wal";

    private EnsembleRecord Open()
    {
        Close();
        SqliteDatabase database = SqliteDatabase.Open(_path, BusyTimeout);
        try
        {
            // The first checkpoint of a large tree leaves a WAL of its size; the next one cuts it back.
            database.Execute("PRAGMA journal_size_limit = 16777216");
            database.Execute(_sync ? "PRAGMA synchronous = FULL" : "PRAGMA synchronous = OFF");
            SqliteSchema.Prepare(database);
            using SqliteStatement row = database.PrepareOnce("SELECT secret FROM zk_ensemble");
            if (!row.Step() || row.Blob(0) is not { Length: > 0 } secret)
            {
                throw new CheckpointException($"the checkpoint '{_path}' is damaged: zk_ensemble has lost its row");
            }

            _database = database;

            // SQLite keeps the second one for as long as the first is open.
            _placed = [new PlacedFile(_path), .. File.Exists(WalPath) ? [new PlacedFile(WalPath)] : Array.Empty<PlacedFile>()];
            return new EnsembleRecord(secret);
        }
        catch
        {
            database.Dispose();
            throw;
        }
    }

    private CheckpointHeader? Load(ICheckpointLoader loader, CancellationToken cancellationToken)
    {
        SqliteDatabase database = Opened();
        long start = Stopwatch.GetTimestamp();
        database.Execute("BEGIN"); // One moment of the file for all the queries.
        try
        {
            if (ReadHeader(database) is not { } header)
            {
                return null;
            }

            using SqliteStatement sessions = database.PrepareOnce("SELECT session_id, timeout, owner FROM zk_session");
            while (sessions.Step())
            {
                loader.AddSession(sessions.Number(0), (int)sessions.Number(1), sessions.Number(2));
            }

            _acls = null;
            var acls = new AclRows(database);
            acls.Load();
            long count = new NodeRows(database).Load(loader, acls, cancellationToken);
            _acls = acls;
            _logger.CheckpointLoaded(_path, header.Zxid, count, Elapsed(start));
            return header;
        }
        finally
        {
            database.RollBack();
        }
    }

    private static CheckpointHeader? ReadHeader(SqliteDatabase database)
    {
        using SqliteStatement row = database.PrepareOnce("SELECT zxid, digest, time FROM zk_checkpoint");
        if (!row.Step())
        {
            return null;
        }

        return ulong.TryParse(row.Text(1), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out ulong digest)
            ? new CheckpointHeader(row.Number(0), digest, row.Number(2))
            : throw new CheckpointException($"the checkpoint '{database.Path}' is damaged: zk_checkpoint has no readable digest");
    }

    private void Write(
        CheckpointHeader? previous,
        CheckpointHeader header,
        IEnumerable<IReadOnlyList<NodeChange>> nodes,
        IReadOnlyList<SessionChange> sessions,
        CancellationToken cancellationToken)
    {
        SqliteDatabase database = Opened();
        long start = Stopwatch.GetTimestamp();
        database.Execute("BEGIN IMMEDIATE");
        try
        {
            CheckpointHeader? current = ReadHeader(database);
            if (current != previous)
            {
                throw new CheckpointException(
                    $"the checkpoint '{_path}' stands at zxid 0x{current?.Zxid ?? 0:x}, not at 0x{previous?.Zxid ?? 0:x}: another program has moved it");
            }

            AclRows acls = Acls(database);
            long count = WriteNodes(database, nodes, acls, cancellationToken);
            acls.WriteNew();
            acls.DeleteUnused();
            WriteSessions(database, sessions);
            WriteHeader(database, header);
            database.Execute("COMMIT");
            if (FindMissing() is { } missing)
            {
                // Nobody will find again what was written, and the log must keep what it would cover.
                throw new IOException($"the checkpoint failed: '{missing}' was deleted, renamed, replaced or unmounted while it was in use");
            }

            _logger.CheckpointWritten(_path, header.Zxid, count, Elapsed(start));
        }
        catch (Exception exception)
        {
            database.RollBack();
            _acls = null;
            if (exception is not OperationCanceledException)
            {
                _logger.CheckpointFailed(_path, header.Zxid, exception.Message);
            }

            throw;
        }
    }

    private AclRows Acls(SqliteDatabase database)
    {
        if (_acls is null)
        {
            var acls = new AclRows(database);
            acls.Load();
            acls.CountNodes();
            _acls = acls;
        }

        return _acls;
    }

    private long WriteNodes(
        SqliteDatabase database, IEnumerable<IReadOnlyList<NodeChange>> nodes, AclRows acls, CancellationToken cancellationToken)
    {
        NodeRows rows = _nodes ??= new NodeRows(database);
        long count = 0;
        foreach (IReadOnlyList<NodeChange> chunk in nodes)
        {
            cancellationToken.ThrowIfCancellationRequested();
            count += chunk.Count;
            for (int i = 0; i < chunk.Count; i++)
            {
                NodeChange change = chunk[i];
                if (change.Deleted)
                {
                    rows.Delete(change.Image.Path, acls);
                }
                else
                {
                    rows.Write(change.Image, acls);
                }
            }
        }

        return count;
    }

    private static void WriteSessions(SqliteDatabase database, IReadOnlyList<SessionChange> sessions)
    {
        using SqliteStatement replace = database.PrepareOnce("REPLACE INTO zk_session (session_id, timeout, owner) VALUES (?, ?, ?)");
        using SqliteStatement delete = database.PrepareOnce("DELETE FROM zk_session WHERE session_id = ?");
        foreach (SessionChange change in sessions)
        {
            SqliteStatement statement = change.Closed ? delete : replace;
            statement.Bind(1, change.SessionId);
            if (!change.Closed)
            {
                statement.Bind(2, change.Timeout);
                statement.Bind(3, change.Owner);
            }

            statement.Run();
        }
    }

    private static void WriteHeader(SqliteDatabase database, CheckpointHeader header)
    {
        using SqliteStatement replace = database.PrepareOnce("REPLACE INTO zk_checkpoint (id, zxid, digest, time) VALUES (1, ?, ?, ?)");
        replace.Bind(1, header.Zxid);
        replace.Bind(2, header.Digest.ToString("x16", CultureInfo.InvariantCulture));
        replace.Bind(3, header.Time);
        replace.Run();
    }

    private static long Elapsed(long start) => (long)Stopwatch.GetElapsedTime(start).TotalMilliseconds;

    private SqliteDatabase Opened() => _database ?? throw new InvalidOperationException("the checkpoint store has not been opened");

    private void Close()
    {
        _placed = [];
        _database?.Dispose();
        _database = null;
        _nodes = null;
        _acls = null;
    }
}
