using System.Text;
using System.Text.Json;

namespace OrleansZk.Server.Admin.Commands;

/// <summary>Whether the server takes reads alone: <c>isro</c>. While it serves nobody, the word's answer is <c>null</c>.</summary>
internal sealed class IsReadOnlyCommand() : Command("is_read_only", "isro"), IFourLetterWord
{
    public string Word => "isro";

    public bool WordNeedsServing => false;

    public void WriteText(StringBuilder text, Question question) => text.Append(!question.Facts.IsServing ? "null" : question.Facts.IsReadOnly ? "ro" : "rw");

    public override string? WriteJson(Utf8JsonWriter json, Question question)
    {
        json.WriteBoolean("read_only", question.Facts.IsReadOnly);
        return null;
    }
}
