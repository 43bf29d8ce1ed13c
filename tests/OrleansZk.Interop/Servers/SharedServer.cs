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

    public ServerProcess Server => _server ?? throw new InvalidOperationException("The shared server has not been started.");

    public async ValueTask InitializeAsync() => _server = await ServerProcess.StartNewAsync(ServerUnderTest.Kind);

    public async ValueTask DisposeAsync()
    {
        if (_server is not null)
        {
            await _server.DisposeAsync();
        }
    }
}
