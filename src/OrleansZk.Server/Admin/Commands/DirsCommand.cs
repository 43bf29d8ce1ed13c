using System.Globalization;
using System.Text;
using System.Text.Json;
using OrleansZk.Server.Admin.Facts;

namespace OrleansZk.Server.Admin.Commands;

/// <summary>Bytes on disk: <c>dirs</c>.</summary>
internal sealed class DirsCommand() : Command("dirs"), IFourLetterWord
{
    public string Word => "dirs";

    public void WriteText(StringBuilder text, Question question)
    {
        FolderSizes sizes = question.Facts.FolderSizes;
        text.Append(CultureInfo.InvariantCulture, $"datadir_size: {sizes.Data}\nlogdir_size: {sizes.Log}\n");
    }

    public override string? WriteJson(Utf8JsonWriter json, Question question)
    {
        FolderSizes sizes = question.Facts.FolderSizes;
        json.WriteNumber("datadir_size", sizes.Data);
        json.WriteNumber("logdir_size", sizes.Log);
        return null;
    }
}
