using System.Net.Sockets;
using OrleansZk.Crash.Tools;

namespace OrleansZk.Crash.Limits;

/// <summary>More connections than the process may have files: whoever is served is served on, writes go on, and new ones are taken when there is room.</summary>
public sealed class FileDescriptorTests
{
    private const int MaxOpenFiles = 400;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private static Dictionary<string, string> Settings => new()
    {
        ["MaxClientConnections"] = "0",
        ["LogSegmentBytes"] = "1048576",
        ["HandshakeTimeout"] = "1000",
        ["FourLetterWords"] = "*",
        ["DOTNET_gcServer"] = "0",
    };

    [Fact]
    public async Task The_served_are_served_on_and_the_log_gets_new_files_while_more_connections_come_than_there_is_room_for()
    {
        TestRun.RequireServer();
        TestRun.RequireLinux("limits the process's files");
        await using var server = new ServerProcess(Settings) { MaxOpenFiles = MaxOpenFiles };
        await server.StartAsync();
        await using WireClient client = await WireClient.ConnectAsync(server.Port, cancellationToken: Cancellation);
        (await client.CreateAsync("/a")).IsOk.ShouldBeTrue();
        var silent = new List<Socket>();
        try
        {
            // As each is dropped when it has not shaken hands, others take its place: the limit is held against a flood, not against one wave.
            using var flood = new CancellationTokenSource();
            Task flooding = FloodAsync(server.Port, silent, flood.Token);
            await Deadline.WaitUntilAsync(() => server.Log.SinceStart.Contains("file descriptors are in use", StringComparison.Ordinal), "the warning");
            for (int i = 0; i < 12; i++)
            {
                // Each in a file of its own.
                (await client.SetDataAsync("/a", new byte[900_000])).IsOk.ShouldBeTrue($"write {i}");
                (await client.GetDataAsync("/a")).IsOk.ShouldBeTrue($"read {i}");
            }

            await flood.CancelAsync();
            await flooding;
        }
        finally
        {
            silent.ForEach(socket => socket.Dispose());
        }

        await Deadline.WaitUntilAsync(async () => await CanConnectAsync(server.Port), "a new connection");
        server.IsRunning.ShouldBeTrue();
        server.Log.SinceStart.Split("file descriptors are in use and the rest is kept").Length.ShouldBe(2, "one warning, not one for each");
        (await client.ExistsAsync("/a")).IsOk.ShouldBeTrue();
    }

    [Fact]
    public async Task Operators_reach_a_server_whose_clients_have_taken_all_room()
    {
        TestRun.RequireServer();
        TestRun.RequireLinux("limits the process's files");
        await using var server = new ServerProcess(new Dictionary<string, string>(Settings) { ["HandshakeTimeout"] = "60000" }) { MaxOpenFiles = MaxOpenFiles };
        await server.StartAsync();
        var silent = new List<Socket>();
        try
        {
            using var flood = new CancellationTokenSource();
            Task flooding = FloodAsync(server.Port, silent, flood.Token);
            await Deadline.WaitUntilAsync(() => server.Log.SinceStart.Contains("file descriptors are in use", StringComparison.Ordinal), "the warning");
            await flood.CancelAsync();
            await flooding;
            using var http = new HttpClient();
            string monitor = await http.GetStringAsync(new Uri($"http://127.0.0.1:{server.AdminPort}/commands/monitor"), Cancellation);
            monitor.ShouldContain("connection_rejected");
        }
        finally
        {
            silent.ForEach(socket => socket.Dispose());
        }
    }

    private static async Task FloodAsync(int port, List<Socket> sockets, CancellationToken stop)
    {
        while (!stop.IsCancellationRequested && sockets.Count < 5000)
        {
            var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            sockets.Add(socket);
            try
            {
                await socket.ConnectAsync("127.0.0.1", port, stop);
            }
            catch (Exception e) when (e is SocketException or OperationCanceledException)
            {
                // Nobody takes it at the moment.
            }
        }
    }

    private static async Task<bool> CanConnectAsync(int port)
    {
        try
        {
            await using WireClient client = await WireClient.ConnectAsync(port, cancellationToken: Cancellation);
            return (await client.ExistsAsync("/")).IsOk;
        }
        catch (WireConnectionLostException)
        {
            return false;
        }
    }
}
