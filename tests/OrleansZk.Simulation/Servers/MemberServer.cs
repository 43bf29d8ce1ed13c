using System.Globalization;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using OrleansZk.Core.Ensemble;
using OrleansZk.Core.Replication;
using OrleansZk.Core.Sessions;
using OrleansZk.Simulation.Network;
using OrleansZk.Simulation.Scenarios;
using OrleansZk.Simulation.Store;
using OrleansZk.Simulation.World;
using OrleansZk.TestKit.Engine;

namespace OrleansZk.Simulation.Servers;

/// <summary>A member of an ensemble: what a server process is made of, on simulated ports.</summary>
internal sealed class MemberServer(ServerSurroundings world, Fabric fabric, PeerDirectory directory, int id) : ISimulatedServer
{
    // As in a real server's host.
    private static readonly TimeSpan HandOverLimit = TimeSpan.FromSeconds(3);

    private readonly LeaderOptions _options = world.Options.Leader;
    private SessionClock? _sessions;
    private readonly string _address = string.Create(CultureInfo.InvariantCulture, $"server{id}:2888");
    private Checkpointer? _checkpointer;
    private Leader? _leader;
    private bool _isCheckpointing;
    private bool _hasEndedDuties;
    private long _incarnation;

    // On the server's disk: it outlives the process.
    private LogMark? _mark;

    public int Id => id;

    public SimulatedProcess Process { get; } = new(world.Queue, $"server{id}", id);

    public bool IsServing { get; private set; }

    public bool IsStopping { get; private set; }

    public Replica? Replica { get; private set; }

    public Member? Member { get; private set; }

    public IReadOnlyList<Progress> Stages => [.. Member?.Stages ?? [], .. _leader?.Stages ?? []];

    /// <summary>True when the store has this incarnation as the leader.</summary>
    public bool LeadsIn(SimulatedStore store) => Process.IsAlive && !Process.IsPaused && store.Leader == (id, _incarnation);

    public void Start()
    {
        var clock = new SimulatedClock(world.Queue, Process);
        if (_incarnation == 0 || !world.Options.KeepsIncarnation)
        {
            _incarnation = Math.Max(_incarnation + 1, clock.GetUtcNow().ToUnixTimeMilliseconds());
        }

        directory.AddHost(_address, Process);
        _ = StartAsync(clock, Process.Generation);
    }

    public void Stop(Action stopped)
    {
        IsStopping = true;
        _ = StopAsync(Member!, Replica!, new SimulatedClock(world.Queue, Process), stopped);
    }

    /// <summary>Gives the leadership away, as an operator asks for it.</summary>
    public void Transfer(int? successor) => _ = TransferAsync(Member!, successor);

    /// <summary>Asks for a transfer as an operator does.</summary>
    public void RequestTransfer(int? successor, Action<TransferOutcome> seen) => _ = RequestTransferAsync(Member!, successor, seen);

    public void OnKilled()
    {
        IsServing = IsStopping = false;
        Replica?.Dispose();
        _checkpointer?.Dispose();
        (Replica, Member, _checkpointer, _leader) = (null, null, null, null);
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
            await StoreGuard.CheckAsync(log, _mark, null, NullLogger.Instance, CancellationToken.None).ConfigureAwait(false);
            EnsembleRecord record = await checkpoints.OpenAsync(CancellationToken.None).ConfigureAwait(false);
            var identity = new ReplicaIdentity(id, _incarnation);
            Replica NewReplica() => new(
                identity, world.Options.Limits with { WaitsForZxid = true }, EngineSettings.Access(skip: false), new SessionPassword(record.Secret),
                clock, scheduler, new TraceLogger<Replica>(world.Trace, Process.Name));
            Replica replica = NewReplica();
            _sessions = new SessionClock(replica, _options.TickTime, clock, NullLogger.Instance);
            LogPosition end = await log.OpenAsync(CancellationToken.None).ConfigureAwait(false);
            await new Recovery(log, checkpoints, NullLogger<Recovery>.Instance).LoadAsync(replica, end, CancellationToken.None).ConfigureAwait(false);
            replica.Faults = new FaultPoints(point => world.OnFaultPoint(this, point));
            var loader = new StateLoader(log, checkpoints, NewReplica, NullLogger<Recovery>.Instance);
            Leader NewLeader(long epoch, IGroupSink others) => new(
                replica, log, EngineSettings.Access(skip: false), _options, clock, scheduler, new TraceLogger<Leader>(world.Trace, Process.Name), epoch, others,
                world.Options.FirstCounter);
            var member = new Member(
                new MemberInfo(id, _incarnation, _address, _address),
                replica,
                log,
                new SimulatedMembership(world.Store, Process),
                new SimulatedNetwork(fabric, directory, Process, _address),
                loader,
                NewLeader,
                new MemberOptions { HistoryBytes = world.Options.HistoryBytes, ReadOnlyAfter = world.Options.ReadOnlyAfter },
                clock,
                scheduler,
                new MemberLogger(this, world));
            member.Failed += failure =>
            {
                _mark = member.Mark;
                world.OnFailed(this, generation, failure);
            };
            member.BeganToLead += (leader, after) => _ = LeadAsync(leader, after, loader, log, checkpoints, generation);
            member.CeasedToLead += () => (_leader, _checkpointer) = (null, null);
            directory.Listen(_address, Process, member);
            await member.StartAsync(CancellationToken.None).ConfigureAwait(false);
            (Replica, Member, IsServing) = (replica, member, true);
            world.Trace.Add("serves from", Process.Name, replica.LastAppliedZxid);
            var tick = TimeSpan.FromMilliseconds(_options.TickTime / 2.0);
            clock.CreateTimer(_ => Tick(), null, tick, tick);
        }
#pragma warning disable CA1031 // Whatever it is, a process that cannot start ends.
        catch (Exception e)
#pragma warning restore CA1031
        {
            world.OnFailed(this, generation, e is LogTruncatedException ? new StoreUnavailableException("truncated while it was read", e) : e);
        }
    }

    private async Task StopAsync(Member member, Replica replica, SimulatedClock clock, Action stopped)
    {
        if (member.Role == MemberRole.Leading && member.Followers.Count > 0)
        {
            await Task.WhenAny(TransferAsync(member, null), OrderlyEnd.PauseAsync(clock, HandOverLimit)).ConfigureAwait(false);
        }

        IsServing = false;
        await OrderlyEnd.WaitUntilAnsweredAsync(replica, clock).ConfigureAwait(false);
        await member.StopAsync(CancellationToken.None).ConfigureAwait(false);
        stopped();
    }

    private static async Task RequestTransferAsync(Member member, int? successor, Action<TransferOutcome> seen)
    {
        try
        {
            seen(await member.RequestTransferAsync(successor, CancellationToken.None).ConfigureAwait(false));
        }
        catch (StoreUnavailableException)
        {
            // The store has its faults.
        }
    }

    private async Task TransferAsync(Member member, int? successor)
    {
        try
        {
            bool isDone = await member.TransferAsync(successor, CancellationToken.None).ConfigureAwait(false);
            world.Trace.Add(isDone ? "has handed over" : "had nothing to hand over", Process.Name);
        }
        catch (StoreUnavailableException)
        {
            world.Trace.Add("could not hand over", Process.Name);
        }
    }

    private async Task LeadAsync(
        Leader leader, long after, StateLoader loader, SimulatedLog log, SimulatedCheckpointStore checkpoints, int generation)
    {
        _leader = leader;
        long tracking = Replica!.Tracking.Span;
        while (_leader == leader && Process.Generation == generation)
        {
            try
            {
                (CheckpointHeader? header, LogBacklog backlog) = await loader.MarkChangesAsync(Replica!, after, CancellationToken.None).ConfigureAwait(false);
                if (_leader == leader)
                {
                    _checkpointer = new Checkpointer(
                        Replica!, log, checkpoints, new CheckpointOptions { Transactions = world.Options.CheckpointEvery, RetryAfter = TimeSpan.Zero, KeepsOneMore = true },
                        NullLogger<Checkpointer>.Instance, header, tracking, backlog: backlog);
                }

                return;
            }
            catch (Exception e) when (e is StoreUnavailableException or LogTruncatedException)
            {
                world.Trace.Add("marks again", Process.Name);
            }
        }
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
        _mark = Member!.Mark;
        if (!world.Options.IgnoresActivity)
        {
            Replica!.ReportActivity();
        }

        _sessions!.Tick(_leader);
        Replica!.DropLate(world.Options.LateAfter);
        if (!_isCheckpointing && _checkpointer is not null)
        {
            _ = CheckpointAsync(_checkpointer);
        }
    }

    private async Task CheckpointAsync(Checkpointer checkpointer)
    {
        _isCheckpointing = true;
        try
        {
            await checkpointer.CheckpointIfDueAsync(CancellationToken.None).ConfigureAwait(false);
        }
        catch (Exception e) when (e is CheckpointException or StoreUnavailableException)
        {
            world.Trace.Add("checkpoint failed", Process.Name);
        }

        _isCheckpointing = false;
    }

    /// <summary>Hears of reloads too, which nobody but a member's operator is told of.</summary>
    private sealed class MemberLogger(MemberServer server, ServerSurroundings world) : TraceLogger<Member>(world.Trace, server.Process.Name)
    {
        public override void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            base.Log(logLevel, eventId, state, exception, formatter);
            if (eventId.Name == "LogReloading")
            {
                world.OnReload(server, formatter(state, exception));
            }
        }
    }
}
