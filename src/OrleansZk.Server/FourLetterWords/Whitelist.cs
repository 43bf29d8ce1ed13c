using OrleansZk.Server.Admin.Commands;

namespace OrleansZk.Server.FourLetterWords;

/// <summary>Which words are answered, by the rule of ZooKeeper's <c>4lw.commands.whitelist</c>.</summary>
internal static class Whitelist
{
    private const string All = "*";

    // ZooKeeper's own scripts depend on it, so it cannot be refused.
    private const string Always = "srvr";

    // A client of a server in read-only mode asks all others for it, to find one that has a leader.
    private const string ReadOnlyMode = "isro";

    /// <param name="setting">Words, separated by commas; * for all.</param>
    /// <param name="hasReadOnlyMode">True where the server may be in read-only mode, as each of an ensemble may.</param>
    public static HashSet<string> Parse(string setting, bool hasReadOnlyMode = false)
    {
        string[] words = setting.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        return words.Contains(All)
            ? CommandTable.Words.Select(word => word.Word).ToHashSet(StringComparer.Ordinal)
            : [.. words, Always, .. hasReadOnlyMode ? [ReadOnlyMode] : Array.Empty<string>()];
    }
}
