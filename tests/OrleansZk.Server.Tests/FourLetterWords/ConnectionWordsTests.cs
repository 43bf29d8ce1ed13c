using System.Text.RegularExpressions;
using OrleansZk.Server.Tests.Support;
using OrleansZk.TestKit.Wire;

namespace OrleansZk.Server.Tests.FourLetterWords;

/// <summary>cons, dump, wchs, wchc, wchp: who is connected, what they own and watch.</summary>
public sealed partial class ConnectionWordsTests : IAsyncLifetime
{
    private RunningServer _server = null!;
    private WireClient _client = null!;

    public async ValueTask InitializeAsync()
    {
        _server = await RunningServer.StartAsync(("FourLetterWords", "*"));
        _client = await _server.ConnectAsync(timeout: 12_000);
    }

    public async ValueTask DisposeAsync()
    {
        await _client.DisposeAsync();
        await _server.DisposeAsync();
    }

    private string SessionId => $"0x{_client.Session.Id:x}";

    [Fact]
    public async Task Cons_has_a_line_for_each_connection_and_an_empty_one()
    {
        (await _client.CreateAsync("/a")).ThrowIfError();
        (await _client.GetDataAsync("/a")).ThrowIfError();
        string text = await _server.AskAsync("cons");
        text.ShouldEndWith("\n\n");
        string[] lines = text.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        lines.Length.ShouldBe(2);
        Match match = lines.Select(line => FullLine().Match(line)).Single(match => match.Success);
        match.Groups["recved"].Value.ShouldBe("3");
        match.Groups["sid"].Value.ShouldBe(SessionId);
        match.Groups["lop"].Value.ShouldBe("GETD");
        match.Groups["to"].Value.ShouldBe("12000");
        match.Groups["lcxid"].Value.ShouldBe("0x2");
        match.Groups["lzxid"].Value.ShouldBe($"0x{_client.LastZxid:x}");
    }

    [Fact]
    public async Task Cons_does_not_take_a_pings_number_for_a_request()
    {
        (await _client.ExistsAsync("/a")).Error.ShouldBe(ErrorCode.NoNode);
        (await _client.PingAsync()).ThrowIfError();
        string text = await _server.AskAsync("cons");
        text.ShouldContain("lop=PING");
        text.ShouldContain("lcxid=0x1,");
    }

    [Fact]
    public async Task Dump_has_its_three_sections()
    {
        (await _client.CreateAsync("/e", "", CreateMode.Ephemeral)).ThrowIfError();
        Match match = Dump().Match(await _server.AskAsync("dump"));
        match.Success.ShouldBeTrue();
        match.Groups["session"].Value.ShouldBe(SessionId);
        match.Groups["owner"].Value.ShouldBe(SessionId);
        match.Groups["path"].Value.ShouldBe("/e");
        match.Groups["connections"].Value.ShouldBe("2");
        match.Groups["connection"].Captures.Select(capture => capture.Value).ShouldBe([SessionId, "0x0"], ignoreOrder: true);
    }

    [Fact]
    public async Task Watch_words_tell_of_data_watches_as_zookeepers_do()
    {
        await using WireClient other = await _server.ConnectAsync();
        (await _client.CreateAsync("/a")).ThrowIfError();
        (await _client.GetDataAsync("/a", watch: true)).ThrowIfError();
        (await _client.ExistsAsync("/b", watch: true)).Error.ShouldBe(ErrorCode.NoNode);
        (await _client.GetChildrenAsync("/", watch: true)).ThrowIfError();
        (await other.GetDataAsync("/a", watch: true)).ThrowIfError();
        string otherId = $"0x{other.Session.Id:x}";

        (await _server.AskAsync("wchs")).ShouldBe("2 connections watching 2 paths\nTotal watches:3\n");
        Sections(await _server.AskAsync("wchc")).ShouldBe([$"{SessionId}: /a /b", $"{otherId}: /a"], ignoreOrder: true);
        Sections(await _server.AskAsync("wchp")).ShouldBe(
            [$"/a: {string.Join(' ', new[] { SessionId, otherId }.Order(StringComparer.Ordinal))}", $"/b: {SessionId}"], ignoreOrder: true);
    }

    [Fact]
    public async Task Watch_words_without_watches_are_empty()
    {
        (await _server.AskAsync("wchs")).ShouldBe("0 connections watching 0 paths\nTotal watches:0\n");
        (await _server.AskAsync("wchc")).ShouldBe("\n");
        (await _server.AskAsync("wchp")).ShouldBe("\n");
    }

    /// <summary>Heads with what is indented beneath them, sorted.</summary>
    private static List<string> Sections(string text)
    {
        text.ShouldEndWith("\n\n");
        var sections = new List<(string Head, List<string> Members)>();
        foreach (string line in text.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            if (line.StartsWith('\t'))
            {
                sections[^1].Members.Add(line[1..]);
            }
            else
            {
                sections.Add((line, []));
            }
        }

        return [.. sections.Select(section => $"{section.Head}: {string.Join(' ', section.Members.Order(StringComparer.Ordinal))}")];
    }

    [GeneratedRegex(@"^ /127\.0\.0\.1:\d+\[1\]\(queued=\d+,recved=(?<recved>\d+),sent=\d+,sid=(?<sid>0x[0-9a-f]+),lop=(?<lop>\w+),est=\d{13},"
        + @"to=(?<to>\d+),lcxid=(?<lcxid>0x[0-9a-f]+),lzxid=(?<lzxid>0x[0-9a-f]+),lresp=\d+,llat=\d+,minlat=\d+,avglat=\d+,maxlat=\d+\)$")]
    private static partial Regex FullLine();

    [GeneratedRegex("""
        ^SessionTracker dump:
        Session Sets \(1\)/\(1\):
        1 expire at \w{3} \w{3} \d\d \d\d:\d\d:\d\d UTC \d{4}:
        	(?<session>0x[0-9a-f]+)
        ephemeral nodes dump:
        Sessions with Ephemerals \(1\):
        (?<owner>0x[0-9a-f]+):
        	(?<path>.+)
        Connections dump:
        Connections Sets \(\d+\)/\((?<connections>\d+)\):
        (?:\d+ expire at \w{3} \w{3} \d\d \d\d:\d\d:\d\d UTC \d{4}:
        (?:	ip: /127\.0\.0\.1:\d+ sessionId: (?<connection>0x[0-9a-f]+)
        )+)+$
        """)]
    private static partial Regex Dump();
}
