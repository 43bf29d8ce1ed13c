using System.Text.RegularExpressions;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace OrleansZk.Deploy.Schema;

/// <summary>What a scalar is to kubectl, which reads YAML 1.1: there <c>yes</c>, <c>on</c> and <c>012</c> are no text unless in quotes.</summary>
internal static partial class Scalars
{
    public static bool IsText(this YamlScalarNode scalar) => scalar.Style != ScalarStyle.Plain || !NotText().IsMatch(scalar.Value ?? "");

    public static bool IsFlag(this YamlScalarNode scalar) => scalar is { Style: ScalarStyle.Plain, Value: "true" or "false" };

    public static bool IsWhole(this YamlScalarNode scalar) => scalar.Style == ScalarStyle.Plain && Decimal().IsMatch(scalar.Value ?? "");

    [GeneratedRegex(@"^(|~|null|Null|NULL|[yY]|[nN]|[yY]es|YES|[nN]o|NO|[tT]rue|TRUE|[fF]alse|FALSE|[oO]n|ON|[oO]ff|OFF|[-+]?(0[xob])?[0-9][0-9a-fA-F_:]*|[-+]?(\.?[0-9]+|[0-9]+\.[0-9]*)([eE][-+]?[0-9]+)?|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)|[0-9]{4}-[0-9]{2}-[0-9]{2}.*)$")]
    private static partial Regex NotText();

    [GeneratedRegex("^(0|-?[1-9][0-9]*)$")]
    private static partial Regex Decimal();
}
