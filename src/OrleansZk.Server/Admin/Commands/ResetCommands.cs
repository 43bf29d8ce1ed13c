using System.Text;
using System.Text.Json;

namespace OrleansZk.Server.Admin.Commands;

/// <summary>Starts every connection's figures from zero: <c>crst</c>.</summary>
internal sealed class ConnectionStatResetCommand() : Command("connection_stat_reset", "crst"), IFourLetterWord
{
    public string Word => "crst";

    public override bool ChangesState => true;

    public void WriteText(StringBuilder text, Question question)
    {
        question.Facts.ResetConnections();
        text.Append("Connection stats reset.\n");
    }

    public override string? WriteJson(Utf8JsonWriter json, Question question)
    {
        question.Facts.ResetConnections();
        return null;
    }
}

/// <summary>Starts the server's figures, and every connection's, from zero: <c>srst</c>.</summary>
internal sealed class StatResetCommand() : Command("stat_reset", "srst"), IFourLetterWord
{
    public string Word => "srst";

    public override bool ChangesState => true;

    public void WriteText(StringBuilder text, Question question)
    {
        question.Facts.ResetStatistics();
        text.Append("Server stats reset.\n");
    }

    public override string? WriteJson(Utf8JsonWriter json, Question question)
    {
        question.Facts.ResetStatistics();
        return null;
    }
}

/// <summary>Would reset the figures of observers' connections; this server has none.</summary>
internal sealed class ObserverConnectionStatResetCommand() : Command("observer_connection_stat_reset", "orst")
{
    public override string? WriteJson(Utf8JsonWriter json, Question question) => null;
}
