using System.Buffers;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Unicode;
using OrleansZk.Core.Replication;
using SQLitePCL;

namespace OrleansZk.Storage.Checkpoints;

/// <summary>A compiled statement. Parameters count from 1, columns from 0, as in SQLite.</summary>
/// <remarks>
/// Text is stored as UTF-8. A string with half of a surrogate pair has no such form, and is stored as a blob of its UTF-16 code units
/// instead: rare, ugly to look at, but it comes back as it was.
/// </remarks>
internal sealed class SqliteStatement(SqliteDatabase database, sqlite3_stmt handle, string sql) : IDisposable
{
    private byte[] _utf8 = new byte[1024];

    /// <summary>Goes to the next row.</summary>
    /// <returns>False when there is none.</returns>
    public bool Step()
    {
        int result = raw.sqlite3_step(handle);
        if (result == raw.SQLITE_ROW)
        {
            return true;
        }

        if (result != raw.SQLITE_DONE)
        {
            database.Check(result, sql);
        }

        return false;
    }

    /// <summary>Makes the statement ready to run again; its parameters stay.</summary>
    public void Reset() => _ = raw.sqlite3_reset(handle); // Says again what the last step said.

    /// <summary>Runs a statement that gives no rows.</summary>
    public void Run()
    {
        try
        {
            Step();
        }
        finally
        {
            Reset();
        }
    }

    public void Bind(int parameter, long value) => database.Check(raw.sqlite3_bind_int64(handle, parameter, value), sql);

    public void Bind(int parameter, string value)
    {
        if (value.Length == 0)
        {
            database.Check(raw.sqlite3_bind_text(handle, parameter, ""), sql); // An empty span would bind NULL.
            return;
        }

        int most = Encoding.UTF8.GetMaxByteCount(value.Length);
        if (_utf8.Length < most)
        {
            _utf8 = new byte[most];
        }

        bool sound = Utf8.FromUtf16(value, _utf8, out _, out int length, replaceInvalidSequences: false) == OperationStatus.Done;
        database.Check(
            sound
                ? raw.sqlite3_bind_text(handle, parameter, _utf8.AsSpan(0, length))
                : raw.sqlite3_bind_blob(handle, parameter, MemoryMarshal.AsBytes(value.AsSpan())),
            sql);
    }

    public void Bind(int parameter, byte[]? value) => database.Check(
        value switch
        {
            null => raw.sqlite3_bind_null(handle, parameter),
            [] => raw.sqlite3_bind_zeroblob(handle, parameter, 0), // An empty span would bind NULL.
            _ => raw.sqlite3_bind_blob(handle, parameter, value),
        },
        sql);

    public long Number(int column) => raw.sqlite3_column_int64(handle, column);

    public string Text(int column)
    {
        int type = raw.sqlite3_column_type(handle, column);
        ReadOnlySpan<byte> bytes = raw.sqlite3_column_blob(handle, column); // Of text: the UTF-8 that is stored.
        return type switch
        {
            raw.SQLITE_TEXT => Encoding.UTF8.GetString(bytes),
            raw.SQLITE_BLOB => new string(MemoryMarshal.Cast<byte, char>(bytes)),
            _ => throw new CheckpointException($"the checkpoint '{database.Path}' is damaged: no text in column {column} of: {sql}"),
        };
    }

    public byte[]? Blob(int column)
    {
        ReadOnlySpan<byte> bytes = raw.sqlite3_column_blob(handle, column);
        return bytes.Length > 0 ? bytes.ToArray()
            : raw.sqlite3_column_type(handle, column) == raw.SQLITE_NULL ? null
            : [];
    }

    public void Dispose() => handle.Dispose();
}
