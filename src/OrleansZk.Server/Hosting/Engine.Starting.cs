using OrleansZk.Core.Ensemble;
using OrleansZk.Core.Replication;
using OrleansZk.Core.Sessions;
using OrleansZk.Core.Tree;

namespace OrleansZk.Server.Hosting;

/// <content>The start: from the store to a server that leads, or has joined its ensemble.</content>
internal sealed partial class Engine
{
    private const int LoadAttempts = 5;

    // For a leader that has in memory what the store has lost.
    private static readonly TimeSpan RestoreLimit = TimeSpan.FromSeconds(4);

    private LogBacklog _replayed;

    private async Task StartAloneAsync(CancellationToken cancellationToken)
    {
        LogPosition end = await log.OpenAsync(cancellationToken);
        long accepted = _marks.CheckOwnLog(end);
        EnsembleRecord record = await checkpoints.OpenAsync(cancellationToken);
        _replica = NewReplica(new SessionPassword(record.Secret));
        CheckpointHeader? loaded = await LoadAsync(end, cancellationToken);
        _marks.CheckMayBegin(end, hasCheckpoint: loaded is not null);
        long epoch = await log.ClaimEpochAsync(end.Epoch, cancellationToken);
        while (epoch <= accepted)
        {
            // Beyond all that was given up: no zxid is given out a second time.
            epoch = await log.ClaimEpochAsync(epoch, cancellationToken);
        }

        _leader = NewLeader(epoch, null);
        _leader.Failed += OnFailed;
        _replica.SetLeader(_leader);
        _checkpointer = NewCheckpointer(loaded, Replica.Tracking.Span, _replayed);
        _marks.Begin(MarkKeeper.Alone, () => new LogMark(epoch, 0, 0, Replica.LastAppliedZxid));
        LogServing(epoch, _replica.LastAppliedZxid);
    }

    private async Task StartMemberAsync(EnsembleHost host, CancellationToken cancellationToken)
    {
        ISharedTransactionLog store = shared ?? throw new InvalidOperationException("an ensemble needs a log that is shared");
        var wait = new StoreWait(clock, _logger);
        EnsembleRecord record = await wait.UntilThereAsync(() => checkpoints.OpenAsync(cancellationToken).AsTask(), cancellationToken);
        _marks.Ensemble = MarkKeeper.NameOf(record);
        var password = new SessionPassword(record.Secret);
        await wait.UntilThereAsync(
            async () =>
            {
                await CheckStoreAsync(store, cancellationToken);
                LogPosition end = await log.OpenAsync(cancellationToken);
                _marks.CheckMayBegin(end, hasCheckpoint: false);
                _replica?.Dispose();
                _replica = NewReplica(password);
                return await LoadAsync(end, cancellationToken);
            },
            cancellationToken);
        var loader = new StateLoader(log, checkpoints, () => NewReplica(password), loggers.CreateLogger<Recovery>());
        Member member = host.Join(record, Replica, loader, NewLeader, clock);
        _member = member;
        _member.Failed += OnFailed;
        _member.BeganToLead += (leader, after) => _ = LeadAsync(leader, after, loader);
        _member.CeasedToLead += () =>
        {
            _leader = null;
            _checkpointer = null;
            checkpoints.Forget();
        };
        await wait.UntilThereAsync(
            async () =>
            {
                await member.StartAsync(cancellationToken);
                return true;
            },
            cancellationToken);
        _marks.Begin(_marks.Ensemble, () => member.Mark);
    }

    /// <summary>Sees that the store has what this server has seen there. A leader may be about to put it back.</summary>
    private async Task CheckStoreAsync(ISharedTransactionLog store, CancellationToken cancellationToken)
    {
        long start = clock.GetTimestamp();
        for (bool isFirst = true; ; isFirst = false)
        {
            try
            {
                await StoreGuard.CheckAsync(store, _marks.Known, _marks.AcceptedAfter, _logger, cancellationToken);
                return;
            }
            catch (LogRolledBackException e) when (clock.GetElapsedTime(start) < RestoreLimit)
            {
                if (isFirst)
                {
                    LogWaitingForRestoration(RestoreLimit.TotalSeconds, e.Message);
                }
            }

            await Task.Delay(RetryPause, clock, cancellationToken);
        }
    }

    private async Task<CheckpointHeader?> LoadAsync(LogPosition end, CancellationToken cancellationToken)
    {
        for (int attempt = 1; ; attempt++)
        {
            try
            {
                var recovery = new Recovery(log, checkpoints, loggers.CreateLogger<Recovery>());
                CheckpointHeader? loaded = await recovery.LoadAsync(Replica, end, cancellationToken);
                _replayed = recovery.Replayed;
                return loaded;
            }
            catch (LogTruncatedException) when (ensemble is not null && attempt < LoadAttempts)
            {
                // The leader has moved the checkpoint meanwhile.
                Replica.Replace(new DataTree(), new SessionTable(), 0);
                end = await log.OpenAsync(cancellationToken);
            }
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Serving in epoch {Epoch}, behind zxid 0x{Zxid:x}")]
    private partial void LogServing(long epoch, long zxid);

    [LoggerMessage(Level = LogLevel.Error, Message = "Waiting {Seconds} s for a leader to put lost transactions back, before this server refuses to start: {Reason}")]
    private partial void LogWaitingForRestoration(double seconds, string reason);
}
