using System.Globalization;
using System.Text;
using System.Text.Json;
using OrleansZk.Server.Admin.Facts;

namespace OrleansZk.Server.Admin.Commands;

/// <summary>Watches in numbers: <c>wchs</c>.</summary>
internal sealed class WatchSummaryCommand() : Command("watch_summary", "wchs"), IFourLetterWord
{
    public string Word => "wchs";

    public void WriteText(StringBuilder text, Question question)
    {
        WatchSummary summary = question.Facts.WatchSummary();
        text.Append(
            CultureInfo.InvariantCulture,
            $"{summary.Connections} connections watching {summary.Paths} paths\nTotal watches:{summary.Watches}\n");
    }

    public override string? WriteJson(Utf8JsonWriter json, Question question)
    {
        WatchSummary summary = question.Facts.WatchSummary();
        json.WriteNumber("num_connections", summary.Connections);
        json.WriteNumber("num_paths", summary.Paths);
        json.WriteNumber("num_total_watches", summary.Watches);
        return null;
    }
}

/// <summary>Watched paths by session: <c>wchc</c>.</summary>
internal sealed class WatchesCommand() : LongCommand("watches", "wchc")
{
    public override string Word => "wchc";

    public override IEnumerable<Part> WriteTextInParts(StringBuilder text, Question question)
    {
        int count = 0;
        foreach ((long sessionId, string[] paths) in question.Facts.WatchedPaths())
        {
            text.Append(CultureInfo.InvariantCulture, $"0x{sessionId:x}\n");
            foreach (string path in paths)
            {
                text.Append(CultureInfo.InvariantCulture, $"\t{path}\n");
                if (++count % ItemsPerPart == 0)
                {
                    yield return default;
                }
            }
        }

        text.Append('\n');
    }

    public override IEnumerable<Part> WriteJsonInParts(Utf8JsonWriter json, Question question)
    {
        int count = 0;
        json.WriteStartObject("session_id_to_watched_paths");
        foreach ((long sessionId, string[] paths) in question.Facts.WatchedPaths())
        {
            json.WriteStartArray(sessionId.ToString(CultureInfo.InvariantCulture));
            foreach (string path in paths)
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
}

/// <summary>Sessions by the path that they watch: <c>wchp</c>.</summary>
internal sealed class WatchesByPathCommand() : LongCommand("watches_by_path", "wchp")
{
    public override string Word => "wchp";

    public override IEnumerable<Part> WriteTextInParts(StringBuilder text, Question question)
    {
        int count = 0;
        foreach ((string path, long[] sessionIds) in question.Facts.WatchingSessions())
        {
            text.Append(CultureInfo.InvariantCulture, $"{path}\n");
            foreach (long sessionId in sessionIds)
            {
                text.Append(CultureInfo.InvariantCulture, $"\t0x{sessionId:x}\n");
                if (++count % ItemsPerPart == 0)
                {
                    yield return default;
                }
            }
        }

        text.Append('\n');
    }

    public override IEnumerable<Part> WriteJsonInParts(Utf8JsonWriter json, Question question)
    {
        int count = 0;
        json.WriteStartObject("path_to_session_ids");
        foreach ((string path, long[] sessionIds) in question.Facts.WatchingSessions())
        {
            json.WriteStartArray(path);
            foreach (long sessionId in sessionIds)
            {
                json.WriteNumberValue(sessionId);
                if (++count % ItemsPerPart == 0)
                {
                    yield return default;
                }
            }

            json.WriteEndArray();
        }

        json.WriteEndObject();
    }
}
