using System.Net;
using System.Net.Sockets;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using OrleansZk.Server.Configuration;
using OrleansZk.Server.Hosting;
using OrleansZk.TestKit.Wire;

namespace OrleansZk.Server.Tests.Support;

/// <summary>A server in this process, on free ports and a data folder of its own.</summary>
public sealed class RunningServer : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly string _folder;

    private RunningServer(WebApplication app, string folder)
    {
        _app = app;
        _folder = folder;
        Listeners listeners = Services.GetRequiredService<Listeners>();
        ClientPort = listeners.Client!.Port;
        Http = new HttpClient { BaseAddress = listeners.Admin is { } admin ? new Uri($"http://{admin}") : null };
    }

    public int ClientPort { get; }

    /// <summary>Asks the admin port.</summary>
    public HttpClient Http { get; }

    public string DataFolder => _folder;

    public IServiceProvider Services => _app.Services;

    /// <param name="settings">Values of <see cref="ServerOptions"/> by name.</param>
    public static Task<RunningServer> StartAsync(params (string Name, string Value)[] settings) => StartAsync(TimeProvider.System, settings);

    /// <param name="clock">The engine's clock.</param>
    /// <inheritdoc cref="StartAsync(ValueTuple{string, string}[])"/>
    public static async Task<RunningServer> StartAsync(TimeProvider clock, params (string Name, string Value)[] settings)
    {
        string folder = Directory.CreateTempSubdirectory("orleanszk-server-tests-").FullName;
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        var values = new Dictionary<string, string>
        {
            [nameof(ServerOptions.ClientPort)] = "0",
            [nameof(ServerOptions.ClientAddress)] = "127.0.0.1",
            [nameof(ServerOptions.AdminPort)] = "0",
            [nameof(ServerOptions.DataDirectory)] = folder,
            [nameof(ServerOptions.ForceSync)] = "false",
        };
        foreach ((string name, string value) in settings)
        {
            values[name] = value;
        }

        builder.Configuration.AddInMemoryCollection(
            values.Select(pair => KeyValuePair.Create($"{ServerOptions.Section}:{pair.Key}", (string?)pair.Value)));
        builder.Services.AddSingleton(clock);
        builder.AddOrleansZkServer();
        WebApplication app = builder.Build();
        app.MapOrleansZkServer();
        await app.StartAsync();
        return new RunningServer(app, folder);
    }

    /// <summary>Stops serving clients, as when the log has failed, but keeps both ports open.</summary>
    public Task StopServingAsync() => Services.GetRequiredService<Engine>().StopAsync(CancellationToken.None);

    /// <summary>Checkpoints now.</summary>
    public Task CheckpointAsync() => Services.GetRequiredService<Engine>().Checkpointer!.CheckpointAsync(CancellationToken.None);

    /// <param name="timeout">Session timeout to ask for, milliseconds.</param>
    public Task<WireClient> ConnectAsync(int timeout = 10_000) =>
        WireClient.ConnectAsync(ClientPort, timeout, cancellationToken: TestContext.Current.CancellationToken);

    /// <summary>Sends bytes on a new connection, and reads until the server closes it.</summary>
    public async Task<string> AskAsync(byte[] bytes, bool thenShutDown = false)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, ClientPort);
        await using NetworkStream stream = client.GetStream();
        await stream.WriteAsync(bytes);
        if (thenShutDown)
        {
            client.Client.Shutdown(SocketShutdown.Send);
        }

        var answer = new MemoryStream();
        try
        {
            await stream.CopyToAsync(answer);
        }
        catch (IOException)
        {
            // Closed by a reset, as those are who do not keep to the protocol.
        }

        return Encoding.UTF8.GetString(answer.ToArray());
    }

    public Task<string> AskAsync(string word) => AskAsync(Encoding.ASCII.GetBytes(word));

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await _app.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }
}
