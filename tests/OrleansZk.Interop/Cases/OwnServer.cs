using OrleansZk.Interop.Servers;

namespace OrleansZk.Interop.Cases;

/// <summary>A server for one class of cases alone, which look at figures of the whole server or end it.</summary>
public sealed class OwnServer : IAsyncLifetime
{
    private ServerProcess? _server;

    public ServerProcess Server => _server ?? throw new InvalidOperationException("The server has not been started.");

    public async ValueTask InitializeAsync() => _server = await ServerProcess.StartNewAsync(ServerUnderTest.Kind);

    /// <summary>Starts the server anew, on empty data, if an earlier case has brought it down.</summary>
    public async Task<ServerProcess> ReviveAsync()
    {
        if (!Server.IsRunning)
        {
            Server.Forget();
            await Server.StartAsync();
        }

        return Server;
    }

    public async ValueTask DisposeAsync()
    {
        if (_server is not null)
        {
            await _server.DisposeAsync();
        }
    }
}
