using System.Text;
using System.Text.Json;

namespace OrleansZk.Server.Admin.Commands;

/// <summary>Whether the server takes writes: <c>isro</c>. It always does when it serves; while it does not, the word's answer is <c>null</c>.</summary>
internal sealed class IsReadOnlyCommand() : Command("is_read_only", "isro"), IFourLetterWord
{
    public string Word => "isro";

    public bool WordNeedsServing => false;

    public void WriteText(StringBuilder text, Question question) => text.Append(question.Facts.IsServing ? "rw" : "null");

    public override string? WriteJson(Utf8JsonWriter json, Question question)
    {
        json.WriteBoolean("read_only", false);
        return null;
    }
}
