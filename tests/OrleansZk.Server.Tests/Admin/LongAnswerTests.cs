using System.Globalization;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using OrleansZk.Server.Admin;
using OrleansZk.Server.Admin.Commands;
using OrleansZk.Server.Admin.Facts;
using OrleansZk.Server.Tests.Support;
using OrleansZk.TestKit.Processes;
using OrleansZk.TestKit.Wire;

namespace OrleansZk.Server.Tests.Admin;

/// <summary>Answers that grow with connections, sessions and watches are made and sent in parts, and whoever does not read one keeps nobody from anything.</summary>
public sealed class LongAnswerTests : IAsyncLifetime
{
    private const int Watches = 20_000;

    // What a part may come to: 128 lines of the paths below, and the head of the next section.
    private const int MaxPartLength = 16_384;

    private RunningServer _server = null!;
    private WireClient _client = null!;

    public async ValueTask InitializeAsync()
    {
        _server = await RunningServer.StartAsync(("FourLetterWords", "*"), ("MaxFrameLength", "4000000"), ("HandshakeTimeout", "2000"));
        _client = await _server.ConnectAsync(timeout: 40_000);
        (await _client.SendAsync(WireRequests.SetWatches(0, exist: [.. Enumerable.Range(0, Watches).Select(Path)]))).ThrowIfError();
        foreach (int i in Enumerable.Range(0, 300))
        {
            (await _client.CreateAsync(string.Create(CultureInfo.InvariantCulture, $"/e{i}"), "", CreateMode.Ephemeral)).ThrowIfError();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _client.DisposeAsync();
        await _server.DisposeAsync();
    }

    public static TheoryData<string> Commands => [.. CommandTable.All.OfType<LongCommand>().Select(command => command.Name)];

    [Fact]
    public void All_that_grow_are_among_them() =>
        Commands.Select(row => row.Data).ShouldBe(["connections", "dump", "stats", "watches", "watches_by_path"], ignoreOrder: true);

    [Theory]
    [MemberData(nameof(Commands))]
    public void An_answer_has_parts_of_no_more_than_its_limit(string name)
    {
        var command = (LongCommand)CommandTable.ByName[name];
        var question = new Question(_server.Services.GetRequiredService<ServerFacts>());
        int longest = 0;
        var text = new StringBuilder();
        foreach (Part _ in command.WriteTextInParts(text, question))
        {
            longest = Math.Max(longest, text.Length);
            text.Clear();
        }

        Math.Max(longest, text.Length).ShouldBeLessThan(MaxPartLength);
        using var stream = new MemoryStream();
        using var json = new Utf8JsonWriter(stream);
        json.WriteStartObject();
        long longestJson = 0;
        foreach (Part _ in command.WriteJsonInParts(json, question))
        {
            longestJson = Math.Max(longestJson, json.BytesPending);
            json.Flush();
        }

        Math.Max(longestJson, json.BytesPending).ShouldBeLessThan(MaxPartLength);
    }

    [Fact]
    public async Task Nothing_is_missing_in_what_was_sent_in_parts()
    {
        string[] paths = [.. Enumerable.Range(0, Watches).Select(Path).Order(StringComparer.Ordinal)];
        (await _server.AskAsync("wchp")).Split('\n').Where(line => line.StartsWith('/')).Order(StringComparer.Ordinal).ShouldBe(paths);
        (await _server.AskAsync("wchc")).Split('\n').Where(line => line.StartsWith("\t/", StringComparison.Ordinal)).Select(line => line[1..])
            .Order(StringComparer.Ordinal).ShouldBe(paths);
        using JsonDocument answer = JsonDocument.Parse(await _server.Http.GetStringAsync("/commands/wchp", TestContext.Current.CancellationToken));
        answer.RootElement.GetProperty("path_to_session_ids").EnumerateObject().Select(path => path.Name).Order(StringComparer.Ordinal).ShouldBe(paths);
        answer.RootElement.GetProperty("command").GetString().ShouldBe("watches_by_path");
        answer.RootElement.GetProperty("error").ValueKind.ShouldBe(JsonValueKind.Null);
    }

    [Fact]
    public async Task Who_does_not_read_an_answer_keeps_nobody_from_being_served_and_is_dropped()
    {
        using var deaf = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { ReceiveBufferSize = 4096 };
        await deaf.ConnectAsync("127.0.0.1", _server.ClientPort, TestContext.Current.CancellationToken);
        await deaf.SendAsync("wchp"u8.ToArray(), TestContext.Current.CancellationToken);

        (await _client.GetDataAsync("/e1", watch: true)).ThrowIfError();
        (await _client.SetDataAsync("/e1", "x")).ThrowIfError();
        (await _server.AskAsync("srvr")).ShouldStartWith("Zookeeper version: ");
        string next = await _server.AskAsync("wchc");
        (next.EndsWith("\n\n", StringComparison.Ordinal) || next == CommandGate.Busy + "\n").ShouldBeTrue();
        await Deadline.WaitUntilAsync(
            async () => (await _server.AskAsync("wchc")).EndsWith("\n\n", StringComparison.Ordinal), "an answer to the next");
    }

    private static string Path(int i) => string.Create(CultureInfo.InvariantCulture, $"/nonesuch/{i:00000}");
}
