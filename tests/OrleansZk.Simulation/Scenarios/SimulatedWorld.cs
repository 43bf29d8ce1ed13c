using OrleansZk.Core.Replication;
using OrleansZk.Histories;
using OrleansZk.Simulation.Clients;
using OrleansZk.Simulation.Network;
using OrleansZk.Simulation.Sabotages;
using OrleansZk.Simulation.Servers;
using OrleansZk.Simulation.Store;
using OrleansZk.Simulation.World;

namespace OrleansZk.Simulation.Scenarios;

/// <summary>A scenario as it runs: servers, clients, network and store, and what goes wrong with them.</summary>
internal sealed partial class SimulatedWorld : IDisposable
{
    private static readonly TimeSpan Look = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan GetToKnow = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan StopLimit = TimeSpan.FromSeconds(8);

    private readonly Scenario _scenario;
    private readonly ServerFactory _factory;
    private readonly Sabotage? _sabotage;
    private readonly List<ISimulatedServer> _servers = [];
    private bool _isCalm;

    public SimulatedWorld(Scenario scenario, ServerFactory factory, Sabotage? sabotage = null)
    {
        (_scenario, _factory, _sabotage) = (scenario, factory, sabotage);
        Queue = new EventQueue(new Random(scenario.Seed));
        Trace = new Trace(Queue);
        Fabric = new Fabric(Queue, Trace) { Times = scenario.Network };
        Store = new SimulatedStore(Queue, Trace) { Faults = scenario.Store, RemembersItsPast = scenario.Faults.StoreLoss > TimeSpan.Zero };
        History = new History(new SimulatedClock(Queue));
        Peers = new PeerDirectory();
        Exceptions = new ExceptionInjector(Queue, Trace);
    }

    public EventQueue Queue { get; }

    public Trace Trace { get; }

    public Fabric Fabric { get; }

    public PeerDirectory Peers { get; }

    public SimulatedStore Store { get; }

    public History History { get; }

    public IReadOnlyList<ISimulatedServer> Servers => _servers;

    public ExceptionInjector Exceptions { get; }

    /// <summary>What ended servers, but for what the scenario did to them.</summary>
    public List<string> Failures { get; } = [];

    /// <summary>Servers whose state was not their leader's. One that was away for so long that the log does not reach back is no such server.</summary>
    public List<string> Divergences { get; } = [];

    /// <summary>
    /// How much too early a session may expire. A server that is cut off from the leader keeps its clients for two thirds of their timeouts, and what it hears of them
    /// nobody knows.
    /// </summary>
    public TimeSpan ExpiryTolerance =>
        TimeSpan.FromSeconds(1) + (_scenario.Servers == 1 ? TimeSpan.Zero : (_scenario.SessionTimeout * 2 / 3) + TimeSpan.FromMilliseconds(700));

    /// <summary>When the last fault is over, and there is the leader that there is at the end.</summary>
    public TimeSpan QuietSince => Store.ClaimedAt > _scenario.Duration ? Store.ClaimedAt : _scenario.Duration;

    /// <summary>Servers whose process lives at the end, and that do not do what a server is for.</summary>
    public List<string> HalfDead { get; } = [];

    public int MaxNodesPerEnding => _scenario.Server.MaxNodesPerEnding;

    /// <summary>Runs from start to end, on the calling thread.</summary>
    public void Run()
    {
        // Continuations run here and now; a test framework's own context would take them elsewhere.
        SynchronizationContext? context = SynchronizationContext.Current;
        SynchronizationContext.SetSynchronizationContext(null);
        try
        {
            Begin();
            RunUntil(_scenario.Duration);
            CalmDown();
            RunUntil(_scenario.Duration + _scenario.QuietTail);
            foreach (SimulatedClient client in _clients)
            {
                client.LookAtEverything();
            }

            // Clients go from one server to another until one serves them: that is not enough.
            List<SimulatedClient> probes = [.. _servers.Where(server => server.Process.IsAlive).Select(Probe)];
            TimeSpan end = Queue.Time + Look;
            while (!(_clients.TrueForAll(client => client.IsDone) && probes.TrueForAll(probe => probe.IsDone)) && Queue.Step(end))
            {
            }

            HalfDead.AddRange(_servers.Where(server => server.Process.IsAlive).SelectMany(server => server.Stages
                .Where(stage => stage.StalledFor > Look)
                .Select(stage => $"{server.Process.Name} has not moved on with {stage.Name} for {stage.StalledFor}")));
            HalfDead.AddRange(probes.Where(probe => !probe.IsDone).Select(probe =>
                $"server {probe.Process.Name[1..]} lives, and has not served a client by {_scenario.QuietTail + Look} after the last fault"));

            // What the last answers have caused arrives too.
            RunUntil(Queue.Time + TimeSpan.FromSeconds(1));

            // A session of a client that died may have expired this very moment: what the log has must have come to the servers.
            end = Queue.Time + Look;
            while (_servers.Exists(server => server.IsServing && server.Replica!.LastAppliedZxid < Store.End.LastZxid) && Queue.Step(end))
            {
            }

            foreach (string client in _clients.Where(client => !client.IsDone && !HasRefused).Select(client => client.Process.Name))
            {
                Failures.Add($"{client} could not look at the end, {_scenario.QuietTail} after the last fault");
            }
        }
        finally
        {
            SynchronizationContext.SetSynchronizationContext(context);
        }
    }

    /// <summary>Ends a server as kill -9 does, and starts it again after a while.</summary>
    public void Crash(ISimulatedServer server, bool restarts = true)
    {
        if (!server.Process.IsAlive)
        {
            return;
        }

        Trace.Add("crashes", server.Process.Name);
        _sabotage?.OnCrash(this);
        server.Process.Kill();
        Fabric.OnDied(server.Process);
        server.OnKilled();
        if (!restarts)
        {
            return;
        }

        Queue.Schedule(TimeSpan.FromMilliseconds(Queue.Random.Next(_isCalm ? 100 : 1500)), null, () =>
        {
            if (!server.Process.IsAlive)
            {
                Start(server);
            }
        });
    }

    /// <summary>Asks a server to end, as SIGTERM does, and starts it again after a while.</summary>
    public void Stop(ISimulatedServer server)
    {
        if (!server.IsServing || server.IsStopping)
        {
            return;
        }

        Trace.Add("stops", server.Process.Name);
        int generation = server.Process.Generation;
        server.Stop(() => Queue.ScheduleAt(Queue.Now, server.Process, generation, () =>
        {
            Trace.Add("has stopped", server.Process.Name);
            Crash(server);
        }));

        // Whoever asked has no more patience than that.
        Queue.Schedule(StopLimit, null, () =>
        {
            if (server.Process.Generation == generation)
            {
                Trace.Add("does not stop", server.Process.Name);
                Crash(server);
            }
        });
    }

    /// <summary>Asks the leader, if there is one, to hand over.</summary>
    /// <param name="to">To nobody by name when it is the leader itself.</param>
    public void Transfer(int to)
    {
        if (_servers.OfType<MemberServer>().FirstOrDefault(server => server.Member?.Leader is not null && !server.Process.IsPaused) is { } leader)
        {
            Trace.Add("is to transfer", leader.Process.Name, to);
            leader.Transfer(to == leader.Id ? null : to);
        }
    }

    /// <summary>A server has committed a group, and crashes or hangs before it hears so.</summary>
    public void StrikeAtCommit(SimulatedProcess process)
    {
        ISimulatedServer server = _servers.Single(server => server.Process == process);
        Trace.Add("struck at its commit", process.Name);
        if (Queue.Random.Next(2) == 0)
        {
            Crash(server);
        }
        else
        {
            Pause(server);
        }
    }

    public void Dispose()
    {
        foreach (ISimulatedServer server in _servers)
        {
            server.Dispose();
        }
    }

    private void Begin()
    {
        var options = new ServerSurroundings(Queue, Trace, Store, _scenario.Server, OnFailed) { OnReload = OnReload, OnFaultPoint = Exceptions.Pass };
        for (int id = 1; id <= _scenario.Servers; id++)
        {
            ISimulatedServer server = _factory(this, options, id);
            server.Process.Skew = _scenario.MaxSkew * ((Queue.Random.NextDouble() * 2) - 1);
            _servers.Add(server);
            if (id <= _scenario.StartedServers)
            {
                Start(server);
            }
        }

        _sabotage?.Begin(this);
        for (int i = 0; i < _scenario.Clients; i++)
        {
            AddClient();
        }

        foreach (Adversary adversary in _scenario.Adversaries)
        {
            AddAdversary(adversary);
        }

        var faults = new FaultInjector(this, _scenario);
        faults.Begin();
    }

    public void Start(ISimulatedServer server)
    {
        Trace.Add("starts", server.Process.Name);
        server.Process.Start();
        server.Start();
    }

    /// <summary>Cuts a host, or one direction, off from some others for a while.</summary>
    public void Partition()
    {
        List<int> hosts = [.. _servers.Select(server => server.Process.Host), .. _clients.Select(client => client.Process.Host)];
        int victim = hosts[Queue.Random.Next(hosts.Count)];
        bool inward = Queue.Random.Next(3) > 0;
        bool outward = !inward || Queue.Random.Next(2) == 0;
        foreach (int other in hosts.Where(_ => Queue.Random.Next(3) > 0))
        {
            if (inward)
            {
                Fabric.Cut(other, victim);
            }

            if (outward)
            {
                Fabric.Cut(victim, other);
            }
        }

        Queue.Schedule(TimeSpan.FromMilliseconds(Queue.Random.Next(100, 6000)), null, Fabric.Heal);
    }

    /// <summary>Cuts a server off from the others and from the store, but not from clients.</summary>
    public void Isolate(ISimulatedServer server, TimeSpan time)
    {
        if (!_servers.TrueForAll(other => Store.JoinedAt.TryGetValue(other.Id, out TimeSpan joinedAt) && Queue.Time - joinedAt > GetToKnow))
        {
            // A leader cannot reckon with a server that comes for the first time while it is cut off.
            return;
        }

        Trace.Add("isolated ms", server.Process.Name, (long)time.TotalMilliseconds);
        Store.CutOff(server.Process, time);
        foreach (ISimulatedServer other in _servers)
        {
            Fabric.Cut(server.Process.Host, other.Process.Host);
            Fabric.Cut(other.Process.Host, server.Process.Host);
        }

        Queue.Schedule(time, null, Fabric.Heal);
    }

    public void Pause(ISimulatedServer server)
    {
        if (!server.Process.IsAlive || server.Process.IsPaused)
        {
            return;
        }

        Trace.Add("pauses", server.Process.Name);
        server.Process.Pause();
        Queue.Schedule(TimeSpan.FromMilliseconds(Queue.Random.Next(50, 6000)), null, () => Resume(server));
    }

    public void Resume(ISimulatedServer server)
    {
        if (server.Process.IsPaused)
        {
            Trace.Add("resumes", server.Process.Name);
            server.Process.Resume();
        }
    }

    private void CalmDown()
    {
        Trace.Add("all is calm", "world");
        _isCalm = true;
        Store.Faults = StoreFaults.None;
        Store.ComeBack();
        Store.AtNextCommit = null;
        Exceptions.Disarm();
        Fabric.Heal();
        Fabric.Times = new NetworkTimes { SlowPerMille = 0 };
        foreach (ISimulatedServer server in _servers)
        {
            Resume(server);
        }

        foreach (SimulatedClient client in _clients)
        {
            client.BeQuiet();
            if (client is { IsAdversary: true, Process.IsAlive: true } && Queue.Random.Next(2) == 0)
            {
                // All that it owns expires.
                Kill(client);
            }
        }
    }

    private void RunUntil(TimeSpan end)
    {
        while (Queue.Step(end))
        {
        }
    }

    private void OnReload(ISimulatedServer server, string reason)
    {
        if (!reason.Contains("the log no longer holds", StringComparison.Ordinal) && !reason.Contains(InjectedFaultException.Mark, StringComparison.Ordinal))
        {
            Divergences.Add($"{server.Process.Name} at {Queue.Time.TotalSeconds:F4}: {reason}");
        }
    }

    private void OnFailed(ISimulatedServer server, int generation, Exception failure)
    {
        if (_sabotage is { IgnoresFailures: true })
        {
            return;
        }

        if (InjectedFaultException.IsCauseOf(failure))
        {
            Trace.Add("ends for an exception", server.Process.Name);
        }
        else if (IsRefusal(failure))
        {
            Trace.Add("refuses", server.Process.Name);
        }
        else if (failure is not (LeaderFencedException or StoreUnavailableException))
        {
            Failures.Add($"{server.Process.Name} at {Queue.Time.TotalSeconds:F4}: {failure}");
            Trace.Add("fails", server.Process.Name);
        }

        // Not from within: whoever failed may hold a lock.
        Queue.ScheduleAt(Queue.Now, server.Process, generation, () => Crash(server, restarts: failure is not LeaderFencedException || _scenario.RestartsFenced));
    }
}

/// <summary>Builds a server; <paramref name="world"/> has network and store.</summary>
internal delegate ISimulatedServer ServerFactory(SimulatedWorld world, ServerSurroundings surroundings, int id);
