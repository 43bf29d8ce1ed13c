using YamlDotNet.RepresentationModel;

namespace OrleansZk.Deploy.Schema;

/// <summary>A mapping with fixed fields. A field that is not named here is an error, as with <c>kubectl --validate=strict</c>.</summary>
internal sealed class Fields : Shape
{
    private readonly Dictionary<string, Shape> _known = new(StringComparer.Ordinal);
    private readonly List<string> _required = [];
    private readonly List<(string[] Names, bool NeedsOne)> _alternatives = [];

    public Fields Needs(string name, Shape shape)
    {
        _known.Add(name, shape);
        _required.Add(name);
        return this;
    }

    public Fields May(string name, Shape shape)
    {
        _known.Add(name, shape);
        return this;
    }

    public Fields May(Shape shape, params string[] names)
    {
        foreach (string name in names)
        {
            _known.Add(name, shape);
        }

        return this;
    }

    /// <summary>Of these fields exactly one must be there.</summary>
    public Fields ExactlyOneOf(params string[] names)
    {
        _alternatives.Add((names, true));
        return this;
    }

    /// <summary>Of these fields at most one may be there.</summary>
    public Fields AtMostOneOf(params string[] names)
    {
        _alternatives.Add((names, false));
        return this;
    }

    public override void Check(YamlNode node, string at, ICollection<string> problems)
    {
        if (node is not YamlMappingNode map)
        {
            problems.Add($"{at} is {Describe(node)}, but must be a mapping");
            return;
        }

        var found = map.Children.ToDictionary(pair => ((YamlScalarNode)pair.Key).Value!, pair => pair.Value, StringComparer.Ordinal);
        foreach ((string name, YamlNode value) in found)
        {
            if (_known.TryGetValue(name, out Shape? shape))
            {
                shape.Check(value, $"{at}.{name}", problems);
            }
            else
            {
                problems.Add($"{at}.{name} is no known field");
            }
        }

        foreach (string name in _required.Where(name => !found.ContainsKey(name)))
        {
            problems.Add($"{at}.{name} is missing");
        }

        foreach ((string[] names, bool needsOne) in _alternatives)
        {
            int count = names.Count(found.ContainsKey);
            if (count > 1 || (count == 0 && needsOne))
            {
                problems.Add($"{at} has {count} of {string.Join(", ", names)}, but must have {(needsOne ? "exactly" : "at most")} one");
            }
        }
    }
}
