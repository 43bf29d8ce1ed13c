using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using System.Text.Json;

namespace OrleansZk.Server.Admin.Commands;

/// <summary>The trace mask: <c>gtmk</c>.</summary>
internal sealed class GetTraceMaskCommand() : Command("get_trace_mask", "gtmk"), IFourLetterWord
{
    public string Word => "gtmk";

    public bool WordNeedsServing => false;

    public override bool NeedsServing => false;

    public void WriteText(StringBuilder text, Question question) =>
        text.Append(CultureInfo.InvariantCulture, $"{question.Facts.TraceMask}");

    public override string? WriteJson(Utf8JsonWriter json, Question question)
    {
        json.WriteNumber("tracemask", question.Facts.TraceMask);
        return null;
    }
}

/// <summary>Sets the trace mask: <c>stmk</c>, followed by the mask as a long.</summary>
internal sealed class SetTraceMaskCommand() : Command("set_trace_mask", "stmk"), IFourLetterWord
{
    private const string Parameter = "traceMask";

    public string Word => "stmk";

    public override bool ChangesState => true;

    public bool WordNeedsServing => false;

    public override bool NeedsServing => false;

    public int ArgumentLength => sizeof(long);

    public void WriteText(StringBuilder text, Question question)
    {
        long mask = BinaryPrimitives.ReadInt64BigEndian(question.Argument);
        question.Facts.TraceMask = mask;
        text.Append(CultureInfo.InvariantCulture, $"{mask}");
    }

    public override string? WriteJson(Utf8JsonWriter json, Question question)
    {
        if (question.Query is not { } query || !query.TryGetValue(Parameter, out var values))
        {
            return $"setTraceMask requires long {Parameter} argument";
        }

        if (!long.TryParse(values[0], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long mask))
        {
            return $"setTraceMask requires long {Parameter} argument, got {values[0]}";
        }

        question.Facts.TraceMask = mask;
        json.WriteNumber("tracemask", mask);
        return null;
    }
}
