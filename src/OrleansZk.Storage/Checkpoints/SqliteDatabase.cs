using System.Globalization;
using OrleansZk.Core.Replication;
using SQLitePCL;

namespace OrleansZk.Storage.Checkpoints;

/// <summary>A connection to a SQLite file, close to SQLite's own interface. Used by one thread at a time.</summary>
/// <remarks>
/// Damage to the file becomes a <see cref="CheckpointException"/>, all else an <see cref="IOException"/>; both name the file.
/// Microsoft.Data.Sqlite would do, but costs more per value than SQLite itself, and time at the start.
/// </remarks>
internal sealed class SqliteDatabase : IDisposable
{
    private readonly sqlite3 _handle;
    private readonly List<SqliteStatement> _statements = [];

    private SqliteDatabase(string path, sqlite3 handle)
    {
        Path = path;
        _handle = handle;
    }

    public string Path { get; }

    /// <summary>Opens a file, and creates it when it is not there.</summary>
    /// <param name="busyTimeout">How long to wait for other programs that hold the file, milliseconds.</param>
    public static SqliteDatabase Open(string path, int busyTimeout)
    {
        Batteries_V2.Init();

        // Without its mutexes, since the store lets one thread in at a time.
        int result = raw.sqlite3_open_v2(
            path, out sqlite3 handle, raw.SQLITE_OPEN_READWRITE | raw.SQLITE_OPEN_CREATE | raw.SQLITE_OPEN_NOMUTEX, null);
        var database = new SqliteDatabase(path, handle);
        try
        {
            database.Check(result, "opening it");
            raw.sqlite3_extended_result_codes(handle, 1);
            raw.sqlite3_busy_timeout(handle, busyTimeout);
            return database;
        }
        catch
        {
            database.Dispose();
            throw;
        }
    }

    /// <summary>Runs statements that stand one behind the other, whatever rows they give.</summary>
    public void Execute(string sql) => Check(raw.sqlite3_exec(_handle, sql), sql);

    /// <summary>The first value of a query's first row, 0 when there is none.</summary>
    public long QueryNumber(string sql)
    {
        using SqliteStatement statement = PrepareOnce(sql);
        return statement.Step() ? statement.Number(0) : 0;
    }

    /// <summary>A statement that lives as long as the connection.</summary>
    public SqliteStatement Prepare(string sql)
    {
        SqliteStatement statement = PrepareOnce(sql);
        _statements.Add(statement);
        return statement;
    }

    public SqliteStatement PrepareOnce(string sql)
    {
        Check(raw.sqlite3_prepare_v2(_handle, sql, out sqlite3_stmt statement), sql);
        return new SqliteStatement(this, statement, sql);
    }

    /// <summary>Ends a transaction without its changes, if one is open.</summary>
    public void RollBack()
    {
        // A transaction that failed badly has been rolled back by SQLite already; the error then says so, and no more.
        _ = raw.sqlite3_exec(_handle, "ROLLBACK");
    }

    /// <summary>Turns a result that says failure into an exception.</summary>
    /// <param name="doing">What was being done, for the message.</param>
    public void Check(int result, string doing)
    {
        if (result is raw.SQLITE_OK or raw.SQLITE_ROW or raw.SQLITE_DONE)
        {
            return;
        }

        string reason = string.Create(
            CultureInfo.InvariantCulture, $"{raw.sqlite3_errmsg(_handle).utf8_to_string()} (SQLite error {result}) at: {doing}");
        throw (result & 0xFF) switch
        {
            raw.SQLITE_NOTADB => new CheckpointException($"'{Path}' is not a checkpoint: {reason}"),
            // SQLITE_ERROR is about the statement: ours are right, so a table or a column is missing.
            raw.SQLITE_CORRUPT or raw.SQLITE_ERROR => new CheckpointException($"the checkpoint '{Path}' is damaged: {reason}"),
            raw.SQLITE_BUSY or raw.SQLITE_LOCKED => new IOException($"the checkpoint '{Path}' is held by another program: {reason}"),
            _ => new IOException($"the checkpoint '{Path}' failed: {reason}"),
        };
    }

    public void Dispose()
    {
        foreach (SqliteStatement statement in _statements)
        {
            statement.Dispose();
        }

        _handle.Dispose();
    }
}
