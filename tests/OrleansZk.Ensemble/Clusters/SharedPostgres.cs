[assembly: AssemblyFixture(typeof(OrleansZk.Ensemble.Clusters.SharedPostgres))]

namespace OrleansZk.Ensemble.Clusters;

/// <summary>One PostgreSQL for all tests that leave it alone; each ensemble has a database of its own.</summary>
public sealed class SharedPostgres : IAsyncDisposable
{
    private readonly SemaphoreSlim _gate = new(1);
    private PostgresServer? _server;

    /// <summary>Skips where PostgreSQL is missing, and fails where the server is.</summary>
    public static void Require()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Linux only: sends signals");
        Assert.SkipWhen(PostgresBinaries.Missing is not null, PostgresBinaries.Missing ?? "");
        if (ServerBinary.Missing is { } missing)
        {
            Assert.Fail(missing);
        }
    }

    public async Task<PostgresServer> StartAsync()
    {
        await _gate.WaitAsync();
        try
        {
            return _server ??= await PostgresServer.StartNewAsync();
        }
        finally
        {
            _gate.Release();
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_server is { } server)
        {
            await server.DisposeAsync();
        }

        _gate.Dispose();
    }
}
