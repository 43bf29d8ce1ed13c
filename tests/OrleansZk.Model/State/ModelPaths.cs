using System.Text.RegularExpressions;

namespace OrleansZk.Model.State;

/// <summary>Paths as the specification describes them (§5).</summary>
internal static partial class ModelPaths
{
    public static bool IsValid(string path) =>
        path == "/" || (path.StartsWith('/') && path[1..].Split('/').All(name => name is not ("" or "." or "..") && !Forbidden().IsMatch(name)));

    public static string Parent(string path) => path.LastIndexOf('/') == 0 ? "/" : path[..path.LastIndexOf('/')];

    public static string Name(string path) => path[(path.LastIndexOf('/') + 1)..];

    /// <summary>The path and every path above it, the deepest first.</summary>
    public static IEnumerable<string> SelfAndAbove(string path)
    {
        for (string at = path; at != "/"; at = Parent(at))
        {
            yield return at;
        }

        yield return "/";
    }

    [GeneratedRegex(@"[\u0000-\u001F\u007F-\u009F\uD800-\uF8FF\uFFF0-\uFFFF]")]
    private static partial Regex Forbidden();
}
