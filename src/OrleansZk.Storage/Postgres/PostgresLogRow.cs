using System.IO.Hashing;
using Npgsql;
using OrleansZk.Core.Replication;

namespace OrleansZk.Storage.Postgres;

/// <summary>Rows of <c>zk_log</c>.</summary>
internal static class PostgresLogRow
{
    /// <summary>What <see cref="Read"/> expects of a query.</summary>
    public const string Columns = "first_zxid, last_zxid, previous_zxid, checksum, bytes";

    /// <summary>Starts from the zxid, so that bytes count only in the row that they were written for.</summary>
    public static long Checksum(long firstZxid, ReadOnlySpan<byte> bytes) => (long)XxHash3.HashToUInt64(bytes, firstZxid);

    /// <exception cref="LogCorruptException">The group is not what was written.</exception>
    public static (LogGroup Group, long Previous) Read(NpgsqlDataReader row, string store)
    {
        long first = row.GetInt64(0);
        long last = row.GetInt64(1);
        long previous = row.GetInt64(2);
        byte[] bytes = row.GetFieldValue<byte[]>(4);
        return Checksum(first, bytes) != row.GetInt64(3)
            ? throw new LogCorruptException($"{store}, table zk_log: group 0x{first:x} is damaged: its checksum does not match")
            : last < first || previous >= first
            ? throw new LogCorruptException($"{store}, table zk_log: group 0x{first:x} is damaged: it ends at 0x{last:x} and follows 0x{previous:x}")
            : (new LogGroup(first, last, bytes), previous);
    }
}
