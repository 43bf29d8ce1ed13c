using System.Globalization;

namespace OrleansZk.Ensemble.Clusters;

/// <summary>One server of an ensemble, in a process of its own.</summary>
internal sealed class ClusterServer : IAsyncDisposable
{
    private readonly ServerProcess _process;
    private bool _isSuspended;

    /// <param name="id">Null lets the server draw one.</param>
    /// <param name="settings">Beyond those that make it a member.</param>
    /// <param name="proxied">True puts a <see cref="PeerProxy"/> before its peer port.</param>
    /// <param name="dataFolder">Null for one of its own.</param>
    public ClusterServer(
        string connectionString, int? id, IReadOnlyDictionary<string, string>? settings = null, bool proxied = false, string? dataFolder = null)
    {
        Id = id ?? -1;
        int peerPort = FreePorts.Take();
        var all = new Dictionary<string, string>
        {
            ["Ensemble"] = connectionString,
            ["ServerId"] = Id.ToString(CultureInfo.InvariantCulture),
            ["PeerAddress"] = "127.0.0.1",
            ["PeerPort"] = peerPort.ToString(CultureInfo.InvariantCulture),
            ["AdvertisedHost"] = "127.0.0.1",
            ["MaxClientConnections"] = "0",
        };
        if (proxied)
        {
            Proxy = new PeerProxy(peerPort);
            all["AdvertisedPeerPort"] = Proxy.Port.ToString(CultureInfo.InvariantCulture);
        }

        foreach ((string name, string value) in settings ?? new Dictionary<string, string>())
        {
            all[name] = value;
        }

        _process = new ServerProcess(all, dataFolder);
        PeerPort = Proxy?.Port ?? (ServerBinary.IsSilo ? _process.SiloPort : peerPort);
    }

    public int Id { get; }

    public string Name => $"server {Id}";

    public int Port => _process.Port;

    public int AdminPort => _process.AdminPort;

    /// <summary>Where the other servers reach it.</summary>
    public int PeerPort { get; }

    public PeerProxy? Proxy { get; }

    public string DataFolder => _process.DataFolder;

    public ServerLog Log => _process.Log;

    public int? ExitCode => _process.ExitCode;

    public bool IsRunning => _process.IsRunning;

    public bool IsSuspended => _isSuspended;

    public int ProcessId => _process.ProcessId;

    public Task<ServerReport?> ReportAsync() => ServerReport.AskAsync(Port);

    public async Task<bool> IsAsync(string mode) => (await ReportAsync())?.Mode == mode;

    /// <summary>Connects a client and shakes hands.</summary>
    /// <param name="follows">The client whose session goes on; null for a new one.</param>
    public Task<WireClient> ConnectAsync(int timeout = 10_000, WireClient? follows = null, bool canBeReadOnly = false) => WireClient.ConnectAsync(
        Port, timeout, follows?.Session, follows?.LastZxid ?? 0, canBeReadOnly, TestContext.Current.CancellationToken).InTimeAsync();

    /// <summary>Starts the process and does not wait for anything.</summary>
    /// <param name="overrides">Settings for this start only.</param>
    public void Launch(IReadOnlyDictionary<string, string>? overrides = null) => _process.Launch(overrides);

    /// <summary>Starts the process and waits until it serves.</summary>
    public Task StartAsync() => _process.StartAsync();

    public Task WaitUntilReadyAsync() => _process.WaitUntilReadyAsync();

    public Task KillAsync()
    {
        _isSuspended = false;
        return _process.KillAsync();
    }

    public Task<int> TerminateAsync() => _process.TerminateAsync();

    public void Suspend()
    {
        _isSuspended = true;
        _process.Suspend();
    }

    public void Continue()
    {
        _isSuspended = false;
        _process.Continue();
    }

    /// <summary>Waits until the process has ended by itself.</summary>
    public Task WaitForEndAsync() => Deadline.WaitUntilAsync(() => !IsRunning, $"the end of {Name}");

    public override string ToString() => Name;

    public async ValueTask DisposeAsync()
    {
        await _process.DisposeAsync();
        if (Proxy is not null)
        {
            await Proxy.DisposeAsync();
        }
    }
}
