using System.Text;
using System.Text.Json;

namespace OrleansZk.Server.Admin.Commands;

/// <summary>Figures for monitors: <c>mntr</c>.</summary>
internal sealed class MonitorCommand() : Command("monitor", "mntr"), IFourLetterWord
{
    public string Word => "mntr";

    public void WriteText(StringBuilder text, Question question)
    {
        foreach ((string name, object value) in question.Facts.Monitor())
        {
            text.Append("zk_").AppendLine(name, '\t', value);
        }
    }

    public override string? WriteJson(Utf8JsonWriter json, Question question)
    {
        foreach ((string name, object value) in question.Facts.Monitor())
        {
            switch (value)
            {
                case long number:
                    json.WriteNumber(name, number);
                    break;
                case double number:
                    json.WriteAverage(name, number);
                    break;
                default:
                    json.WriteString(name, (string)value);
                    break;
            }
        }

        return null;
    }
}
