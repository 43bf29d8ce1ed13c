using System.Security.Cryptography;
using Microsoft.Extensions.Options;
using OrleansZk.Core.Access;
using OrleansZk.Core.Diagnostics;
using OrleansZk.Core.Ensemble;
using OrleansZk.Core.Reaping;
using OrleansZk.Core.Replication;
using OrleansZk.Core.Sessions;
using OrleansZk.Server.Configuration;

namespace OrleansZk.Server.Hosting;

/// <summary>The engine of one process: opens the store, recovers, leads or joins an ensemble, keeps the clock's duties, and stops in order.</summary>
/// <remarks>In one process the replica's leader is a direct call, in an ensemble a connection; nothing above or below knows.</remarks>
/// <param name="ensemble">Null for a server that stands alone: it leads from the start.</param>
/// <param name="shared">The log as the servers of an ensemble share it; null for a server that stands alone.</param>
/// <param name="watch">Looks after the files of the store; null where it has none of its own.</param>
internal sealed partial class Engine(
    IOptions<ServerOptions> options,
    ReplicaIdentity identity,
    ITransactionLog log,
    ICheckpointStore checkpoints,
    TimeProvider clock,
    ILoggerFactory loggers,
    EnsembleHost? ensemble = null,
    ISharedTransactionLog? shared = null,
    IStoreWatch? watch = null) : IHostedService, IDisposable
{
    private static readonly TimeSpan WatchInterval = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan HandOverLimit = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan RetryPause = TimeSpan.FromSeconds(1);

    private readonly ServerOptions _options = options.Value;
    private readonly ILogger<Engine> _logger = loggers.CreateLogger<Engine>();
    private readonly CancellationTokenSource _stopping = new();
    private readonly List<Duty> _duties = [];
    private readonly MarkKeeper _marks = new(options.Value, loggers.CreateLogger<Engine>());
    private readonly LogVolume _volume = new();
    private Task _running = Task.CompletedTask;
    private Replica? _replica;
    private readonly AccessControl _access = new(
        [new DigestScheme(new HashAlgorithmName(options.Value.DigestAlgorithm), options.Value.SuperDigest), new IpScheme()], options.Value.SkipAcl)
    {
        Brake = new AuthBrake(clock),
        SuperAttempts = new SuperAttempts(options.Value.SuperDigest, clock, loggers.CreateLogger<SuperAttempts>()),
    };

    private volatile Leader? _leader;
    private volatile Checkpointer? _checkpointer;
    private Member? _member;
    private bool _hasStarted;
    private bool _isDisposed;
    private volatile bool _hasFailed;

    /// <summary>Raised when the engine cannot go on; the process must end.</summary>
    public event Action<Exception>? Failed;

    /// <summary>True while clients are served.</summary>
    public bool IsServing => _hasStarted && (_member is null || _member.Role != MemberRole.Looking || Replica.IsReadOnly);

    /// <summary>This server's place in the ensemble; null when it stands alone.</summary>
    public Member? Member => _member;

    public int ServerId => identity.ServerId;

    public Replica Replica => _replica ?? throw new InvalidOperationException("the engine has not started");

    /// <summary>Null while another server leads, or nobody.</summary>
    public Leader? Leader => _leader;

    /// <summary>Null while another server leads, and for a moment after this one has begun to.</summary>
    public Checkpointer? Checkpointer => _checkpointer;

    /// <summary>What is done at intervals.</summary>
    public IReadOnlyList<Duty> Duties => _duties;

    /// <summary>Whatever has to move on while it has work.</summary>
    public IEnumerable<Progress> Stages =>
        [.. _leader?.Stages ?? [], .. _member?.Stages ?? [], .. _duties.Where(duty => duty.IsVital).Select(duty => duty.Progress)];

    public DateTimeOffset StartedAt { get; private set; }

    /// <summary>Who has tried to be the super user.</summary>
    public SuperAttempts SuperAttempts => _access.SuperAttempts!;

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        StartedAt = clock.GetUtcNow();
        if (ensemble is null)
        {
            await StartAloneAsync(cancellationToken);
        }
        else
        {
            await StartMemberAsync(ensemble, cancellationToken);
        }

        StartDuties();
        _hasStarted = true;
    }

    /// <summary>Gives the leadership to another server before the connections of this one end, so that nothing waits for long. Does nothing without others.</summary>
    public void HandOver()
    {
        if (_member is { Role: MemberRole.Leading } member && member.Followers.Count > 0 && !_hasFailed)
        {
            try
            {
                member.TransferAsync(null, CancellationToken.None).Wait(HandOverLimit);
            }
            catch (AggregateException e)
            {
                LogHandOverFailed(e.InnerException ?? e);
            }
        }
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        _hasStarted = false;
        await _stopping.CancelAsync();
        await _running;
        if (_replica is not null && _leader is not null && !_hasFailed)
        {
            // Clients have gone by now; what they left on its way is finished all the same.
            await _replica.WaitUntilAnsweredAsync().WaitAsync(cancellationToken);
        }

        if (_member is not null && !_hasFailed)
        {
            await _member.StopAsync(cancellationToken);
        }

        _marks.End();
        await log.DisposeAsync();
        await checkpoints.DisposeAsync();
        if (!_hasFailed)
        {
            LogStopped();
        }
    }

    public void Dispose()
    {
        if (_isDisposed)
        {
            return;
        }

        // A start that has failed is not stopped, only disposed.
        _isDisposed = true;
        _stopping.Cancel();
        _stopping.Dispose();
        _checkpointer?.Dispose();
        _replica?.Dispose();
    }

    private Replica NewReplica(SessionPassword password) => new(
        identity, Limits(), _access, password, clock, ThreadPoolScheduler.Instance, loggers.CreateLogger<Replica>())
    {
        SkippedZxid = _options.SkippedZxid,
    };

    private Leader NewLeader(long epoch, IGroupSink? others) => new(
        Replica, new MeteredLog(log, _volume), _access, LeaderOptions(), clock, ThreadPoolScheduler.Instance, loggers.CreateLogger<Leader>(), epoch, others);

    private Checkpointer NewCheckpointer(CheckpointHeader? from, long tracking, LogBacklog backlog) => new(
        Replica,
        log,
        checkpoints,
        new CheckpointOptions { Transactions = _options.CheckpointTransactions, Bytes = _options.CheckpointBytes, KeepsOneMore = ensemble is not null },
        loggers.CreateLogger<Checkpointer>(),
        from,
        tracking,
        _volume,
        backlog);

    /// <summary>Takes up what only the leader's process does, once it knows what the next checkpoint has to hold.</summary>
    private async Task LeadAsync(Leader leader, long after, StateLoader loader)
    {
        _leader = leader;
        long tracking = Replica.Tracking.Span;
        var problem = new RecurringProblem(clock);
        while (_leader == leader && !_stopping.IsCancellationRequested)
        {
            try
            {
                (CheckpointHeader? header, LogBacklog backlog) = await loader.MarkChangesAsync(Replica, after, _stopping.Token);
                if (_leader == leader)
                {
                    _checkpointer = NewCheckpointer(header, tracking, backlog);
                }

                return;
            }
            catch (OperationCanceledException)
            {
                return;
            }
            catch (StoreUnavailableException e)
            {
                if (problem.IsDue(out _))
                {
                    LogCannotMark(e.Message);
                }
            }
            catch (Exception e)
            {
                // The log still has everything; without checkpoints it only grows.
                if (problem.IsDue(out _))
                {
                    LogMarkingFailed(e);
                }
            }

            await Task.Delay(RetryPause, clock, CancellationToken.None);
        }
    }

    private ReplicaLimits Limits() => new()
    {
        MaxFrameLength = _options.MaxFrameLength,
        MinSessionTimeout = _options.EffectiveMinSessionTimeout,
        MaxSessionTimeout = _options.EffectiveMaxSessionTimeout,
        MaxOutstanding = _options.MaxOutstandingRequests,
        MaxOutstandingBytes = _options.MaxOutstandingBytes,
        MaxUnsentBytes = _options.MaxUnsentBytes,
        MaxUnsentBytesOfAll = _options.EffectiveMaxUnsentBytesOfAll,
        MaxMultiReadLength = _options.EffectiveMaxMultiReadLength,
        DrainTimeout = TimeSpan.FromMilliseconds(_options.DrainTimeout),
        WaitsForZxid = ensemble is not null,
    };

    private LeaderOptions LeaderOptions() => new()
    {
        TickTime = _options.TickTime,
        EnforceQuota = _options.EnforceQuota,
        TtlEnabled = _options.TtlEnabled,
        MaxEphemeralsPerSession = _options.MaxEphemeralsPerSession,
        MaxEphemeralBytesPerSession = _options.MaxEphemeralBytesPerSession,
        MaxTransactionBytes = Math.Min(_options.EffectiveMaxTransactionBytes, ensemble?.MaxTransactionBytes ?? int.MaxValue),
        MaxAclEntries = _options.MaxAclEntries,
        MaxAclBytes = _options.MaxFrameLength - Core.Replication.LeaderOptions.AclAnswerRest,
        MaxNeverUsedContainer = TimeSpan.FromMilliseconds(_options.ContainerMaxNeverUsed),
        OnSoftQuotaExceeded = new SoftQuotaWarnings(clock, loggers.CreateLogger<SoftQuotaWarnings>()).Exceeded,
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
        var sessions = new SessionClock(Replica, _options.TickTime, clock, _logger);
        Repeat("session expiry", TimeSpan.FromMilliseconds(Math.Max(1, _options.TickTime / 2)), isVital: true, () =>
        {
            Replica.ReportActivity();
            sessions.Tick(Leader);
            return Task.CompletedTask;
        });
        Repeat("late clients", TimeSpan.FromMilliseconds(Math.Clamp(_options.HandshakeTimeout / 4, 50, 1000)), isVital: false, () =>
        {
            Replica.DropLate(TimeSpan.FromMilliseconds(_options.HandshakeTimeout));
            return Task.CompletedTask;
        });
        Repeat("containers and times to live", TimeSpan.FromMilliseconds(_options.ContainerCheckInterval), isVital: false, () =>
        {
            if (Leader is not null)
            {
                reaper.Reap();
            }

            return Task.CompletedTask;
        });
        Repeat(
            "checkpoints", TimeSpan.FromMilliseconds(100), isVital: false, () => Checkpointer?.CheckpointIfDueAsync(_stopping.Token) ?? Task.CompletedTask);
        Repeat("the mark in the data folder", TimeSpan.FromSeconds(1), isVital: false, () =>
        {
            _marks.WriteIfMoved();
            return Task.CompletedTask;
        });
        if (watch is not null)
        {
            Repeat("files of the store", WatchInterval, isVital: false, () =>
            {
                LookAfterStore(watch);
                return Task.CompletedTask;
            });
        }

        _running = Task.WhenAll(_duties.Select(duty => Task.Run(() => duty.RunAsync(_stopping.Token))));
    }

    /// <summary>What is written to a file that has gone is lost: the process must not go on.</summary>
    private void LookAfterStore(IStoreWatch store)
    {
        if (!_hasFailed && store.FindMissing() is { } missing)
        {
            var failure = new IOException($"'{missing}' was deleted, renamed, replaced or unmounted while the server was running");
            LogStoreGone(missing);
            OnFailed(failure);
        }
    }

    private void Repeat(string name, TimeSpan interval, bool isVital, Func<Task> turn) =>
        _duties.Add(new Duty(name, interval, isVital, turn, clock, _logger));

    private void OnFailed(Exception failure)
    {
        // What waits for an answer waits in vain.
        _hasFailed = true;
        _hasStarted = false;
        try
        {
            _marks.End();
            foreach (ClientConnection connection in Replica.Connections.Snapshot())
            {
                connection.Drop();
            }
        }
        finally
        {
            Failed?.Invoke(failure);
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Stopped; everything that was accepted is in the log")]
    private partial void LogStopped();

    [LoggerMessage(Level = LogLevel.Warning, Message = "The leadership could not be handed over; the others will notice that this server is gone")]
    private partial void LogHandOverFailed(Exception failure);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Store unavailable: the next checkpoint waits until the log can be read: {Reason}")]
    private partial void LogCannotMark(string reason);

    [LoggerMessage(Level = LogLevel.Error, Message = "The log could not be read for the next checkpoint and will be tried again; meanwhile there are no checkpoints")]
    private partial void LogMarkingFailed(Exception failure);

    [LoggerMessage(Level = LogLevel.Critical, Message = "{Path} was deleted, renamed, replaced or unmounted while the server was running; nothing more is acknowledged")]
    private partial void LogStoreGone(string path);
}
