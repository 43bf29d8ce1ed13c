using System.Globalization;
using System.Text;
using System.Text.Json;
using OrleansZk.Core.Sessions;
using OrleansZk.Server.Admin.Facts;

namespace OrleansZk.Server.Admin.Commands;

/// <summary>When sessions and connections expire, and the ephemeral nodes: <c>dump</c>.</summary>
internal sealed class DumpCommand() : LongCommand("dump")
{
    public override string Word => "dump";

    public override IEnumerable<Part> WriteTextInParts(StringBuilder text, Question question)
    {
        text.Append("SessionTracker dump:\n");
        foreach (Part part in WriteSets(text, "Session", question.Facts.SessionExpiry(), id => $"0x{id:x}"))
        {
            yield return part;
        }

        text.Append("ephemeral nodes dump:\n");
        (int owners, IEnumerable<EphemeralOwner> ephemerals) = question.Facts.Ephemerals();
        text.Append(CultureInfo.InvariantCulture, $"Sessions with Ephemerals ({owners}):\n");
        int count = 0;
        foreach (EphemeralOwner owner in ephemerals)
        {
            text.Append(CultureInfo.InvariantCulture, $"0x{owner.SessionId:x}:\n");
            foreach (string path in owner.Paths)
            {
                text.Append(CultureInfo.InvariantCulture, $"\t{path}\n");
                if (++count % ItemsPerPart == 0)
                {
                    yield return default;
                }
            }
        }

        text.Append("Connections dump:\n");
        foreach (Part part in WriteSets(text, "Connections", question.Facts.ConnectionExpiry(), Describe))
        {
            yield return part;
        }
    }

    public override IEnumerable<Part> WriteJsonInParts(Utf8JsonWriter json, Question question)
    {
        int count = 0;
        json.WriteStartObject("expiry_time_to_session_ids");
        foreach (ExpirySet<long> set in question.Facts.SessionExpiry())
        {
            json.WriteStartArray(set.At.ToUnixTimeMilliseconds().ToString(CultureInfo.InvariantCulture));
            foreach (long id in set.Members)
            {
                json.WriteNumberValue(id);
                if (++count % ItemsPerPart == 0)
                {
                    yield return default;
                }
            }

            json.WriteEndArray();
        }

        json.WriteEndObject();
        json.WriteStartObject("session_id_to_ephemeral_paths");
        foreach (EphemeralOwner owner in question.Facts.Ephemerals().Owners)
        {
            json.WriteStartArray(owner.SessionId.ToString(CultureInfo.InvariantCulture));
            foreach (string path in owner.Paths)
            {
                json.WriteStringValue(path);
                if (++count % ItemsPerPart == 0)
                {
                    yield return default;
                }
            }

            json.WriteEndArray();
        }

        json.WriteEndObject();
    }

    private static IEnumerable<Part> WriteSets<T>(StringBuilder text, string what, IReadOnlyList<ExpirySet<T>> sets, Func<T, string> describe)
    {
        int count = 0;
        text.Append(CultureInfo.InvariantCulture, $"{what} Sets ({sets.Count})/({sets.Sum(set => set.Members.Count)}):\n");
        foreach (ExpirySet<T> set in sets)
        {
            text.Append(CultureInfo.InvariantCulture, $"{set.Members.Count} expire at {JavaFormat.Text(set.At)}:\n");
            foreach (T member in set.Members)
            {
                text.Append('\t').Append(describe(member)).Append('\n');
                if (++count % ItemsPerPart == 0)
                {
                    yield return default;
                }
            }
        }
    }

    private static string Describe(ClientConnection connection) =>
        $"ip: /{connection.ClientAddress} sessionId: 0x{connection.SessionId:x}";
}
