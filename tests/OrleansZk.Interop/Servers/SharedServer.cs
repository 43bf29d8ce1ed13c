using OrleansZk.Interop.Servers;

[assembly: AssemblyFixture(typeof(SharedServer))]

namespace OrleansZk.Interop.Servers;

/// <summary>
/// The one server that most cases share. Cases keep apart by working below a root path of their own; those that look at figures of
/// the whole server, or stop it, start their own.
/// </summary>
public sealed class SharedServer : IAsyncLifetime
{
    private ServerProcess? _server;

    /// <summary>The server. Once it has come down, every case that wants it fails at once, and tells what it printed last.</summary>
    public ServerProcess Server => _server switch
    {
        null => throw new InvalidOperationException("The shared server has not been started."),
        { IsRunning: false } => throw new InvalidOperationException($"The shared server came down.\n{_server.LogTail()}"),
        _ => _server,
    };

    public async ValueTask InitializeAsync() => _server = await ServerProcess.StartNewAsync(ServerUnderTest.Kind);

    public async ValueTask DisposeAsync()
    {
        if (_server is not null)
        {
            await _server.DisposeAsync();
        }
    }
}
