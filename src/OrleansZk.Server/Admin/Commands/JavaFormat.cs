using System.Globalization;
using System.Text;
using System.Text.Json;

namespace OrleansZk.Server.Admin.Commands;

/// <summary>Values as ZooKeeper's language writes them.</summary>
internal static class JavaFormat
{
    /// <summary>At most four decimals, as ZooKeeper rounds its averages, and at least one: <c>0.0</c>, <c>1.6154</c>.</summary>
    public static string Text(double value) =>
        Math.Round(value, 4, MidpointRounding.AwayFromZero).ToString("0.0###", CultureInfo.InvariantCulture);

    /// <summary>Like <c>Sun Nov 22 16:58:16 UTC 2026</c>.</summary>
    public static string Text(DateTimeOffset moment) =>
        moment.UtcDateTime.ToString("ddd MMM dd HH:mm:ss 'UTC' yyyy", CultureInfo.InvariantCulture);

    public static void WriteAverage(this Utf8JsonWriter json, string name, double value)
    {
        json.WritePropertyName(name);
        json.WriteRawValue(Text(value));
    }

    /// <summary>Appends <c>name</c>, the separator, the value and the end of the line.</summary>
    public static StringBuilder AppendLine(this StringBuilder text, string name, char separator, object value) =>
        text.Append(CultureInfo.InvariantCulture, $"{name}{separator}{(value is double number ? Text(number) : value)}\n");
}
