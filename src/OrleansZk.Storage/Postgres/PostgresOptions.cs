namespace OrleansZk.Storage.Postgres;

/// <summary>Which PostgreSQL the servers of an ensemble share, and what in it is theirs. The configuration section is <see cref="Section"/>.</summary>
public sealed class PostgresOptions
{
    /// <summary>The configuration section that hosts bind these from.</summary>
    public const string Section = "Postgres";

    /// <summary>The longest name of a schema, bytes of UTF-8: PostgreSQL cuts longer ones off.</summary>
    public const int MaxSchemaLength = 63;

    /// <summary>
    /// Npgsql's. What it leaves open is chosen for a store that may die at any moment: <c>Timeout</c> 2 s, <c>Command Timeout</c> 5 s,
    /// <c>TCP Keepalive</c> on after 5 s of silence. A server that dies is noticed at once; one that hangs is given up after
    /// <c>Command Timeout</c> and twice <c>Timeout</c>, during which Npgsql tries to stop the command. With several hosts, the one that
    /// takes writes is used. The sessions that hold locks and append need connections of their own: a pooler between must pool by session.
    /// </summary>
    public string ConnectionString { get; set; } = "";

    /// <summary>The schema that the tables are in, created when it is not there: one for each ensemble.</summary>
    public string Schema { get; set; } = "orleanszk";

    /// <summary>The ensemble that the schema belongs to; a server of another one is refused.</summary>
    public string EnsembleName { get; set; } = "default";

    /// <summary>How long one statement that reads or writes a checkpoint may take, seconds.</summary>
    public int CheckpointTimeoutSeconds { get; set; } = 120;

    /// <summary>How long joining waits for the connection of a process that has just died with the same id, milliseconds.</summary>
    public int JoinPatienceMilliseconds { get; set; } = 1000;
}

/// <summary>Which server this is, and which of its starts: the owner of the epochs that it claims.</summary>
/// <param name="ServerId">0 to 255.</param>
/// <param name="Incarnation">Grows with every start of the server: its start, milliseconds since the Unix epoch.</param>
public sealed record PostgresIdentity(int ServerId, long Incarnation);
