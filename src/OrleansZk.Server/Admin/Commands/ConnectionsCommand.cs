using System.Text;
using System.Text.Json;
using OrleansZk.Server.Admin.Facts;

namespace OrleansZk.Server.Admin.Commands;

/// <summary>The connections of clients in full: <c>cons</c>.</summary>
internal sealed class ConnectionsCommand() : LongCommand("connections", "cons")
{
    public override string Word => "cons";

    /// <summary>Writes the connections as <c>connections</c> and, since none is encrypted, an empty <c>secure_connections</c>.</summary>
    /// <param name="brief">Leaves out what is known of the session.</param>
    public static IEnumerable<Part> WriteConnections(Utf8JsonWriter json, Question question, bool brief)
    {
        json.WriteStartArray("connections");
        int count = 0;
        foreach (ConnectionFacts facts in question.Facts.Connections(question.Asker))
        {
            Write(json, facts, brief);
            if (++count % ItemsPerPart == 0)
            {
                yield return default;
            }
        }

        json.WriteEndArray();
        json.WriteStartArray("secure_connections");
        json.WriteEndArray();
    }

    /// <summary>Writes a line for each connection, and an empty one.</summary>
    /// <inheritdoc cref="WriteConnections(Utf8JsonWriter, Question, bool)"/>
    public static IEnumerable<Part> WriteConnections(StringBuilder text, Question question, bool brief)
    {
        int count = 0;
        foreach (ConnectionFacts facts in question.Facts.Connections(question.Asker))
        {
            text.Append(facts.ToLine(brief)).Append('\n');
            if (++count % ItemsPerPart == 0)
            {
                yield return default;
            }
        }

        text.Append('\n');
    }

    public override IEnumerable<Part> WriteTextInParts(StringBuilder text, Question question) => WriteConnections(text, question, brief: false);

    public override IEnumerable<Part> WriteJsonInParts(Utf8JsonWriter json, Question question) => WriteConnections(json, question, brief: false);

    private static void Write(Utf8JsonWriter json, ConnectionFacts facts, bool brief)
    {
        json.WriteStartObject();
        json.WriteString("remote_socket_address", facts.Address);
        json.WriteNumber("interest_ops", facts.InterestOps);
        json.WriteNumber("outstanding_requests", facts.Outstanding);
        json.WriteNumber("packets_received", facts.Received);
        json.WriteNumber("packets_sent", facts.Sent);
        if (!brief)
        {
            json.WriteNumber("session_id", facts.SessionId);
            json.WriteString("last_operation", facts.LastOperation);
            json.WriteNumber("established", facts.Established);
            json.WriteNumber("session_timeout", facts.SessionTimeout);
            json.WriteNumber("last_cxid", facts.LastXid);
            json.WriteNumber("last_zxid", facts.LastZxid);
            json.WriteNumber("last_response_time", facts.LastResponseTime);
            json.WriteNumber("last_latency", facts.LastLatency);
            json.WriteNumber("min_latency", facts.MinLatency);
            json.WriteNumber("avg_latency", facts.AverageLatency);
            json.WriteNumber("max_latency", facts.MaxLatency);
        }

        json.WriteEndObject();
    }
}
