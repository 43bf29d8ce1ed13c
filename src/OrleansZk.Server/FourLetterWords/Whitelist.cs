using OrleansZk.Server.Admin.Commands;

namespace OrleansZk.Server.FourLetterWords;

/// <summary>Which words are answered, by the rule of ZooKeeper's <c>4lw.commands.whitelist</c>.</summary>
internal static class Whitelist
{
    private const string All = "*";

    // ZooKeeper's own scripts depend on it, so it cannot be refused.
    private const string Always = "srvr";

    /// <param name="setting">Words, separated by commas; * for all.</param>
    public static HashSet<string> Parse(string setting)
    {
        string[] words = setting.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        return words.Contains(All)
            ? CommandTable.Words.Select(word => word.Word).ToHashSet(StringComparer.Ordinal)
            : words.Append(Always).ToHashSet(StringComparer.Ordinal);
    }
}
