namespace OrleansZk.Server.Tests.Support;

/// <summary>A server that answers every word, for all tests of a class.</summary>
public sealed class ServerFixture : IAsyncLifetime
{
    public RunningServer Server { get; private set; } = null!;

    public async ValueTask InitializeAsync() => Server = await RunningServer.StartAsync(("FourLetterWords", "*"));

    public ValueTask DisposeAsync() => Server.DisposeAsync();
}
