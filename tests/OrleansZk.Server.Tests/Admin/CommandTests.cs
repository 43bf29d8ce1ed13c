using System.Net;
using System.Text.Json;
using OrleansZk.Server.Admin.Commands;
using OrleansZk.Server.Tests.Support;
using OrleansZk.TestKit.Wire;

namespace OrleansZk.Server.Tests.Admin;

/// <summary>The commands of the admin port: names, properties, errors.</summary>
public sealed class CommandTests(ServerFixture fixture) : IClassFixture<ServerFixture>
{
    private const string ServerStats = "version read_only server_stats client_response node_count";

    private readonly RunningServer _server = fixture.Server;

    /// <summary>ZooKeeper's names, the first as the answer has it, and the properties beside <c>command</c> and <c>error</c>.</summary>
    public static TheoryData<string, string> Commands { get; } = new()
    {
        {
            "configuration conf config",
            "client_port data_dir data_log_dir tick_time max_client_cnxns min_session_timeout max_session_timeout server_id client_port_listen_backlog"
        },
        { "connection_stat_reset crst", "" },
        { "connections cons", "connections secure_connections" },
        { "dirs", "datadir_size logdir_size" },
        { "dump", "expiry_time_to_session_ids session_id_to_ephemeral_paths" },
        {
            "environment env envi",
            "zookeeper.version host.name java.version java.vendor java.home java.class.path java.library.path java.io.tmpdir java.compiler "
                + "os.name os.arch os.version user.name user.home user.dir os.memory.free os.memory.max os.memory.total dotnet.version dotnet.runtime"
        },
        { "get_trace_mask gtmk", "tracemask" },
        { "hash", "digests" },
        { "initial_configuration icfg", "initial_configuration" },
        { "is_read_only isro", "read_only" },
        { "last_snapshot lsnp", "zxid timestamp" },
        { "leader lead", "" },
        { "observer_connection_stat_reset orst", "" },
        { "observers obsr", "synced_observers observers" },
        { "ruok", "" },
        { "server_stats srvr", ServerStats },
        { "set_trace_mask stmk", "" },
        { "stat_reset srst", "" },
        { "stats stat", ServerStats + " connections secure_connections" },
        { "voting_view", "current_config" },
        { "watch_summary wchs", "num_connections num_paths num_total_watches" },
        { "watches wchc", "session_id_to_watched_paths" },
        { "watches_by_path wchp", "path_to_session_ids" },
        { "zabstate", "voting zabstate" },
    };

    [Theory]
    [MemberData(nameof(Commands))]
    public async Task A_command_answers_to_all_its_names_with_zookeepers_properties(string names, string properties)
    {
        string[] all = names.Split(' ');
        foreach (string name in all)
        {
            using JsonDocument answer = await AskAsync(name);
            answer.RootElement.GetProperty("command").GetString().ShouldBe(all[0]);
            Properties(answer).ShouldBe([.. properties.Split(' ', StringSplitOptions.RemoveEmptyEntries), "command", "error"], name);
        }
    }

    [Fact]
    public void Every_command_has_its_case_here() => CommandTable.All.Select(command => string.Join(' ', command.Names))
        .ShouldBe([.. Commands.Select(row => row.Data.Item1), "monitor mntr", "system_properties sysp"], ignoreOrder: true);

    [Fact]
    public async Task Monitor_has_the_figures_of_the_word()
    {
        using JsonDocument answer = await AskAsync("monitor");
        string[] word = (await _server.AskAsync("mntr")).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Properties(answer).ShouldBe([.. word.Select(line => line.Split('\t')[0]["zk_".Length..]), "command", "error"]);
        answer.RootElement.GetProperty("server_state").GetString().ShouldBe("standalone");
        answer.RootElement.GetProperty("znode_count").GetInt32().ShouldBeGreaterThanOrEqualTo(5);
        answer.RootElement.GetProperty("avg_latency").GetRawText().ShouldContain('.');
        answer.RootElement.GetProperty("command").GetString().ShouldBe("monitor");
    }

    [Fact]
    public async Task System_properties_have_the_settings_but_no_secrets()
    {
        using JsonDocument answer = await AskAsync("sysp");
        answer.RootElement.GetProperty("OrleansZk:FourLetterWords").GetString().ShouldBe("*");
        answer.RootElement.TryGetProperty("OrleansZk:SuperDigest", out _).ShouldBeFalse();
    }

    [Fact]
    public async Task Server_stats_have_zookeepers_fields()
    {
        using JsonDocument answer = await AskAsync("srvr");
        answer.RootElement.GetProperty("server_stats").EnumerateObject().Select(field => field.Name).ShouldBe(
        [
            "packets_sent", "packets_received", "client_response_stats", "provider_null", "server_state", "data_dir_size", "log_dir_size",
            "last_processed_zxid", "outstanding_requests", "avg_latency", "max_latency", "min_latency", "num_alive_client_connections", "uptime",
            "auth_failed_count", "non_mtlsremote_conn_count", "non_mtlslocal_conn_count",
        ]);
        answer.RootElement.GetProperty("client_response").EnumerateObject().Select(field => field.Name).ShouldBe(
            ["last_buffer_size", "min_buffer_size", "max_buffer_size"]);
    }

    [Fact]
    public async Task Connections_tell_of_the_session()
    {
        await using WireClient client = await _server.ConnectAsync();
        (await client.ExistsAsync("/nonesuch", watch: true)).Error.ShouldBe(ErrorCode.NoNode);
        using JsonDocument answer = await AskAsync("cons");
        JsonElement connection = answer.RootElement.GetProperty("connections").EnumerateArray()
            .Single(connection => connection.GetProperty("session_id").GetInt64() == client.Session.Id);
        connection.EnumerateObject().Select(field => field.Name).ShouldBe(
        [
            "remote_socket_address", "interest_ops", "outstanding_requests", "packets_received", "packets_sent", "session_id", "last_operation",
            "established", "session_timeout", "last_cxid", "last_zxid", "last_response_time", "last_latency", "min_latency", "avg_latency",
            "max_latency",
        ]);
        connection.GetProperty("last_operation").GetString().ShouldBe("EXIS");
        connection.GetProperty("last_cxid").GetInt32().ShouldBe(1);

        using JsonDocument watches = await AskAsync("wchc");
        watches.RootElement.GetProperty("session_id_to_watched_paths").GetProperty($"{client.Session.Id}")[0].GetString().ShouldBe("/nonesuch");
        using JsonDocument byPath = await AskAsync("wchp");
        byPath.RootElement.GetProperty("path_to_session_ids").GetProperty("/nonesuch")[0].GetInt64().ShouldBe(client.Session.Id);
    }

    [Fact]
    public async Task Dump_tells_sessions_and_ephemerals()
    {
        await using WireClient client = await _server.ConnectAsync();
        (await client.CreateAsync("/e", "", CreateMode.Ephemeral)).ThrowIfError();
        using JsonDocument answer = await AskAsync("dump");
        answer.RootElement.GetProperty("session_id_to_ephemeral_paths").GetProperty($"{client.Session.Id}")[0].GetString().ShouldBe("/e");
        answer.RootElement.GetProperty("expiry_time_to_session_ids").EnumerateObject()
            .SelectMany(set => set.Value.EnumerateArray()).Select(id => id.GetInt64()).ShouldContain(client.Session.Id);
    }

    [Fact]
    public async Task Last_snapshot_is_the_checkpoint()
    {
        await using RunningServer server = await RunningServer.StartAsync();
        using JsonDocument before = await AskAsync("lsnp", server);
        before.RootElement.GetProperty("timestamp").GetInt64().ShouldBe(-1);
        await using WireClient client = await server.ConnectAsync();
        (await client.CreateAsync("/a")).ThrowIfError();
        await server.CheckpointAsync();
        using JsonDocument after = await AskAsync("lsnp", server);
        after.RootElement.GetProperty("zxid").GetString().ShouldBe($"{client.LastZxid:x}");
        after.RootElement.GetProperty("timestamp").GetInt64().ShouldBeGreaterThan(0);
    }

    [Fact]
    public async Task The_trace_mask_can_be_set()
    {
        using JsonDocument set = await AskAsync("stmk?traceMask=306");
        set.RootElement.GetProperty("tracemask").GetInt64().ShouldBe(306);
        (await ErrorAsync("stmk")).ShouldBe("setTraceMask requires long traceMask argument");
        (await ErrorAsync("stmk?traceMask=x")).ShouldBe("setTraceMask requires long traceMask argument, got x");
    }

    [Fact]
    public async Task Errors_are_zookeepers()
    {
        (await ErrorAsync("ruok")).ShouldBeNull();
        (await ErrorAsync("leader")).ShouldBe("server is not initialized");
        (await ErrorAsync("nonesuch")).ShouldBe("Unknown command: nonesuch");
        using HttpResponseMessage posted = await _server.Http.PostAsync("/commands/ruok", null, TestContext.Current.CancellationToken);
        posted.StatusCode.ShouldBe(HttpStatusCode.MethodNotAllowed);
    }

    [Fact]
    public async Task The_list_links_every_command()
    {
        string page = await _server.Http.GetStringAsync("/commands", TestContext.Current.CancellationToken);
        page.ShouldBe(string.Concat(CommandTable.All.Select(command => command.Name).Order(StringComparer.Ordinal)
            .Select(name => $"<a href=\"/commands/{name}\">{name}</a>\n<br/>\n")));
    }

    private static IEnumerable<string> Properties(JsonDocument answer) => answer.RootElement.EnumerateObject().Select(property => property.Name);

    private async Task<JsonDocument> AskAsync(string command, RunningServer? server = null)
    {
        string name = command.Split('?')[0];
        bool isChange = CommandTable.ByName.TryGetValue(name, out Command? known) && known.ChangesState;
        using var request = new HttpRequestMessage(isChange ? HttpMethod.Post : HttpMethod.Get, $"/commands/{command}")
        {
            Headers = { { "X-Requested-With", "orleanszk" } },
        };
        using HttpResponseMessage response = await (server ?? _server).Http.SendAsync(request, TestContext.Current.CancellationToken);
        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        response.Content.Headers.ContentType?.MediaType.ShouldBe("application/json");
        return JsonDocument.Parse(await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
    }

    private async Task<string?> ErrorAsync(string command)
    {
        using JsonDocument answer = await AskAsync(command);
        return answer.RootElement.GetProperty("error").GetString();
    }
}
