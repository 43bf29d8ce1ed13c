using System.Net.Sockets;
using Npgsql;
using OrleansZk.Core.Replication;

namespace OrleansZk.Storage.Postgres;

/// <summary>Tells a store that is away, which is worth waiting for, from one that refuses, which is not.</summary>
internal static class PostgresFaults
{
    /// <summary>True for the exceptions that <see cref="Translate"/> knows what to make of.</summary>
    public static bool IsFault(Exception exception) =>
        exception is NpgsqlException or IOException or SocketException or TimeoutException;

    /// <summary>What the ports say instead of Npgsql's exceptions.</summary>
    /// <param name="doing">Completes the sentence "... failed".</param>
    /// <returns><see cref="StoreUnavailableException"/> or <see cref="IOException"/>.</returns>
    public static Exception Translate(Exception exception, string store, string doing)
    {
        string reason = exception is PostgresException said ? $"{said.MessageText} (SQLSTATE {said.SqlState})" : Innermost(exception).Message;
        return exception is PostgresException { SqlState: { } state } && !IsPassing(state)
            ? new IOException($"{store} refused: {doing} failed: {reason}", exception)
            : new StoreUnavailableException($"{store} is not available: {doing} failed: {reason}", exception)
            {
                IsLoginRefused = exception is PostgresException { SqlState: ['2', '8', ..] },
            };
    }

    /// <summary>True when the same statement may well succeed later, without anybody changing this program.</summary>
    private static bool IsPassing(string state) => state[..2] switch
    {
        "08" => true, // Connection exceptions.
        "53" => true, // No memory, no disk space, too many connections.
        "57" => true, // An operator stopped the statement or the server; the server is starting up; the database was dropped.
        "58" => true, // The server's own system failed it: it restarts, or somebody has to see to it.
        "40" => true, // Serialization failures and deadlocks.
        "55" => true, // A lock or an object in use.
        "28" => true, // Refused to log in: passwords are rotated, pg_hba.conf is edited.
        "25" => true, // A standby that takes no writes (25006), a transaction that was broken off.
        _ => state is PostgresErrorCodes.InvalidCatalogName // The database is not there yet.
            or PostgresErrorCodes.FeatureNotSupported // A prepared statement's table was changed by a newer release; it is prepared anew.
            or PostgresErrorCodes.InvalidSqlStatementName, // A prepared statement that somebody discarded.
    };

    private static Exception Innermost(Exception exception)
    {
        while (exception.InnerException is { } inner)
        {
            exception = inner;
        }

        return exception;
    }
}
