using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using OrleansZk.Server.Tests.Support;
using OrleansZk.TestKit.Wire;

namespace OrleansZk.Server.Tests.FourLetterWords;

/// <summary>ruok, isro, conf, envi, dirs, gtmk, stmk, hash: what the server is and how it is set.</summary>
public sealed class SettingWordsTests(ServerFixture fixture) : IClassFixture<ServerFixture>
{
    private readonly RunningServer _server = fixture.Server;

    [Fact]
    public async Task Ruok_is_answered_without_the_end_of_a_line() => (await _server.AskAsync("ruok")).ShouldBe("imok");

    [Fact]
    public async Task Isro_of_a_server_that_serves_is_rw() => (await _server.AskAsync("isro")).ShouldBe("rw");

    [Fact]
    public async Task Conf_has_zookeepers_keys_in_zookeepers_order()
    {
        string[] lines = (await _server.AskAsync("conf")).Split('\n');
        lines[^1].ShouldBeEmpty();
        Dictionary<string, string> values = lines[..^1].Select(line => line.Split('=', 2)).ToDictionary(pair => pair[0], pair => pair[1]);
        lines[..^1].Select(line => line.Split('=')[0]).ShouldBe(
        [
            "clientPort", "secureClientPort", "dataDir", "dataDirSize", "dataLogDir", "dataLogSize", "tickTime", "maxClientCnxns",
            "minSessionTimeout", "maxSessionTimeout", "clientPortListenBacklog", "serverId",
        ]);
        values["clientPort"].ShouldBe(_server.ClientPort.ToString(CultureInfo.InvariantCulture));
        values["secureClientPort"].ShouldBe("-1");
        values["dataDir"].ShouldBe(_server.DataFolder);
        values["minSessionTimeout"].ShouldBe("4000");
        values["maxSessionTimeout"].ShouldBe("40000");
    }

    [Fact]
    public async Task Envi_begins_with_the_version_that_clients_parse()
    {
        string[] lines = (await _server.AskAsync("envi")).Split('\n');
        lines[0].ShouldBe("Environment:");
        lines[1].ShouldMatch(@"^zookeeper\.version=3\.9\.\d+-orleanszk-");
        lines[^1].ShouldBeEmpty();
        lines[1..^1].ShouldAllBe(line => line.Contains('='));
        lines.ShouldContain("java.version=<NA>");
    }

    [Fact]
    public async Task Dirs_tells_bytes_on_disk() =>
        (await _server.AskAsync("dirs")).ShouldMatch(@"\Adatadir_size: [1-9]\d*\nlogdir_size: [1-9]\d*\n\z");

    [Fact]
    public async Task Stmk_takes_the_long_behind_it_and_gtmk_tells_it()
    {
        (await _server.AskAsync("gtmk")).ShouldBe("306");
        byte[] bytes = [.. "stmk"u8, 0, 0, 0, 0, 0, 0, 0, 0];
        BinaryPrimitives.WriteInt64BigEndian(bytes.AsSpan(4), 1234567890123);
        (await _server.AskAsync(bytes)).ShouldBe("1234567890123");
        (await _server.AskAsync("gtmk")).ShouldBe("1234567890123");
        BinaryPrimitives.WriteInt64BigEndian(bytes.AsSpan(4), 306);
        (await _server.AskAsync(bytes)).ShouldBe("306");
    }

    [Fact]
    public async Task Stmk_without_its_long_is_closed_unanswered() =>
        (await _server.AskAsync(Encoding.ASCII.GetBytes("stmk123"), thenShutDown: true)).ShouldBeEmpty();

    [Fact]
    public async Task Hash_tells_the_digest_at_every_128th_zxid()
    {
        await using WireClient client = await _server.ConnectAsync();
        await Task.WhenAll(Enumerable.Range(0, 256).Select(i => client.CreateAsync($"/hash{i}")));
        string[] lines = (await _server.AskAsync("hash")).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        lines.Length.ShouldBeGreaterThanOrEqualTo(2);
        lines.ShouldAllBe(line => System.Text.RegularExpressions.Regex.IsMatch(line, "^[0-9a-f]+(80|00): -?[0-9]+$"));
    }
}
