using Microsoft.Extensions.Logging.Abstractions;
using OrleansZk.Core.Replication;
using OrleansZk.Core.Sessions;
using OrleansZk.Simulation.Scenarios;
using OrleansZk.Simulation.Store;
using OrleansZk.Simulation.World;
using OrleansZk.TestKit.Engine;

namespace OrleansZk.Simulation.Servers;

/// <summary>A server that leads itself: the engine composed by hand, on the shared store.</summary>
internal sealed class SoloServer(ServerSurroundings world, int id) : ISimulatedServer
{
    private readonly LeaderOptions _options = world.Options.Leader;
    private SessionClock? _sessions;
    private Checkpointer? _checkpointer;
    private Leader? _leader;
    private bool _isCheckpointing;
    private bool _hasEndedDuties;
    private long _incarnation;

    public int Id => id;

    public SimulatedProcess Process { get; } = new(world.Queue, $"server{id}", id);

    public bool IsServing { get; private set; }

    public bool IsStopping { get; private set; }

    public Replica? Replica { get; private set; }

    public IReadOnlyList<Progress> Stages => _leader?.Stages ?? [];

    public void Start()
    {
        var clock = new SimulatedClock(world.Queue, Process);
        _incarnation = Math.Max(_incarnation + 1, clock.GetUtcNow().ToUnixTimeMilliseconds());
        _ = StartAsync(clock, Process.Generation);
    }

    public void Stop(Action stopped)
    {
        IsServing = false;
        IsStopping = true;
        _ = StopAsync(Replica!, stopped);
    }

    public void OnKilled()
    {
        IsServing = IsStopping = false;
        Replica?.Dispose();
        _checkpointer?.Dispose();
        (Replica, _checkpointer, _leader) = (null, null, null);
        _isCheckpointing = _hasEndedDuties = false;
    }

    public void Dispose() => OnKilled();

    private async Task StartAsync(SimulatedClock clock, int generation)
    {
        try
        {
            var log = new SimulatedLog(world.Store, Process, id, _incarnation);
            var checkpoints = new SimulatedCheckpointStore(world.Store, Process);
            var scheduler = new SimulatedScheduler(world.Queue, Process);
            EnsembleRecord record = await checkpoints.OpenAsync(CancellationToken.None).ConfigureAwait(false);
            LogPosition before = await log.OpenAsync(CancellationToken.None).ConfigureAwait(false);
            long epoch = await log.ClaimEpochAsync(before.Epoch, CancellationToken.None).ConfigureAwait(false);

            // Only now nobody else can append: what is read from here on is all there is.
            LogPosition end = await log.OpenAsync(CancellationToken.None).ConfigureAwait(false);
            var replica = new Replica(
                new ReplicaIdentity(id, _incarnation), world.Options.Limits, EngineSettings.Access(skip: false), new SessionPassword(record.Secret),
                clock, scheduler, new TraceLogger<Replica>(world.Trace, Process.Name));
            CheckpointHeader? loaded = await new Recovery(log, checkpoints, NullLogger<Recovery>.Instance)
                .LoadAsync(replica, end, CancellationToken.None).ConfigureAwait(false);
            var leader = new Leader(
                replica, log, EngineSettings.Access(skip: false), _options, clock, scheduler, new TraceLogger<Leader>(world.Trace, Process.Name), epoch,
                firstCounter: world.Options.FirstCounter);
            replica.Faults = new FaultPoints(point => world.OnFaultPoint(this, point));
            leader.Failed += failure => world.OnFailed(this, generation, failure);
            _sessions = new SessionClock(replica, _options.TickTime, clock, NullLogger.Instance);
            replica.SetLeader(leader);
            _checkpointer = new Checkpointer(
                replica, log, checkpoints, new CheckpointOptions { Transactions = world.Options.CheckpointEvery, RetryAfter = TimeSpan.Zero }, NullLogger<Checkpointer>.Instance, loaded);
            (Replica, _leader, IsServing) = (replica, leader, true);
            world.Trace.Add("serves from", Process.Name, replica.LastAppliedZxid);
            var tick = TimeSpan.FromMilliseconds(_options.TickTime / 2.0);
            clock.CreateTimer(_ => Tick(), null, tick, tick);
        }
#pragma warning disable CA1031 // Whatever it is, a process that cannot start ends.
        catch (Exception e)
#pragma warning restore CA1031
        {
            world.OnFailed(this, generation, e);
        }
    }

    private async Task StopAsync(Replica replica, Action stopped)
    {
        await OrderlyEnd.WaitUntilAnsweredAsync(replica, new SimulatedClock(world.Queue, Process)).ConfigureAwait(false);
        stopped();
    }

    private void Tick()
    {
        if (_hasEndedDuties || world.Options.ForgetsDuties)
        {
            return;
        }

        try
        {
            DoDuties();
        }
        catch (InjectedFaultException)
        {
            // As in a server's host: logged, and tried again.
            world.Trace.Add("duty failed", Process.Name);
            _hasEndedDuties = world.Options.EndsDutiesThatFail;
        }
    }

    private void DoDuties()
    {
        if (!world.Options.IgnoresActivity)
        {
            Replica!.ReportActivity();
        }

        _sessions!.Tick(_leader);
        Replica!.DropLate(world.Options.LateAfter);
        if (!_isCheckpointing)
        {
            _ = CheckpointAsync();
        }
    }

    private async Task CheckpointAsync()
    {
        _isCheckpointing = true;
        try
        {
            await _checkpointer!.CheckpointIfDueAsync(CancellationToken.None).ConfigureAwait(false);
        }
        catch (Exception e) when (e is CheckpointException or StoreUnavailableException)
        {
            world.Trace.Add("checkpoint failed", Process.Name);
        }

        _isCheckpointing = false;
    }
}

/// <summary>How the servers of a world are set up.</summary>
internal sealed record ServerOptions
{
    /// <summary>Milliseconds.</summary>
    public int TickTime { get; init; } = 500;

    /// <summary>Time for a handshake, and for reading the last answers.</summary>
    public TimeSpan LateAfter { get; init; } = TimeSpan.FromSeconds(3);

    public ReplicaLimits Limits { get; init; } = new() { MinSessionTimeout = 1000, MaxSessionTimeout = 10_000, DrainTimeout = TimeSpan.FromSeconds(3) };

    /// <summary>Transactions between checkpoints.</summary>
    public int CheckpointEvery { get; init; } = 40;

    /// <summary>Bytes from which on a group takes no more.</summary>
    public int MaxGroupBytes { get; init; } = new LeaderOptions().MaxGroupBytes;

    /// <summary>Nodes that one transaction deletes when a session ends: few, so that ends go in parts.</summary>
    public int MaxNodesPerEnding { get; init; } = new LeaderOptions().MaxNodesPerEnding;

    /// <summary>Bytes of one transaction.</summary>
    public int MaxTransactionBytes { get; init; } = new LeaderOptions().MaxTransactionBytes;

    public int MaxEphemeralsPerSession { get; init; } = new LeaderOptions().MaxEphemeralsPerSession;

    /// <summary>Bytes of the paths of a session's ephemerals.</summary>
    public long MaxEphemeralBytesPerSession { get; init; } = new LeaderOptions().MaxEphemeralBytesPerSession;

    public LeaderOptions Leader => new()
    {
        TickTime = TickTime,
        MaxGroupBytes = MaxGroupBytes,
        MaxNodesPerEnding = MaxNodesPerEnding,
        MaxTransactionBytes = MaxTransactionBytes,
        MaxEphemeralsPerSession = MaxEphemeralsPerSession,
        MaxEphemeralBytesPerSession = MaxEphemeralBytesPerSession,
    };

    /// <summary>Every epoch's counter to begin after: near its end, epochs are used up.</summary>
    public uint FirstCounter { get; init; }

    /// <summary>Bytes of committed groups that a leader keeps in memory: few, so that followers need the log too.</summary>
    public long HistoryBytes { get; init; } = 4096;

    /// <summary>Without a leader for so long, a server serves reads alone.</summary>
    public TimeSpan ReadOnlyAfter { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>A fault for the checker to find: sessions expire whatever their clients do.</summary>
    public bool IgnoresActivity { get; init; }

    /// <summary>Another: what a server does at every tick has ended, and nobody was told.</summary>
    public bool ForgetsDuties { get; init; }

    /// <summary>Another: a duty ends when it has failed once.</summary>
    public bool EndsDutiesThatFail { get; init; }

    /// <summary>Another: a server counts its requests, connections and sessions from the beginning again, as the very incarnation that it was.</summary>
    public bool KeepsIncarnation { get; init; }
}

/// <summary>What servers need of the world they are in.</summary>
/// <param name="OnFailed">Takes what ended a server's incarnation: its process is killed and started again.</param>
internal sealed record ServerSurroundings(
    EventQueue Queue, Trace Trace, SimulatedStore Store, ServerOptions Options, Action<ISimulatedServer, int, Exception> OnFailed)
{
    /// <summary>Hears why a server takes its state from the store again.</summary>
    public required Action<ISimulatedServer, string> OnReload { get; init; }

    /// <summary>Hears of each point at which a server may throw, and may throw there.</summary>
    public required Action<ISimulatedServer, FaultPoint> OnFaultPoint { get; init; }
}
