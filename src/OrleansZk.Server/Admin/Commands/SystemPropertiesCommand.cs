using System.Globalization;
using System.Text.Json;
using OrleansZk.Server.Admin.Facts;
using OrleansZk.Server.Configuration;

namespace OrleansZk.Server.Admin.Commands;

/// <summary>The settings in force, but for secrets, and the machine: what Java's system properties are to ZooKeeper.</summary>
internal sealed class SystemPropertiesCommand() : Command("system_properties", "sysp")
{
    public override bool NeedsServing => false;

    public override string? WriteJson(Utf8JsonWriter json, Question question)
    {
        var properties = new SortedDictionary<string, string?>(StringComparer.Ordinal);
        foreach ((string name, string value) in EnvironmentFacts.Machine())
        {
            properties[name] = value;
        }

        foreach (Setting setting in SettingTable.All.Where(setting => !setting.IsSecret))
        {
            properties[setting.Key] = Convert.ToString(setting.Get(question.Facts.Options), CultureInfo.InvariantCulture);
        }

        foreach ((string name, string? value) in properties)
        {
            json.WriteString(name, value);
        }

        return null;
    }
}
