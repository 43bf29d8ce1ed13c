using System.Globalization;
using System.Text;
using System.Text.Json;
using OrleansZk.Core.Sessions;
using OrleansZk.Server.Admin.Facts;

namespace OrleansZk.Server.Admin.Commands;

/// <summary>How the server is doing: <c>srvr</c>.</summary>
internal sealed class ServerStatsCommand() : Command("server_stats", "srvr"), IFourLetterWord
{
    public string Word => "srvr";

    public void WriteText(StringBuilder text, Question question)
    {
        ServerStatisticsFormat.WriteVersion(text);
        ServerStatisticsFormat.Write(text, question.Facts.Statistics());
    }

    public override string? WriteJson(Utf8JsonWriter json, Question question)
    {
        ServerStatisticsFormat.Write(json, question.Facts);
        return null;
    }
}

/// <summary>The same with the clients, each on a line of its own: <c>stat</c>.</summary>
internal sealed class StatsCommand() : LongCommand("stats", "stat")
{
    public override string Word => "stat";

    public override IEnumerable<Part> WriteTextInParts(StringBuilder text, Question question)
    {
        ServerStatisticsFormat.WriteVersion(text);
        text.Append("Clients:\n");
        foreach (Part part in ConnectionsCommand.WriteConnections(text, question, brief: true))
        {
            yield return part;
        }

        ServerStatisticsFormat.Write(text, question.Facts.Statistics());
    }

    public override IEnumerable<Part> WriteJsonInParts(Utf8JsonWriter json, Question question)
    {
        ServerStatisticsFormat.Write(json, question.Facts);
        return ConnectionsCommand.WriteConnections(json, question, brief: true);
    }
}

/// <summary>What <c>srvr</c> and <c>stat</c> have in common.</summary>
file static class ServerStatisticsFormat
{
    public static void WriteVersion(StringBuilder text) => text.Append("Zookeeper version: ").Append(ServerVersion.Full).Append('\n');

    public static void Write(StringBuilder text, ServerStatistics statistics)
    {
        ConnectionStats totals = statistics.Totals;
        text.Append(
            CultureInfo.InvariantCulture,
            $"""
            Latency min/avg/max: {totals.MinLatency}/{JavaFormat.Text(totals.AverageLatency)}/{totals.MaxLatency}
            Received: {totals.Received}
            Sent: {totals.Sent}
            Connections: {statistics.Connections}
            Outstanding: {statistics.Outstanding}
            Zxid: 0x{statistics.Zxid:x}
            Mode: {statistics.Mode}
            Node count: {statistics.NodeCount}

            """);
    }

    public static void Write(Utf8JsonWriter json, ServerFacts facts)
    {
        ServerStatistics statistics = facts.Statistics();
        ConnectionStats totals = statistics.Totals;
        FolderSizes sizes = facts.FolderSizes;
        json.WriteString("version", ServerVersion.Full);
        json.WriteBoolean("read_only", false);
        json.WriteStartObject("server_stats");
        json.WriteNumber("packets_sent", totals.Sent);
        json.WriteNumber("packets_received", totals.Received);
        WriteReplySizes(json, "client_response_stats", totals);
        json.WriteBoolean("provider_null", false);
        json.WriteString("server_state", statistics.Mode);
        json.WriteNumber("data_dir_size", sizes.Data);
        json.WriteNumber("log_dir_size", sizes.Log);
        json.WriteNumber("last_processed_zxid", statistics.Zxid);
        json.WriteNumber("outstanding_requests", statistics.Outstanding);
        json.WriteAverage("avg_latency", totals.AverageLatency);
        json.WriteNumber("max_latency", totals.MaxLatency);
        json.WriteNumber("min_latency", totals.MinLatency);
        json.WriteNumber("num_alive_client_connections", statistics.Connections);
        json.WriteNumber("uptime", statistics.Uptime);
        json.WriteNumber("auth_failed_count", totals.AuthFailures);
        json.WriteNumber("non_mtlsremote_conn_count", 0);
        json.WriteNumber("non_mtlslocal_conn_count", 0);
        json.WriteEndObject();
        WriteReplySizes(json, "client_response", totals);
        json.WriteNumber("node_count", statistics.NodeCount);
    }

    private static void WriteReplySizes(Utf8JsonWriter json, string name, ConnectionStats totals)
    {
        json.WriteStartObject(name);
        json.WriteNumber("last_buffer_size", totals.LastReplySize);
        json.WriteNumber("min_buffer_size", totals.MinReplySize);
        json.WriteNumber("max_buffer_size", totals.MaxReplySize);
        json.WriteEndObject();
    }
}
