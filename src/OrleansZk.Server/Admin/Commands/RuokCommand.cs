using System.Text;
using System.Text.Json;

namespace OrleansZk.Server.Admin.Commands;

/// <summary>Whether the process is up: <c>ruok</c>. Over HTTP it says more: an error unless clients are served.</summary>
/// <remarks>As in ZooKeeper, a server that is not well says nothing at all.</remarks>
internal sealed class RuokCommand() : Command("ruok"), IFourLetterWord
{
    public string Word => "ruok";

    public bool WordNeedsServing => false;

    public void WriteText(StringBuilder text, Question question) => text.Append(question.Facts.IsMovingOn ? "imok" : "");

    public override string? WriteJson(Utf8JsonWriter json, Question question) => question.Facts.IsMovingOn ? null : "Requests do not move on";
}
