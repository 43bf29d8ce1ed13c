using System.Text;
using System.Text.Json;
using OrleansZk.Server.Admin.Facts;

namespace OrleansZk.Server.Admin.Commands;

/// <summary>What the server runs on: <c>envi</c>.</summary>
internal sealed class EnvironmentCommand() : Command("environment", "env", "envi"), IFourLetterWord
{
    public string Word => "envi";

    public bool WordNeedsServing => false;

    public override bool NeedsServing => false;

    public void WriteText(StringBuilder text, Question question)
    {
        text.Append("Environment:\n");
        foreach ((string name, string value) in EnvironmentFacts.All())
        {
            text.AppendLine(name, '=', value);
        }
    }

    public override string? WriteJson(Utf8JsonWriter json, Question question)
    {
        foreach ((string name, string value) in EnvironmentFacts.All())
        {
            json.WriteString(name, value);
        }

        return null;
    }
}
