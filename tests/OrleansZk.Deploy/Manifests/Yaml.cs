using System.Globalization;
using YamlDotNet.RepresentationModel;

namespace OrleansZk.Deploy.Manifests;

/// <summary>Finding one's way in a document.</summary>
internal static class Yaml
{
    /// <summary>All documents of a text. A key that stands twice in a mapping is an error.</summary>
    public static IReadOnlyList<Manifest> Parse(string text)
    {
        var stream = new YamlStream();
        stream.Load(new StringReader(text));
        return [.. stream.Documents.Select(document => new Manifest((YamlMappingNode)document.RootNode))];
    }

    /// <summary>What is behind a way of field names; null when there is nothing.</summary>
    public static YamlNode? At(this YamlNode node, params string[] way)
    {
        YamlNode? at = node;
        foreach (string name in way)
        {
            at = at is YamlMappingNode map && map.Children.TryGetValue(new YamlScalarNode(name), out YamlNode? next) ? next : null;
        }

        return at;
    }

    public static string? TextAt(this YamlNode node, params string[] way) => (node.At(way) as YamlScalarNode)?.Value;

    public static int? NumberAt(this YamlNode node, params string[] way) =>
        node.TextAt(way) is { } text ? int.Parse(text, CultureInfo.InvariantCulture) : null;

    public static IReadOnlyList<YamlNode> ItemsAt(this YamlNode node, params string[] way) =>
        node.At(way) is YamlSequenceNode list ? [.. list.Children] : [];

    public static IReadOnlyList<string> TextsAt(this YamlNode node, params string[] way) =>
        [.. node.ItemsAt(way).Select(item => ((YamlScalarNode)item).Value!)];

    public static Dictionary<string, string> MapAt(this YamlNode node, params string[] way) =>
        node.At(way) is YamlMappingNode map
            ? map.Children.ToDictionary(pair => ((YamlScalarNode)pair.Key).Value!, pair => ((YamlScalarNode)pair.Value).Value!, StringComparer.Ordinal)
            : [];
}
