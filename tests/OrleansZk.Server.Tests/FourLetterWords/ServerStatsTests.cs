using System.Globalization;
using System.Text.RegularExpressions;
using OrleansZk.Server.Tests.Support;
using OrleansZk.TestKit.Wire;

namespace OrleansZk.Server.Tests.FourLetterWords;

/// <summary>srvr, stat, mntr, crst, srst: the server's figures. Each test has a server of its own, so that it knows what was counted.</summary>
public sealed partial class ServerStatsTests : IAsyncLifetime
{
    private static readonly string[] MonitoredKeys =
    [
        "version", "server_state", "avg_latency", "max_latency", "min_latency", "packets_received", "packets_sent", "num_alive_connections",
        "outstanding_requests", "uptime", "znode_count", "watch_count", "ephemerals_count", "approximate_data_size", "global_sessions",
        "local_sessions", "connection_drop_probability", "last_client_response_size", "max_client_response_size", "min_client_response_size",
        "outstanding_tls_handshake", "auth_failed_count", "super_auth_count", "super_auth_failed_count", "non_mtls_remote_conn_count", "non_mtls_local_conn_count", "connection_rejected",
        "bytes_received_count", "response_bytes", "watch_bytes", "open_file_descriptor_count", "max_file_descriptor_count",
    ];

    private RunningServer _server = null!;

    public async ValueTask InitializeAsync() => _server = await RunningServer.StartAsync(("FourLetterWords", "*"));

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    [Fact]
    public async Task Srvr_of_a_fresh_server_is_zookeepers()
    {
        Match match = Srvr().Match(await _server.AskAsync("srvr"));
        match.Success.ShouldBeTrue();
        Figure(match, "min").ShouldBe(0);
        match.Groups["avg"].Value.ShouldBe("0.0");
        Figure(match, "received").ShouldBe(1);
        Figure(match, "sent").ShouldBe(0);
        Figure(match, "connections").ShouldBe(1);
        match.Groups["mode"].Value.ShouldBe("standalone");
        Figure(match, "nodes").ShouldBe(5, "as ZooKeeper, which holds the root twice");
    }

    [Fact]
    public async Task Srvr_counts_what_clients_do()
    {
        await using WireClient client = await _server.ConnectAsync();
        (await client.CreateAsync("/a")).ThrowIfError();
        (await client.GetDataAsync("/a")).ThrowIfError();
        Match match = Srvr().Match(await _server.AskAsync("srvr"));
        Figure(match, "received").ShouldBe(4);
        Figure(match, "sent").ShouldBe(3);
        Figure(match, "connections").ShouldBe(2);
        Figure(match, "nodes").ShouldBe(6);
        long.Parse(match.Groups["zxid"].Value, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture).ShouldBe(client.LastZxid);
    }

    [Fact]
    public async Task Stat_is_srvr_with_a_line_for_each_client_behind_the_version()
    {
        await using WireClient client = await _server.ConnectAsync();
        (await client.PingAsync()).ThrowIfError();
        string[] lines = (await _server.AskAsync("stat")).Split('\n');
        lines[0].ShouldStartWith("Zookeeper version: 3.9.");
        lines[1].ShouldBe("Clients:");
        string[] clients = [.. lines[2..4].Order(StringComparer.Ordinal)];
        clients.ShouldContain(line => BriefLine(1, 2, 2).IsMatch(line), "the client's");
        clients.ShouldContain(line => BriefLine(0, 1, 0).IsMatch(line), "that of the one who asks");
        lines[4].ShouldBeEmpty();
        Srvr().IsMatch($"{lines[0]}\n{string.Join('\n', lines[5..])}").ShouldBeTrue();
    }

    [Fact]
    public async Task Mntr_has_every_key_that_monitors_rely_on_in_lines_of_key_tab_value()
    {
        await using WireClient client = await _server.ConnectAsync();
        (await client.CreateAsync("/e", "abc", CreateMode.Ephemeral)).ThrowIfError();
        (await client.GetDataAsync("/e", watch: true)).ThrowIfError();
        (await client.GetChildrenAsync("/", watch: true)).ThrowIfError();
        Dictionary<string, string> figures = await MonitorAsync();
        figures.Keys.Order(StringComparer.Ordinal).ShouldBe(MonitoredKeys.Order(StringComparer.Ordinal));
        figures["version"].ShouldMatch(@"^3\.9\.\d+-orleanszk-[\w.]+, built on \d{4}-\d\d-\d\d \d\d:\d\d UTC$");
        figures["server_state"].ShouldBe("standalone");
        figures["avg_latency"].ShouldMatch(@"^\d+\.\d{1,4}$");
        figures["znode_count"].ShouldBe("6");
        figures["ephemerals_count"].ShouldBe("1");
        figures["watch_count"].ShouldBe("2");
        figures["global_sessions"].ShouldBe("1");
        figures["num_alive_connections"].ShouldBe("2");
        figures["approximate_data_size"].ShouldBe("49", "44 bytes of system nodes, and /e with abc");
        figures["min_client_response_size"].ShouldBe("90", "that of create2: a header of 16 bytes, a string of two characters, a stat of 68");
        figures["max_client_response_size"].ShouldBe("106", "that of getChildren2: a header, two names, a stat");
        int.Parse(figures["open_file_descriptor_count"], CultureInfo.InvariantCulture).ShouldBeGreaterThan(2);
    }

    [Fact]
    public async Task Mntr_counts_refused_authentication()
    {
        await using WireClient client = await _server.ConnectAsync();
        (await client.SendAsync(WireRequests.Auth("nonesuch", "x"))).Error.ShouldBe(ErrorCode.AuthFailed);
        (await MonitorAsync())["auth_failed_count"].ShouldBe("1");
    }

    [Fact]
    public async Task Figures_of_connections_that_have_gone_stay_in_the_totals()
    {
        WireClient client = await _server.ConnectAsync();
        (await client.CreateAsync("/a")).ThrowIfError();
        await client.CloseSessionAsync();
        await (await _server.ConnectAsync()).CloseSessionAsync();
        Dictionary<string, string> figures = await MonitorAsync();
        figures["packets_received"].ShouldBe("6");
        figures["max_client_response_size"].ShouldBe("90");
        figures["min_client_response_size"].ShouldBe("16");
        figures["last_client_response_size"].ShouldBe("16");
    }

    [Fact]
    public async Task Crst_resets_the_connections_and_keeps_the_totals()
    {
        await using WireClient client = await _server.ConnectAsync();
        (await client.PingAsync()).ThrowIfError();
        (await _server.AskAsync("crst")).ShouldBe("Connection stats reset.\n");
        (await _server.AskAsync("cons")).ShouldContain("(queued=0,recved=0,sent=0,sid=");
        Figure(Srvr().Match(await _server.AskAsync("srvr")), "received").ShouldBe(5);
    }

    [Fact]
    public async Task Srst_resets_the_totals()
    {
        await using WireClient client = await _server.ConnectAsync();
        (await client.PingAsync()).ThrowIfError();
        (await _server.AskAsync("srst")).ShouldBe("Server stats reset.\n");
        Match match = Srvr().Match(await _server.AskAsync("srvr"));
        Figure(match, "received").ShouldBe(1);
        Figure(match, "connections").ShouldBe(2);
    }

    private static long Figure(Match match, string name) => long.Parse(match.Groups[name].Value, CultureInfo.InvariantCulture);

    private static Regex BriefLine(int interestOps, int received, int sent) =>
        new($@"^ /127\.0\.0\.1:\d+\[{interestOps}\]\(queued=0,recved={received},sent={sent}\)$");

    private async Task<Dictionary<string, string>> MonitorAsync()
    {
        string[] lines = (await _server.AskAsync("mntr")).Split('\n');
        lines[^1].ShouldBeEmpty();
        return lines[..^1].Select(line => Monitored().Match(line)).ToDictionary(
            match => match.Groups["key"].Value, match => match.Groups["value"].Value);
    }

    [GeneratedRegex("""
        ^Zookeeper version: 3\.9\.\d+-orleanszk-[\w.]+, built on \d{4}-\d\d-\d\d \d\d:\d\d UTC
        Latency min/avg/max: (?<min>\d+)/(?<avg>\d+\.\d{1,4})/(?<max>\d+)
        Received: (?<received>\d+)
        Sent: (?<sent>\d+)
        Connections: (?<connections>\d+)
        Outstanding: (?<outstanding>\d+)
        Zxid: 0x(?<zxid>[0-9a-f]+)
        Mode: (?<mode>\w+)
        Node count: (?<nodes>\d+)
        $
        """)]
    private static partial Regex Srvr();

    [GeneratedRegex(@"^zk_(?<key>\w+)\t(?<value>.+)$")]
    private static partial Regex Monitored();
}
