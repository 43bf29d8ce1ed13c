using System.Globalization;
using System.Text.RegularExpressions;
using YamlDotNet.RepresentationModel;

namespace OrleansZk.Deploy.Schema;

/// <summary>What a value of a manifest must look like.</summary>
internal abstract class Shape
{
    public static Shape Text { get; } = new ScalarShape("text", scalar => scalar.IsText());

    public static Shape Flag { get; } = new ScalarShape("true or false", scalar => scalar.IsFlag());

    /// <summary>Finds everything that is wrong with a value.</summary>
    /// <param name="at">Where the value is, for messages.</param>
    public abstract void Check(YamlNode node, string at, ICollection<string> problems);

    public static Shape Whole(long least, long most = int.MaxValue) => new ScalarShape(
        $"an integer from {least} to {most}",
        scalar => scalar.IsWhole() && long.TryParse(scalar.Value, NumberStyles.Integer, CultureInfo.InvariantCulture, out long value) && value >= least && value <= most);

    public static Shape Like(string what, Regex pattern) => new ScalarShape(what, scalar => scalar.IsText() && pattern.IsMatch(scalar.Value!));

    public static Shape OneOf(params string[] words) =>
        new ScalarShape("one of " + string.Join(", ", words), scalar => scalar.IsText() && words.Contains(scalar.Value, StringComparer.Ordinal));

    public static Shape Either(Shape one, Shape other) => new EitherShape(one, other);

    public static Shape ListOf(Shape item, int least = 0) => new ListShape(item, least);

    public static Shape MapOf(Shape key, Shape value) => new MapShape(key, value);

    private sealed class ScalarShape(string what, Func<YamlScalarNode, bool> accepts) : Shape
    {
        public override void Check(YamlNode node, string at, ICollection<string> problems)
        {
            if (node is not YamlScalarNode scalar || !accepts(scalar))
            {
                problems.Add($"{at} is {Describe(node)}, but must be {what}");
            }
        }
    }

    private sealed class EitherShape(Shape one, Shape other) : Shape
    {
        public override void Check(YamlNode node, string at, ICollection<string> problems)
        {
            var ofOne = new List<string>();
            one.Check(node, at, ofOne);
            var ofOther = new List<string>();
            other.Check(node, at, ofOther);
            if (ofOne.Count > 0 && ofOther.Count > 0)
            {
                problems.Add(string.Join(" or ", [.. ofOne, .. ofOther]));
            }
        }
    }

    private sealed class ListShape(Shape item, int least) : Shape
    {
        public override void Check(YamlNode node, string at, ICollection<string> problems)
        {
            if (node is not YamlSequenceNode list)
            {
                problems.Add($"{at} is {Describe(node)}, but must be a list");
                return;
            }

            if (list.Children.Count < least)
            {
                problems.Add($"{at} has {list.Children.Count} items, but must have {least} or more");
            }

            for (int i = 0; i < list.Children.Count; i++)
            {
                item.Check(list.Children[i], $"{at}[{i}]", problems);
            }
        }
    }

    private sealed class MapShape(Shape key, Shape value) : Shape
    {
        public override void Check(YamlNode node, string at, ICollection<string> problems)
        {
            if (node is not YamlMappingNode map)
            {
                problems.Add($"{at} is {Describe(node)}, but must be a mapping");
                return;
            }

            foreach ((YamlNode name, YamlNode content) in map.Children)
            {
                key.Check(name, $"a key of {at}", problems);
                value.Check(content, $"{at}.{name}", problems);
            }
        }
    }

    protected static string Describe(YamlNode node) => node switch
    {
        YamlScalarNode scalar => scalar.IsText() ? $"the text '{scalar.Value}'" : $"'{scalar.Value}'",
        YamlSequenceNode => "a list",
        _ => "a mapping",
    };
}
