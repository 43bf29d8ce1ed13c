using System.Globalization;
using System.Text;
using System.Text.Json;
using OrleansZk.Core.Sessions;
using OrleansZk.Server.Admin.Facts;

namespace OrleansZk.Server.Admin.Commands;

/// <summary>When sessions and connections expire, and the ephemeral nodes: <c>dump</c>.</summary>
internal sealed class DumpCommand() : Command("dump"), IFourLetterWord
{
    public string Word => "dump";

    public void WriteText(StringBuilder text, Question question)
    {
        text.Append("SessionTracker dump:\n");
        WriteSets(text, "Session", question.Facts.SessionExpiry(), id => $"0x{id:x}");
        text.Append("ephemeral nodes dump:\n");
        IReadOnlyList<EphemeralOwner> owners = question.Facts.Ephemerals();
        text.Append(CultureInfo.InvariantCulture, $"Sessions with Ephemerals ({owners.Count}):\n");
        foreach (EphemeralOwner owner in owners)
        {
            text.Append(CultureInfo.InvariantCulture, $"0x{owner.SessionId:x}:\n");
            foreach (string path in owner.Paths)
            {
                text.Append(CultureInfo.InvariantCulture, $"\t{path}\n");
            }
        }

        text.Append("Connections dump:\n");
        WriteSets(text, "Connections", question.Facts.ConnectionExpiry(), Describe);
    }

    public override string? WriteJson(Utf8JsonWriter json, Question question)
    {
        json.WriteStartObject("expiry_time_to_session_ids");
        foreach (ExpirySet<long> set in question.Facts.SessionExpiry())
        {
            json.WriteStartArray(set.At.ToUnixTimeMilliseconds().ToString(CultureInfo.InvariantCulture));
            foreach (long id in set.Members)
            {
                json.WriteNumberValue(id);
            }

            json.WriteEndArray();
        }

        json.WriteEndObject();
        json.WriteStartObject("session_id_to_ephemeral_paths");
        foreach (EphemeralOwner owner in question.Facts.Ephemerals())
        {
            json.WriteStartArray(owner.SessionId.ToString(CultureInfo.InvariantCulture));
            foreach (string path in owner.Paths)
            {
                json.WriteStringValue(path);
            }

            json.WriteEndArray();
        }

        json.WriteEndObject();
        return null;
    }

    private static void WriteSets<T>(StringBuilder text, string what, IReadOnlyList<ExpirySet<T>> sets, Func<T, string> describe)
    {
        text.Append(CultureInfo.InvariantCulture, $"{what} Sets ({sets.Count})/({sets.Sum(set => set.Members.Count)}):\n");
        foreach (ExpirySet<T> set in sets)
        {
            text.Append(CultureInfo.InvariantCulture, $"{set.Members.Count} expire at {JavaFormat.Text(set.At)}:\n");
            foreach (T member in set.Members)
            {
                text.Append('\t').Append(describe(member)).Append('\n');
            }
        }
    }

    private static string Describe(ClientConnection connection) =>
        $"ip: /{connection.ClientAddress} sessionId: 0x{connection.SessionId:x}";
}
