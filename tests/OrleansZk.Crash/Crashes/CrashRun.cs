using System.Globalization;
using OrleansZk.Crash.Histories;
using OrleansZk.Crash.Tools;

namespace OrleansZk.Crash.Crashes;

/// <summary>Rounds of load, violent end, restart and check, on one data folder.</summary>
internal sealed class CrashRun : IAsyncDisposable
{
    private const int Workers = 4;

    private readonly Random _random;
    private readonly ServerProcess _server;
    private readonly History _history = new();
    private readonly HistoryChecker _checker = new(Layout.Together);
    private readonly WireClient?[] _clients = new WireClient?[Workers];
    private readonly Dictionary<Ending, int> _endings = [];
    private Snapshot _snapshot = new(0, new Dictionary<string, Found>());
    private int _connections;
    private long _acknowledged;
    private long _unanswered;

    public CrashRun(int seed)
    {
        _random = new Random(seed);
        _server = new ServerProcess(new Dictionary<string, string>
        {
            ["MaxClientConnections"] = "0",
            ["TickTime"] = "200",
            ["MaxSessionTimeout"] = "120000",
        });
    }

    public string Summary => string.Create(
        CultureInfo.InvariantCulture,
        $"{_acknowledged} writes acknowledged, {_unanswered} unanswered; {string.Join(", ", _endings.OrderBy(pair => pair.Key).Select(pair => $"{pair.Key} {pair.Value}"))}; {_snapshot.Nodes.Count} nodes in the end");

    /// <summary>Starts the first time, and lays the nodes out that the clients work on.</summary>
    public async Task BeginAsync(Ending first)
    {
        await _server.StartAsync(RandomSettings(first));
        for (int i = 0; i < Workers; i++)
        {
            _clients[i] = await WireClient.ConnectAsync(_server.Port, Visitors.LongTimeout);
        }

        foreach (string path in Layout.Fixed(Workers))
        {
            (await _clients[0]!.CreateAsync(path, "w0")).Error.ShouldBe(ErrorCode.Ok);
        }

        _snapshot = await Observer.ReadAllAsync(_clients[0]!);
        _checker.Begin(_snapshot);
    }

    /// <summary>Load, end, restart, check.</summary>
    /// <param name="next">How the round after this one ends: there must be no checkpoint of what its log will lose.</param>
    /// <returns>What is wrong; after that the run is over.</returns>
    public async Task<IReadOnlyList<string>> RoundAsync(Ending ending, Ending next)
    {
        _endings[ending] = _endings.GetValueOrDefault(ending) + 1;
        var visitors = new Visitors(_server.Port, _history, NextConnection, new Random(_random.Next()));
        Worker[] workers = [.. Enumerable.Range(0, Workers).Select(NewWorker)];
        Task visiting = Task.Run(visitors.RunAsync);
        Task working = Task.WhenAll(workers.Select(worker => Task.Run(worker.RunAsync)));
        await EndAsync(ending, workers, visitors, Task.WhenAll(working, visiting));
        await Task.WhenAll(working, visiting).WaitAsync(TimeSpan.FromSeconds(60));
        foreach (Worker worker in workers)
        {
            worker.Dispose();
        }

        await RestartAsync(ending, next);
        WireSession[] sessions = await ResumeAsync(visitors);
        _snapshot = await Observer.ReadAllAsync(_clients[0]!);
        Round round = _history.TakeRound();
        _acknowledged += round.Writes.Count(write => write.Outcome == Outcome.Done);
        _unanswered += round.Writes.Count(write => write.Outcome == Outcome.Unknown);
        IReadOnlyList<string> faults = _checker.Check(round, _snapshot);
        if (faults.Count == 0)
        {
            await SeeOffAsync(visitors, sessions);
        }

        return faults;
    }

    /// <summary>Keeps the data folder, and says where it is and what the server has said.</summary>
    public void KeepEvidence()
    {
        _server.KeepFolder = true;
        TestRun.Print($"data folder kept: {_server.DataFolder}");
        TestRun.Print(_server.Log.Tail(120));
    }

    public async ValueTask DisposeAsync()
    {
        foreach (WireClient? client in _clients)
        {
            if (client is not null)
            {
                await client.DisposeAsync();
            }
        }

        await _server.DisposeAsync();
    }

    /// <summary>Ends the server for good, in order.</summary>
    public async Task EndAsync()
    {
        (await _server.TerminateAsync()).ShouldBe(0, _server.Log.Tail());
        _server.Log.Alarms().ShouldBeEmpty();
    }

    private int NextConnection() => Interlocked.Increment(ref _connections);

    private Worker NewWorker(int number)
    {
        WireClient client = _clients[number]!;
        IEnumerable<string> disposable = _snapshot.Nodes
            .Where(node => Layout.IsDisposable(node.Key, number) || node.Value.Stat.EphemeralOwner == client.Session.Id)
            .Select(node => node.Key);
        return new Worker(number, new RecordingClient(NextConnection(), client, _history), new Random(_random.Next()), disposable);
    }

    private Dictionary<string, string> RandomSettings(Ending next) => new()
    {
        ["CheckpointTransactions"] = next is Ending.CutTail or Ending.LoseTail ? "1000000" : _random.Next(50, 500).ToString(CultureInfo.InvariantCulture),
        ["LogSegmentBytes"] = ((1 << 20) + _random.Next(1 << 20)).ToString(CultureInfo.InvariantCulture),
    };

    private async Task EndAsync(Ending ending, Worker[] workers, Visitors visitors, Task everybody)
    {
        TimeSpan moment = TimeSpan.FromMilliseconds(_random.Next(20, 800));
        switch (ending)
        {
            case Ending.KillAtCheckpoint:
                await WaitForCheckpointAsync();
                await _server.KillAsync();
                break;
            case Ending.Terminate:
                await Task.Delay(moment);
                visitors.Stop();
                (await _server.TerminateAsync()).ShouldBe(0, _server.Log.Tail());
                break;
            case Ending.LoseTail:
                (string fileBefore, long endBefore) = LogTail.Find(_server);
                await Task.Delay(moment + moment);
                await _server.KillAsync();
                (string file, long end) = LogTail.Find(_server);
                long from = file == fileBefore ? endBefore : LogTail.FirstRecord;
                LogTail.Cut(file, (from + end) / 2, zeros: true);
                break;
            case Ending.CutTail:
                await Task.Delay(moment);
                visitors.Stop();
                Array.ForEach(workers, worker => worker.Stop());
                await everybody.WaitAsync(TimeSpan.FromSeconds(60));
                await CutTailAsync();
                break;
            default:
                await Task.Delay(moment);
                await _server.KillAsync();
                break;
        }

        visitors.Stop();
        if (ending == Ending.Garbage)
        {
            LogTail.AppendGarbage(_server, _random);
        }
    }

    /// <summary>Waits until SQLite has begun to write, and a little into it.</summary>
    private async Task WaitForCheckpointAsync()
    {
        string file = Path.Combine(_server.DataFolder, "data", "checkpoint.db-wal");
        (long, DateTime) Look() => File.Exists(file) ? (new FileInfo(file).Length, File.GetLastWriteTimeUtc(file)) : default;
        (long, DateTime) before = Look();
        var limit = Deadline.In(TimeSpan.FromSeconds(10));
        while (Look() == before && !limit.HasPassed)
        {
            await Task.Yield();
        }

        await Task.Delay(_random.Next(4));
    }

    private async Task CutTailAsync()
    {
        (string fileBefore, long endBefore) = LogTail.Find(_server);
        await UnheardWriter.SendAsync(_server.Port, _clients[0]!.Session, NextConnection(), _history, 50 + _random.Next(400));
        await Task.Delay(_random.Next(1, 60));
        await _server.KillAsync();
        (string file, long end) = LogTail.Find(_server);
        long from = file == fileBefore ? endBefore : LogTail.FirstRecord;
        LogTail.Cut(file, from + _random.NextInt64(Math.Max(1, end - from + 1)), zeros: _random.Next(2) == 0);
    }

    private async Task RestartAsync(Ending ending, Ending next)
    {
        if (ending == Ending.KillWhileStarting)
        {
            for (int i = 1 + _random.Next(3); i > 0; i--)
            {
                _server.Launch(RandomSettings(next));
                await Task.Delay(_random.Next(700));
                await _server.KillAsync();
            }
        }

        await _server.StartAsync(RandomSettings(next));
        bool wasCut = _server.Log.SinceStart.Contains("of an unfinished record off", StringComparison.Ordinal);
        if (ending is Ending.Terminate or Ending.Garbage)
        {
            wasCut.ShouldBe(ending == Ending.Garbage, _server.Log.Tail());
        }
    }

    /// <summary>Resumes every session that has a right to it.</summary>
    /// <returns>Those that visitors had, and that are to be closed.</returns>
    private async Task<WireSession[]> ResumeAsync(Visitors visitors)
    {
        for (int i = 0; i < Workers; i++)
        {
            WireSession session = _clients[i]!.Session;
            await _clients[i]!.DisposeAsync();
            _clients[i] = await WireClient.ConnectAsync(_server.Port, Visitors.LongTimeout, session);
            _clients[i]!.KeepAlive(TimeSpan.FromSeconds(5));
        }

        var resumed = new List<WireSession>();
        foreach (WireSession session in visitors.Kept)
        {
            await using WireClient client = await WireClient.ConnectAsync(_server.Port, Visitors.LongTimeout, session);
            resumed.Add(session);
        }

        foreach (WireSession session in visitors.Closing)
        {
            try
            {
                await using WireClient client = await WireClient.ConnectAsync(_server.Port, Visitors.LongTimeout, session);
                _history.SetFate(session.Id, Fate.Kept);
                resumed.Add(session);
            }
            catch (KeeperException e) when (e.Code == ErrorCode.SessionExpired)
            {
                _history.SetFate(session.Id, Fate.Gone);
            }
        }

        return [.. resumed];
    }

    /// <summary>Closes the visitors' sessions, waits for the others to expire, and sees that they take along what is theirs.</summary>
    private async Task SeeOffAsync(Visitors visitors, WireSession[] sessions)
    {
        foreach (WireSession session in sessions)
        {
            WireClient client = await WireClient.ConnectAsync(_server.Port, Visitors.LongTimeout, session);
            string path = string.Create(CultureInfo.InvariantCulture, $"{Layout.Ephemerals}/resumed-{session.Id:x}");
            (await client.CreateAsync(path, mode: CreateMode.Ephemeral)).ReadPathAndStat().Stat.EphemeralOwner.ShouldBe(session.Id);
            (await client.CloseSessionAsync()).Error.ShouldBe(ErrorCode.Ok);
            _history.SetFate(session.Id, Fate.Gone);
            (await _clients[0]!.ExistsAsync(path)).Error.ShouldBe(ErrorCode.NoNode);
        }

        HashSet<long> left = [.. visitors.Left.Select(session => session.Id)];
        await Deadline.WaitUntilAsync(
            async () => (await Observer.ReadAllAsync(_clients[0]!)).Nodes.Values.All(node => !left.Contains(node.Stat.EphemeralOwner)),
            "the end of sessions that nobody resumes");
        foreach (long session in left)
        {
            _history.SetFate(session, Fate.Gone);
        }
    }
}
