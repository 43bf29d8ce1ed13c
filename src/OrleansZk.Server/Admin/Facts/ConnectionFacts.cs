using System.Globalization;
using OrleansZk.Core.Sessions;

namespace OrleansZk.Server.Admin.Facts;

/// <summary>One client's connection. Latencies are in milliseconds.</summary>
/// <param name="Address">Address and port.</param>
/// <param name="InterestOps">What ZooKeeper's selector would wait for: 1 to read, 0 when it answers a four-letter word.</param>
/// <param name="SessionId">0 before the handshake.</param>
/// <param name="LastOperation">ZooKeeper's short name; NA before the first.</param>
/// <param name="Established">Milliseconds since the Unix epoch.</param>
/// <param name="SessionTimeout">Milliseconds.</param>
/// <param name="LastXid">-1 when there was none.</param>
/// <param name="LastZxid">-1 when there was none.</param>
/// <param name="LastResponseTime">Milliseconds of the monotonic clock.</param>
internal sealed record ConnectionFacts(
    string Address,
    int InterestOps,
    int Outstanding,
    long Received,
    long Sent,
    long SessionId,
    string LastOperation,
    long Established,
    int SessionTimeout,
    int LastXid,
    long LastZxid,
    long LastResponseTime,
    long LastLatency,
    long MinLatency,
    long AverageLatency,
    long MaxLatency)
{
    /// <param name="asker">The connection that the facts are for, if it is one.</param>
    public static ConnectionFacts Of(ClientConnection connection, ClientConnection? asker, TimeProvider clock)
    {
        ConnectionStats stats = connection.Stats;
        return new ConnectionFacts(
            connection.ClientAddress,
            ReferenceEquals(connection, asker) ? 0 : 1,
            connection.Outstanding,
            stats.Received,
            stats.Sent,
            connection.SessionId,
            stats.LastOperation?.Mnemonic ?? "NA",
            connection.ConnectedTime.ToUnixTimeMilliseconds(),
            connection.SessionTimeout,
            stats.LastXid,
            stats.LastZxid,
            (long)clock.GetElapsedTime(0, stats.LastAnsweredAt).TotalMilliseconds,
            stats.LastLatency,
            stats.MinLatency,
            (long)stats.AverageLatency,
            stats.MaxLatency);
    }

    /// <summary>The line of <c>stat</c>, or that of <c>cons</c>, without its end.</summary>
    public string ToLine(bool brief)
    {
        string head = string.Create(
            CultureInfo.InvariantCulture, $" /{Address}[{InterestOps:x}](queued={Outstanding},recved={Received},sent={Sent}");
        if (brief || SessionId == 0)
        {
            return head + ")";
        }

        string xid = LastXid < 0 ? "" : string.Create(CultureInfo.InvariantCulture, $",lcxid=0x{LastXid:x}");
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{head},sid=0x{SessionId:x},lop={LastOperation},est={Established},to={SessionTimeout}{xid},lzxid=0x{LastZxid:x},"
                + $"lresp={LastResponseTime},llat={LastLatency},minlat={MinLatency},avglat={AverageLatency},maxlat={MaxLatency})");
    }
}
