using System.Text;
using System.Text.Json;

namespace OrleansZk.Server.Admin.Commands;

/// <summary>Whether the process is up: <c>ruok</c>. Over HTTP it says more: an error unless clients are served.</summary>
internal sealed class RuokCommand() : Command("ruok"), IFourLetterWord
{
    public string Word => "ruok";

    public bool WordNeedsServing => false;

    public void WriteText(StringBuilder text, Question question) => text.Append("imok");

    public override string? WriteJson(Utf8JsonWriter json, Question question) => null;
}
