using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using OrleansZk.Core.Reaping;
using OrleansZk.Core.Replication;
using OrleansZk.Core.Sessions;

namespace OrleansZk.TestKit.Engine;

/// <summary>The engine of one process, whole, on ports in memory: a step happens when the test says so, and on the test's own thread.</summary>
public sealed class EngineHarness : IDisposable
{
    private readonly EngineSettings _settings;
    private readonly List<TestConnection> _connections = [];
    private long _incarnation;

    public EngineHarness(EngineSettings? settings = null)
    {
        _settings = settings ?? new EngineSettings();
        Clock = new FakeTimeProvider(_settings.Start);
        Start(_settings.FirstCounter);
    }

    public EngineSettings Settings => _settings;

    public FakeTimeProvider Clock { get; }

    public MemoryLog Log { get; } = new();

    public MemoryCheckpointStore Checkpoints { get; } = new();

    public ManualScheduler Scheduler { get; } = new();

    /// <summary>False keeps posted work waiting until the test runs the scheduler itself.</summary>
    public bool RunsPostedWork { get; set; } = true;

    public Replica Replica { get; private set; } = null!;

    public Leader Leader { get; private set; } = null!;

    public Checkpointer Checkpointer { get; private set; } = null!;

    public Reaper Reaper { get; private set; } = null!;

    /// <summary>What made leaders fail.</summary>
    public List<Exception> Failures { get; } = [];

    /// <summary>The wall clock, milliseconds since the Unix epoch.</summary>
    public long Now => Clock.GetUtcNow().ToUnixTimeMilliseconds();

    /// <summary>A connection that has not shaken hands.</summary>
    public TestConnection Open(string ip = "10.0.0.1")
    {
        var connection = new TestConnection(this, ip);
        _connections.Add(connection);
        return connection;
    }

    /// <summary>A connection with a new session.</summary>
    public TestSession Connect(int timeout = 30_000, string ip = "10.0.0.1") => TestSession.Start(this, timeout, ip);

    /// <summary>Lets time pass, and does at every half tick what a server does.</summary>
    public void Advance(TimeSpan time)
    {
        var step = TimeSpan.FromMilliseconds(_settings.Leader.TickTime / 2.0);
        for (TimeSpan left = time; left > TimeSpan.Zero; left -= step)
        {
            Clock.Advance(left < step ? left : step);
            Tick();
        }
    }

    /// <summary>What a server does every half tick.</summary>
    public void Tick()
    {
        Replica.ReportActivity();
        Leader.ExpireSessions();
        Settle();
    }

    /// <returns>How many deletions the reaper asked for.</returns>
    public int Reap()
    {
        int count = Reaper.Reap();
        Settle();
        return count;
    }

    public void Checkpoint() => Wait(Checkpointer.CheckpointAsync(CancellationToken.None));

    /// <summary>Holds appends back, so that requests gather behind the one in flight.</summary>
    public void Hold() => Log.Mode = AppendMode.Held;

    /// <summary>Completes the append that is held, and only that.</summary>
    public bool ReleaseOne()
    {
        bool released = Log.Release();
        Settle();
        return released;
    }

    /// <summary>Completes what is held and lets everything that follows complete at once.</summary>
    public void ReleaseAll()
    {
        Log.Mode = AppendMode.Immediate;
        while (Log.Release())
        {
        }

        Settle();
    }

    /// <summary>Runs posted work, if the test left that to the harness, and lets every connection read on.</summary>
    public void Settle()
    {
        bool moved = true;
        while (moved)
        {
            if (RunsPostedWork)
            {
                Scheduler.Run();
            }

            moved = false;
            foreach (TestConnection connection in _connections.ToArray())
            {
                moved |= connection.Pump();
            }
        }
    }

    /// <summary>Ends the engine as a crash does, and starts another from log and checkpoint. Connections are lost, sessions are not.</summary>
    /// <param name="keepHeld">True when an append that was held had reached the disk.</param>
    public void Restart(bool keepHeld = true)
    {
        foreach (TestConnection connection in _connections.Where(connection => !connection.IsClosed).ToList())
        {
            connection.Disconnect();
        }

        Scheduler.Clear();
        Log.Crash(keepHeld);
        Log.Mode = AppendMode.Immediate;
        Checkpointer.Dispose();
        Replica.Dispose();
        Start(0);
    }

    /// <summary>Loads another replica from log and checkpoint, beside the one that runs.</summary>
    /// <param name="skippedZxid">The transaction to pass over; 0 for none.</param>
    public Replica Recover(long skippedZxid = 0) => Recover(out _, skippedZxid);

    /// <param name="backlog">What the log had behind the checkpoint.</param>
    /// <inheritdoc cref="Recover(long)"/>
    public Replica Recover(out LogBacklog backlog, long skippedZxid = 0)
    {
        Replica replica = NewReplica(skippedZxid);
        LogPosition end = Log.End;
        var recovery = new Recovery(Log, Checkpoints, NullLogger<Recovery>.Instance);
        Wait(recovery.LoadAsync(replica, end, CancellationToken.None));
        backlog = recovery.Replayed;
        return replica;
    }

    public void Dispose()
    {
        Checkpointer.Dispose();
        Replica.Dispose();
    }

    internal void Forget(TestConnection connection) => _connections.Remove(connection);

    private static void Wait(Task task)
    {
        if (!task.IsCompleted)
        {
            throw new InvalidOperationException("the ports in memory complete at once, and so should this");
        }

        task.GetAwaiter().GetResult();
    }

    private Replica NewReplica(long skippedZxid) => new(
        new ReplicaIdentity(_settings.ServerId, _incarnation),
        _settings.Limits,
        EngineSettings.Access(_settings.SkipAcl, _settings.BrakesAuth ? new Core.Access.AuthBrake(Clock) : null),
        new SessionPassword(MemoryCheckpointStore.Secret),
        Clock,
        Scheduler,
        NullLogger<Replica>.Instance)
    {
        SkippedZxid = skippedZxid,
    };

    private void Start(uint firstCounter)
    {
        // A server's incarnation is the time of its start; two starts are never at the same one.
        _incarnation = Math.Max(_incarnation + 1, Now);
        Replica = Recover();
        Leader = new Leader(
            Replica,
            Log,
            EngineSettings.Access(_settings.SkipAcl),
            _settings.Leader with { MaxNeverUsedContainer = _settings.Reaper.MaxNeverUsed },
            Clock,
            Scheduler,
            NullLogger<Leader>.Instance,
            Log.ClaimEpochAsync(Log.End.Epoch, CancellationToken.None).AsTask().Result,
            firstCounter: firstCounter);
        Leader.Failed += Failures.Add;
        Replica.SetLeader(Leader);
        Checkpointer = new Checkpointer(Replica, Log, Checkpoints, new CheckpointOptions(), NullLogger<Checkpointer>.Instance, Checkpoints.Header);
        Reaper = new Reaper(Replica, _settings.Reaper, Clock);
    }
}
