using OrleansZk.Server.Admin.Commands;
using OrleansZk.Server.FourLetterWords;
using OrleansZk.Server.Tests.Support;

namespace OrleansZk.Server.Tests.FourLetterWords;

/// <summary>Which words are answered.</summary>
public sealed class WhitelistTests
{
    private static readonly string[] ZooKeepersWords =
    [
        "conf", "cons", "crst", "dirs", "dump", "envi", "gtmk", "hash", "isro", "mntr", "ruok", "srst", "srvr", "stat", "stmk", "wchc", "wchp", "wchs",
    ];

    [Fact]
    public void Every_word_of_zookeepers_is_known() =>
        CommandTable.Words.Select(word => word.Word).Order(StringComparer.Ordinal).ShouldBe(ZooKeepersWords);

    [Theory]
    [InlineData("", "srvr")]
    [InlineData("srvr", "srvr")]
    [InlineData("ruok", "ruok srvr")]
    [InlineData(" ruok , mntr,", "mntr ruok srvr")]
    [InlineData("stat,xxxx", "srvr stat xxxx")]
    public void Words_are_allowed_by_name_and_srvr_always(string setting, string allowed) =>
        string.Join(' ', Whitelist.Parse(setting).Order(StringComparer.Ordinal)).ShouldBe(allowed);

    [Theory]
    [InlineData("*")]
    [InlineData("ruok, *")]
    public void A_star_allows_all(string setting) =>
        Whitelist.Parse(setting).Order(StringComparer.Ordinal).ShouldBe(ZooKeepersWords);

    [Fact]
    public void A_server_that_may_be_read_only_tells_whether_it_is() =>
        string.Join(' ', Whitelist.Parse("ruok", hasReadOnlyMode: true).Order(StringComparer.Ordinal)).ShouldBe("isro ruok srvr");

    [Fact]
    public async Task A_word_that_is_not_allowed_is_refused_by_name()
    {
        await using RunningServer server = await RunningServer.StartAsync();
        foreach (string word in ZooKeepersWords.Where(word => word != "srvr"))
        {
            (await server.AskAsync(word)).ShouldBe($"{word} is not executed because it is not in the whitelist.\n");
        }

        (await server.AskAsync("srvr")).ShouldStartWith("Zookeeper version: ");
    }

    [Fact]
    public async Task While_clients_are_not_served_words_say_so()
    {
        await using RunningServer server = await RunningServer.StartAsync(("FourLetterWords", "*"));
        await server.StopServingAsync();
        foreach (string word in ZooKeepersWords.Except(["ruok", "isro", "gtmk", "stmk", "envi"]))
        {
            (await server.AskAsync(word)).ShouldBe("This ZooKeeper instance is not currently serving requests\n", word);
        }

        (await server.AskAsync("ruok")).ShouldBe("imok");
        (await server.AskAsync("isro")).ShouldBe("null");
        (await server.AskAsync("gtmk")).ShouldBe("306");
        (await server.AskAsync("envi")).ShouldStartWith("Environment:\n");
    }
}
