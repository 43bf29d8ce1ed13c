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
internal sealed class WatchesCommand() : Command("watches", "wchc"), IFourLetterWord
{
    public string Word => "wchc";

    public void WriteText(StringBuilder text, Question question)
    {
        foreach ((long sessionId, string[] paths) in question.Facts.WatchedPaths())
        {
            text.Append(CultureInfo.InvariantCulture, $"0x{sessionId:x}\n");
            foreach (string path in paths)
            {
                text.Append(CultureInfo.InvariantCulture, $"\t{path}\n");
            }
        }

        text.Append('\n');
    }

    public override string? WriteJson(Utf8JsonWriter json, Question question)
    {
        json.WriteStartObject("session_id_to_watched_paths");
        foreach ((long sessionId, string[] paths) in question.Facts.WatchedPaths())
        {
            json.WriteStartArray(sessionId.ToString(CultureInfo.InvariantCulture));
            foreach (string path in paths)
            {
                json.WriteStringValue(path);
            }

            json.WriteEndArray();
        }

        json.WriteEndObject();
        return null;
    }
}

/// <summary>Sessions by the path that they watch: <c>wchp</c>.</summary>
internal sealed class WatchesByPathCommand() : Command("watches_by_path", "wchp"), IFourLetterWord
{
    public string Word => "wchp";

    public void WriteText(StringBuilder text, Question question)
    {
        foreach ((string path, long[] sessionIds) in question.Facts.WatchingSessions())
        {
            text.Append(CultureInfo.InvariantCulture, $"{path}\n");
            foreach (long sessionId in sessionIds)
            {
                text.Append(CultureInfo.InvariantCulture, $"\t0x{sessionId:x}\n");
            }
        }

        text.Append('\n');
    }

    public override string? WriteJson(Utf8JsonWriter json, Question question)
    {
        json.WriteStartObject("path_to_session_ids");
        foreach ((string path, long[] sessionIds) in question.Facts.WatchingSessions())
        {
            json.WriteStartArray(path);
            foreach (long sessionId in sessionIds)
            {
                json.WriteNumberValue(sessionId);
            }

            json.WriteEndArray();
        }

        json.WriteEndObject();
        return null;
    }
}
