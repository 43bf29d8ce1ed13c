using System.Security.Cryptography;
using Microsoft.Extensions.Options;
using OrleansZk.Core.Access;
using OrleansZk.Core.Reaping;
using OrleansZk.Core.Replication;
using OrleansZk.Core.Sessions;
using OrleansZk.Server.Configuration;

namespace OrleansZk.Server.Hosting;

/// <summary>The engine of one process: opens the store, recovers, leads, keeps the clock's duties, and stops in order.</summary>
/// <remarks>In one process the replica's leader is a direct call; nothing above or below knows.</remarks>
public sealed partial class Engine(
    IOptions<ServerOptions> options,
    ITransactionLog log,
    ICheckpointStore checkpoints,
    TimeProvider clock,
    ILoggerFactory loggers) : IHostedService, IDisposable
{
    private readonly ServerOptions _options = options.Value;
    private readonly ILogger<Engine> _logger = loggers.CreateLogger<Engine>();
    private readonly CancellationTokenSource _stopping = new();
    private readonly List<Task> _duties = [];
    private Replica? _replica;
    private Leader? _leader;
    private Checkpointer? _checkpointer;
    private volatile bool _hasFailed;

    /// <summary>Raised when the engine cannot go on; the process must end.</summary>
    public event Action<Exception>? Failed;

    /// <summary>True while clients are served.</summary>
    public bool IsServing { get; private set; }

    public Replica Replica => _replica ?? throw new InvalidOperationException("the engine has not started");

    public Leader Leader => _leader ?? throw new InvalidOperationException("the engine has not started");

    public Checkpointer Checkpointer => _checkpointer ?? throw new InvalidOperationException("the engine has not started");

    public DateTimeOffset StartedAt { get; private set; }

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        StartedAt = clock.GetUtcNow();
        LogPosition end = await log.OpenAsync(cancellationToken);
        EnsembleRecord ensemble = await checkpoints.OpenAsync(cancellationToken);
        var access = new AccessControl(
            [new DigestScheme(new HashAlgorithmName(_options.DigestAlgorithm), _options.SuperDigest), new IpScheme()], _options.SkipAcl);
        _replica = new Replica(
            new ReplicaIdentity(_options.ServerId, StartedAt.ToUnixTimeMilliseconds()),
            Limits(),
            access,
            new SessionPassword(ensemble.Secret),
            clock,
            ThreadPoolScheduler.Instance,
            loggers.CreateLogger<Replica>());
        CheckpointHeader? loaded = await new Recovery(log, checkpoints, loggers.CreateLogger<Recovery>()).LoadAsync(_replica, end, cancellationToken);

        long epoch = await log.ClaimEpochAsync(end.Epoch, cancellationToken);
        _leader = new Leader(
            _replica, log, access, LeaderOptions(), clock, ThreadPoolScheduler.Instance, loggers.CreateLogger<Leader>(), epoch);
        _leader.Failed += OnLeaderFailed;
        _replica.SetLeader(_leader);
        _checkpointer = new Checkpointer(
            _replica,
            log,
            checkpoints,
            new CheckpointOptions { Transactions = _options.CheckpointTransactions },
            loggers.CreateLogger<Checkpointer>(),
            loaded);
        StartDuties();
        IsServing = true;
        LogServing(epoch, _replica.LastAppliedZxid);
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        IsServing = false;
        await _stopping.CancelAsync();
        await Task.WhenAll(_duties);
        if (_replica is not null && !_hasFailed)
        {
            // Clients have gone by now; what they left on its way is finished all the same.
            await _replica.WaitUntilAnsweredAsync().WaitAsync(cancellationToken);
        }

        await log.DisposeAsync();
        await checkpoints.DisposeAsync();
        if (!_hasFailed)
        {
            LogStopped();
        }
    }

    public void Dispose()
    {
        _stopping.Dispose();
        _checkpointer?.Dispose();
        _replica?.Dispose();
    }

    private ReplicaLimits Limits() => new()
    {
        MaxFrameLength = _options.MaxFrameLength,
        MinSessionTimeout = _options.EffectiveMinSessionTimeout,
        MaxSessionTimeout = _options.EffectiveMaxSessionTimeout,
        MaxOutstanding = _options.MaxOutstandingRequests,
        MaxOutstandingBytes = _options.MaxOutstandingBytes,
        MaxUnsentBytes = _options.MaxUnsentBytes,
    };

    private LeaderOptions LeaderOptions() => new()
    {
        TickTime = _options.TickTime,
        EnforceQuota = _options.EnforceQuota,
        TtlEnabled = _options.TtlEnabled,
        MaxEphemeralsPerSession = _options.MaxEphemeralsPerSession,
        OnSoftQuotaExceeded = LogSoftQuota,
    };

    private void StartDuties()
    {
        var reaper = new Reaper(
            Replica,
            new ReaperOptions
            {
                CheckInterval = TimeSpan.FromMilliseconds(_options.ContainerCheckInterval),
                MaxPerCheck = _options.ContainerMaxPerCheck,
                MaxNeverUsed = TimeSpan.FromMilliseconds(_options.ContainerMaxNeverUsed),
            },
            clock);
        Repeat(TimeSpan.FromMilliseconds(Math.Max(1, _options.TickTime / 2)), () =>
        {
            Replica.ReportActivity();
            Leader.ExpireSessions();
            Replica.DropSilent(TimeSpan.FromMilliseconds(_options.HandshakeTimeout));
            return Task.CompletedTask;
        });
        Repeat(TimeSpan.FromMilliseconds(_options.ContainerCheckInterval), () =>
        {
            reaper.Reap();
            return Task.CompletedTask;
        });
        Repeat(TimeSpan.FromMilliseconds(100), () => Checkpointer.CheckpointIfDueAsync(_stopping.Token));
    }

    private void Repeat(TimeSpan interval, Func<Task> duty) => _duties.Add(Task.Run(async () =>
    {
        using var timer = new PeriodicTimer(interval, clock);
        try
        {
            while (await timer.WaitForNextTickAsync(_stopping.Token))
            {
                try
                {
                    await duty();
                }
                catch (Exception e) when (e is CheckpointException or IOException)
                {
                    // The log still has everything; the next turn tries again.
                    LogDutyFailed(e);
                }
            }
        }
        catch (OperationCanceledException)
        {
            // Stopping.
        }
    }));

    private void OnLeaderFailed(Exception failure)
    {
        // What waits for an answer waits in vain.
        _hasFailed = true;
        IsServing = false;
        foreach (ClientConnection connection in Replica.Connections.Snapshot())
        {
            connection.Drop();
        }

        Failed?.Invoke(failure);
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Serving in epoch {Epoch}, behind zxid 0x{Zxid:x}")]
    private partial void LogServing(long epoch, long zxid);

    [LoggerMessage(Level = LogLevel.Information, Message = "Stopped; everything that was accepted is in the log")]
    private partial void LogStopped();

    [LoggerMessage(Level = LogLevel.Error, Message = "A periodic duty failed and will be tried again")]
    private partial void LogDutyFailed(Exception failure);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The quota on {Path} is exceeded: {Count} nodes, {Bytes} bytes")]
    private partial void LogSoftQuota(string path, long count, long bytes);
}
