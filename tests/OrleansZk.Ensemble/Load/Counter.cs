using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace OrleansZk.Ensemble.Load;

/// <summary>A client that counts: its n-th write makes version n of its node, no matter what happens to the servers, or something is lost or applied twice.</summary>
/// <param name="home">The server that it stays with for as long as that serves it.</param>
internal sealed class Counter(Cluster cluster, ClusterServer home, string path)
{
    private const int Depth = 4;
    private const int SessionTimeout = 20_000;

    private readonly ConcurrentQueue<string> _faults = new();
    private readonly ConcurrentQueue<string> _losses = new();
    private readonly List<long> _times = [];
    private readonly Lock _gate = new();
    private WireClient? _client;
    private WireSession? _session;
    private Task _running = Task.CompletedTask;
    private volatile int _acknowledged;
    private volatile bool _isStopping;
    private int _sent;

    public ClusterServer Home => home;

    public string Path => path;

    /// <summary>Writes that were acknowledged, or found applied after a lost connection.</summary>
    public int Acknowledged => _acknowledged;

    /// <summary>What must never happen: errors, writes lost or applied twice.</summary>
    public IReadOnlyCollection<string> Faults => _faults;

    /// <summary>Connections that were lost.</summary>
    public IReadOnlyCollection<string> Losses => _losses;

    /// <summary>When writes were acknowledged, in <see cref="Stopwatch"/> ticks.</summary>
    public long[] Times
    {
        get
        {
            lock (_gate)
            {
                return [.. _times];
            }
        }
    }

    public async Task StartAsync()
    {
        _client = await WireClient.ConnectAsync(home.Port, SessionTimeout);
        _session = _client.Session;
        _client.KeepAlive(TimeSpan.FromSeconds(3));
        (await _client.CreateAsync(path, "0")).ThrowIfError();
        _running = Task.Run(RunAsync);
    }

    /// <summary>Sends nothing new, and waits for the answers that are due.</summary>
    public async Task StopAsync()
    {
        _isStopping = true;
        await _running.WaitAsync(TimeSpan.FromSeconds(90));
        if (_client is { IsConnected: true } client)
        {
            await client.CloseSessionAsync();
        }
    }

    /// <summary>Looks at the node on a server, after everything that was acknowledged.</summary>
    public async Task<string?> LookAsync(WireClient client)
    {
        (byte[]? data, Stat stat) = (await client.GetDataAsync(path)).ReadDataAndStat();
        return stat.Version == _acknowledged && Text(data) == Text(_acknowledged)
            ? null
            : $"{path} has version {stat.Version} and data '{Text(data)}', but {_acknowledged} writes were acknowledged";
    }

    private async Task RunAsync()
    {
        var answers = new Queue<(int Number, Task<WireReply> Answer)>();
        while (true)
        {
            while (answers.Count < Depth && !_isStopping)
            {
                int number = ++_sent;
                answers.Enqueue((number, _client!.SetDataAsync(path, Text(number))));
            }

            if (answers.Count == 0)
            {
                return;
            }

            (int next, Task<WireReply> answer) = answers.Dequeue();
            try
            {
                Acknowledge(next, await answer);
            }
            catch (WireConnectionLostException e)
            {
                _losses.Enqueue(e.Message);
                answers.Clear();
                if (!await ReconnectAsync())
                {
                    return;
                }
            }
            catch (WireProtocolException e)
            {
                _faults.Enqueue($"{path}: {e.Message}");
                return;
            }
        }
    }

    private void Acknowledge(int number, WireReply reply)
    {
        if (!reply.IsOk)
        {
            _faults.Enqueue($"{path}: write {number} was answered {reply.Error}");
        }
        else if (reply.ReadStat() is { } stat && stat.Version != number)
        {
            _faults.Enqueue($"{path}: write {number} made version {stat.Version}");
        }

        lock (_gate)
        {
            _times.Add(Stopwatch.GetTimestamp());
        }

        _acknowledged = number;
    }

    /// <summary>Goes on with the session on whichever server takes it, and finds out what became of the writes without an answer.</summary>
    private async Task<bool> ReconnectAsync()
    {
        var limit = Deadline.In(TimeSpan.FromSeconds(60));
        for (int turn = home.Id; !limit.HasPassed; turn++)
        {
            ClusterServer server = cluster.Servers[turn % cluster.Servers.Count];
            try
            {
                using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(8));
                WireClient client = await WireClient.ConnectAsync(
                    server.Port, SessionTimeout, _session, _client!.LastZxid, cancellationToken: patience.Token);
                (byte[]? data, Stat stat) = (await client.GetDataAsync(path).WaitAsync(patience.Token)).ReadDataAndStat();
                if (stat.Version < _acknowledged || stat.Version > _sent || Text(data) != Text(stat.Version))
                {
                    _faults.Enqueue($"{path}: version {stat.Version} with '{Text(data)}' after {_acknowledged} acknowledged and {_sent} sent");
                }

                await _client.DisposeAsync();
                _client = client;
                _client.KeepAlive(TimeSpan.FromSeconds(3));
                _acknowledged = _sent = stat.Version;
                return true;
            }
            catch (Exception e) when (e is WireConnectionLostException or OperationCanceledException)
            {
                await Task.Delay(50);
            }
            catch (KeeperException e)
            {
                _faults.Enqueue($"{path}: the session could not go on: {e.Message}");
                return false;
            }
        }

        _faults.Enqueue($"{path}: no server took the session");
        return false;
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);

    private static string Text(byte[]? data) => data is null ? "" : Encoding.UTF8.GetString(data);
}
