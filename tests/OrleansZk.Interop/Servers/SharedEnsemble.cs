using System.Globalization;

using OrleansZk.Interop.Servers;
using OrleansZk.Interop.Tools;

[assembly: AssemblyFixture(typeof(SharedEnsemble))]

namespace OrleansZk.Interop.Servers;

/// <summary>
/// The one ensemble that cases share, of three servers and, for OrleansZk, the PostgreSQL that these need. It is started for the first case that wants it.
/// </summary>
public sealed class SharedEnsemble : IAsyncDisposable
{
    /// <summary>
    /// Makes the servers hear each other so many milliseconds late. Then a case fails that takes it for granted that one shows at once what was written
    /// through another, which ZooKeeper does not promise.
    /// </summary>
    public const string LagVariable = "INTEROP_LAG";

    private const int Size = 3;

    private static readonly int Lag = int.Parse(Environment.GetEnvironmentVariable(LagVariable) ?? "0", CultureInfo.InvariantCulture);

    private readonly Lazy<Task> _started;
    private readonly List<Relay> _relays = [];
    private PostgresServer? _postgres;
    private ServerProcess[] _servers = [];

    public SharedEnsemble() => _started = new(StartAsync);

    /// <summary>All addresses, as a connection string. Once a server has come down, every case fails at once, and tells what that printed last.</summary>
    public async Task<string> HostsAsync()
    {
        Assert.SkipWhen(ServerUnderTest.Kind == ServerKind.OrleansZk && PostgresBinaries.Missing is not null, PostgresBinaries.Missing ?? "");
        await _started.Value;
        return Array.Find(_servers, server => !server.IsRunning) is { } ended
            ? throw new InvalidOperationException($"Server {ended.Member!.Id} of the ensemble came down.\n{ended.LogTail()}")
            : string.Join(',', _servers.Select(server => server.Hosts));
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var server in _servers)
        {
            await server.DisposeAsync();
        }

        foreach (var relay in _relays)
        {
            await relay.DisposeAsync();
        }

        if (_postgres is not null)
        {
            await _postgres.DisposeAsync();
        }
    }

    private async Task StartAsync()
    {
        var store = "";
        if (ServerUnderTest.Kind == ServerKind.OrleansZk)
        {
            _postgres = await PostgresServer.StartNewAsync(sync: false);
            store = await _postgres.CreateDatabaseAsync();
        }

        var peers = Enumerable.Range(0, Size).Select(_ => new PeerPorts(FreePorts.Take(), FreePorts.Take())).ToArray();
        _servers = await Task.WhenAll(Enumerable.Range(1, Size).Select(id =>
            ServerProcess.StartNewAsync(ServerUnderTest.Kind, member: Delayed(new EnsembleMember(id, store, peers)))));
    }

    private EnsembleMember Delayed(EnsembleMember member)
    {
        if (Lag == 0)
        {
            return member;
        }

        var relay = new Relay(member.PeerPort, TimeSpan.FromMilliseconds(Lag));
        _relays.Add(relay);
        return member with { AdvertisedPeerPort = relay.Port };
    }
}
