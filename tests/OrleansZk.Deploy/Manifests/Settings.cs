using System.Text.RegularExpressions;

namespace OrleansZk.Deploy.Manifests;

/// <summary>The settings that docs/configuration.md names, with their defaults.</summary>
internal static partial class Settings
{
    public const string Prefix = "OrleansZk__";

    // What silos have beside the settings of a server.
    private static readonly Dictionary<string, string> OfSilos = new(StringComparer.Ordinal)
    {
        ["SiloPort"] = "11111",
        ["GatewayPort"] = "30000",
        ["ClusterId"] = "orleanszk",
        ["ServiceId"] = "orleanszk",
    };

    /// <summary>Default by name; null where rows have several names.</summary>
    public static IReadOnlyDictionary<string, string?> All { get; } = Read();

    /// <summary>True when a variable's name is meant for a setting of this product.</summary>
    public static bool IsMeant(string variable) => variable.StartsWith("OrleansZk", StringComparison.OrdinalIgnoreCase);

    public static bool IsKnown(string variable) => variable.StartsWith(Prefix, StringComparison.Ordinal) && All.ContainsKey(variable[Prefix.Length..]);

    public static string Default(string name) => All[name] ?? throw new InvalidOperationException($"the default of {name} is not known");

    private static Dictionary<string, string?> Read()
    {
        Dictionary<string, string?> found = OfSilos.ToDictionary(pair => pair.Key, pair => (string?)pair.Value, StringComparer.Ordinal);
        foreach (string line in DeployFolder.Read("docs/configuration.md").Split('\n').TakeWhile(line => !line.StartsWith("## An existing zoo.cfg", StringComparison.Ordinal)))
        {
            if (Row().Match(line) is { Success: true } row)
            {
                CaptureCollection names = row.Groups["name"].Captures;
                foreach (Capture name in names)
                {
                    found[name.Value] = names.Count > 1 ? null : row.Groups["default"].Value.Trim('`');
                }
            }
        }

        return found;
    }

    [GeneratedRegex(@"^\| `(?<name>[A-Z]\w+)`(, `(?<name>[A-Z]\w+)`)* \| (?<default>[^|]*) \|")]
    private static partial Regex Row();
}
