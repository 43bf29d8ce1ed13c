using Microsoft.Extensions.Logging;
using OrleansZk.Core.Diagnostics;
using OrleansZk.Core.Replication;

namespace OrleansZk.Core.Ensemble;

/// <summary>What a member does at the moment.</summary>
public enum MemberRole
{
    /// <summary>It looks for a leader, or for its turn to lead.</summary>
    Looking,

    /// <summary>It follows a leader.</summary>
    Following,

    /// <summary>It leads.</summary>
    Leading,
}

/// <summary>One server of an ensemble: keeps its place among the others, follows the leader, or leads.</summary>
/// <remarks>
/// A single loop decides, on what the store says and on what happens to connections; a second one, which never waits for the store, keeps an eye on the connections.
/// Whatever they decide, no more than one leader can commit: the log sees to that.
/// </remarks>
public sealed partial class Member : IPeerListener, IAsyncDisposable
{
    private static readonly TimeSpan WatchInterval = TimeSpan.FromMilliseconds(200);

    // Longer than three others take that should have claimed the epoch and have not.
    private static readonly TimeSpan MaxYield = TimeSpan.FromSeconds(2);

    // A digest is computed in a tenth of a microsecond or so: this takes a hundredth of a core.
    private const int ScrubbedPerTurn = 4096;

    private readonly MemberInfo _self;
    private readonly Replica _replica;
    private readonly ISharedTransactionLog _log;
    private readonly IMembership _membership;
    private readonly IPeerNetwork _network;
    private readonly StateLoader _loader;
    private readonly Func<long, IGroupSink, Leader> _newLeader;
    private readonly MemberOptions _options;
    private readonly TimeProvider _clock;
    private readonly IWorkScheduler _scheduler;
    private readonly ILogger<Member> _logger;
    private readonly CancellationTokenSource _stopping = new();
    private readonly Waker _waker;
    private readonly Waker _watchPause;
    private readonly Progress _watchProgress;
    private readonly RecurringProblem _storeProblem;
    private readonly RecurringProblem _reloadProblem;
    private readonly RecurringProblem _reloadFailure;
    private readonly RecurringProblem _connectProblem;

    private volatile Leadership? _leadership;
    private volatile LeaderChannel? _channel;
    private volatile EnsembleView? _view;
    private volatile string? _reloadReason;
    private volatile Exception? _leaderFailure;
    private Task _running = Task.CompletedTask;
    private Task _watching = Task.CompletedTask;
    private long _leaderlessSince;
    private long _leaderHeardAt;
    private long _confirmedAt;
    private long? _beatingSince;
    private (int Id, long Incarnation)? _unreachable;
    private long _yieldUntil;
    private long _pauseUntil;
    private int _scrubPosition;
    private volatile bool _isStopping;
    private bool _isDisposed;

    /// <param name="replica">Loaded from the store, without a leader.</param>
    /// <param name="newLeader">Makes the leader of an epoch, which tells the sink what it commits.</param>
    public Member(
        MemberInfo self,
        Replica replica,
        ISharedTransactionLog log,
        IMembership membership,
        IPeerNetwork network,
        StateLoader loader,
        Func<long, IGroupSink, Leader> newLeader,
        MemberOptions options,
        TimeProvider clock,
        IWorkScheduler scheduler,
        ILogger<Member> logger)
    {
        _self = self;
        _replica = replica;
        _log = log;
        _membership = membership;
        _network = network;
        _loader = loader;
        _newLeader = newLeader;
        _options = options;
        _clock = clock;
        _scheduler = scheduler;
        _logger = logger;
        _waker = new Waker(clock, scheduler);
        _watchPause = new Waker(clock, scheduler);
        _watchProgress = new Progress("looking after connections", clock);
        _storeProblem = new RecurringProblem(clock);
        _reloadProblem = new RecurringProblem(clock);
        _reloadFailure = new RecurringProblem(clock);
        _connectProblem = new RecurringProblem(clock);
        _leaderlessSince = _leaderHeardAt = clock.GetTimestamp();
    }

    /// <summary>Raised when the member cannot go on; the process must end.</summary>
    public event Action<Exception>? Failed;

    /// <summary>Raised when this server has begun to lead, with the leader and the newest transaction before its first.</summary>
    public event Action<Leader, long>? BeganToLead;

    /// <summary>Raised when this server leads no more.</summary>
    public event Action? CeasedToLead;

    public MemberInfo Self => _self;

    public MemberRole Role =>
        _leadership is not null ? MemberRole.Leading : _channel is { IsFollowing: true, IsClosed: false } ? MemberRole.Following : MemberRole.Looking;

    /// <summary>The epoch that this server leads or follows in; 0 for none.</summary>
    public long Epoch => _leadership?.Epoch ?? (_channel is { IsFollowing: true, IsClosed: false } channel ? channel.Epoch : 0);

    /// <summary>The leader, when it is this server.</summary>
    public Leader? Leader => _leadership?.Leader;

    /// <summary>The ensemble as the store showed it last; null before that.</summary>
    public EnsembleView? View => _view;

    /// <summary>How often the state had to be taken from the store again.</summary>
    public int Reloads { get; private set; }

    /// <summary>The servers that follow this one, with the newest transaction that each is known to have applied.</summary>
    public IReadOnlyList<(int ServerId, long AppliedZxid, string Address)> Followers =>
        [.. (_leadership?.Channels ?? []).Select(channel => (channel.ServerId, channel.AppliedZxid, channel.RemoteAddress))];

    /// <summary>What has to move on while it has work, beside the leader's own stages.</summary>
    public IReadOnlyList<Progress> Stages => _channel is { } channel ? [_watchProgress, channel.Applying] : [_watchProgress];

    /// <summary>Joins the ensemble and begins.</summary>
    /// <exception cref="MemberConflictException">A live server has the same id.</exception>
    /// <exception cref="StoreUnavailableException">The store cannot be reached.</exception>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        _replica.Tracking.Stop();
        await _membership.JoinAsync(_self, cancellationToken).ConfigureAwait(false);
        _running = RunAsync();
        _watching = WatchAsync();
    }

    /// <inheritdoc/>
    public IPeerHandler Accept(IPeerConnection connection) => new FollowerChannel(
        connection, () => _leadership, _log, _clock, _scheduler, failure => LogChannelFailed(failure, connection.RemoteAddress));

    /// <summary>Hands over, if others are there to take it, and leaves.</summary>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        _isStopping = true;
        try
        {
            if (_leadership is { Channels.Count: > 0 })
            {
                await TransferAsync(null, cancellationToken).ConfigureAwait(false);
            }
        }
        catch (StoreUnavailableException)
        {
            // The others will notice.
        }

        await EndLoopsAsync().ConfigureAwait(false);
        _channel?.Close();
        try
        {
            await _membership.LeaveAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (StoreUnavailableException)
        {
            // Its silence says it too.
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_isDisposed)
        {
            return;
        }

        _isDisposed = true;
        await EndLoopsAsync().ConfigureAwait(false);
        _leadership?.Dispose();
        _stopping.Dispose();
    }

    private Task EndLoopsAsync()
    {
        _stopping.Cancel();
        return Task.WhenAll(_running, _watching);
    }

    private async Task RunAsync()
    {
        CancellationToken stopping = _stopping.Token;
        try
        {
            while (!stopping.IsCancellationRequested)
            {
                try
                {
                    if (Interlocked.Exchange(ref _transfer, null) is { } transfer)
                    {
                        await HandOverAsync(transfer, stopping).ConfigureAwait(false);
                    }

                    await StepAsync(stopping).ConfigureAwait(false);
                }
                catch (StoreUnavailableException e)
                {
                    if (_storeProblem.IsDue(out long failures))
                    {
                        LogStoreUnavailable(failures, e.Message);
                    }

                    _beatingSince = null;
                }

                await _waker.WaitAsync(
                    Role == MemberRole.Looking ? _options.SearchInterval : _options.HeartbeatInterval, stopping).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            // Asked to stop.
        }
#pragma warning disable CA1031 // Whatever it was, the process must not go on as if it were a member.
        catch (Exception e)
#pragma warning restore CA1031
        {
            LogFailed(e);
            Failed?.Invoke(e);
        }
    }

    private async Task StepAsync(CancellationToken cancellationToken)
    {
        long askedAt = _clock.GetTimestamp();
        var report = new MemberReport(Epoch, _replica.LastAppliedZxid);
        EnsembleView view = await _membership.BeatAsync(report, cancellationToken).ConfigureAwait(false);
        _view = view;
        if (_storeProblem.HasEnded(out long failures))
        {
            LogStoreAvailable(failures);
        }

        NoteMembers(view, askedAt);
        _beatingSince ??= _clock.GetTimestamp();
        if (await FaceLossAsync(view, report.LastZxid, cancellationToken).ConfigureAwait(false))
        {
            return;
        }

        NoteEpoch(view);
        if (_leadership is { } leadership)
        {
            await LeadOnAsync(leadership, view, askedAt).ConfigureAwait(false);
        }
        else if (_channel is { } channel)
        {
            FollowOn(channel, view);
        }
        else if (_reloadReason is { } reason)
        {
            await ReloadAsync(reason, cancellationToken).ConfigureAwait(false);
        }
        else
        {
            await LookAsync(view, cancellationToken).ConfigureAwait(false);
        }
    }

    private void FollowOn(LeaderChannel channel, EnsembleView view)
    {
        if (!channel.IsClosed)
        {
            // One that alone cannot reach the store commits nothing, however well it is heard here.
            if (view.Leader != (channel.Leader.Id, channel.Leader.Incarnation) || Election.LeaderOf(view) is not { } leader || IsDead(leader))
            {
                channel.Close();
            }

            return;
        }

        if (channel.HasEnded)
        {
            _reloadReason ??= channel.ReloadReason;
            if (channel.Failure is { } failure)
            {
                LogChannelFailed(failure, channel.Leader.PeerAddress);
            }

            _channel = null;
            BeginToLook();
            _waker.Wake();
        }
    }

    private void BeginToLook()
    {
        _replica.Suspend();
        _leaderlessSince = _clock.GetTimestamp();
    }

    private async Task ReloadAsync(string reason, CancellationToken cancellationToken)
    {
        if (_reloadProblem.IsDue(out long attempts))
        {
            LogReloading(reason, attempts);
        }

        Reloads++;
        _replica.Distrust();
        try
        {
            await _loader.ReloadAsync(_replica, cancellationToken).ConfigureAwait(false);
            _reloadReason = null;
            _scrubPosition = 0;
            _reloadProblem.HasEnded(out _);
            _reloadFailure.HasEnded(out _);
            LogReloaded(_replica.LastAppliedZxid);
        }
        catch (Exception e) when (e is LogCorruptException or LogTruncatedException or CheckpointException)
        {
            // The store may have moved on while it was read.
            if (_reloadFailure.IsDue(out long failures))
            {
                LogReloadFailed(failures, e.Message);
            }
        }
    }

    private async Task LookAsync(EnsembleView view, CancellationToken cancellationToken)
    {
        MemberView? leader = Election.LeaderOf(view);
        bool isMyself = leader?.Info.Id == _self.Id;
        if (leader is not null && !isMyself && !IsDead(leader))
        {
            // One that seems to hang would take a connection and say nothing, for longer than it takes to know that it is dead.
            if (leader.SilentFor < _options.DeadAfter / 2 && await TryFollowAsync(leader.Info, cancellationToken).ConfigureAwait(false))
            {
                return;
            }

            bool isReplaced = IsDead(leader)
                || (Leaderless > _options.IsolationTimeout && Election.IsCutOff(view, leader, member => !IsDead(member)));
            if (!isReplaced)
            {
                return;
            }
        }

        bool MayBeElected(MemberView member) => member != leader && member.IsConnected && !IsDead(member);

        // Not for ever: all of them may have handed over lately, and each would wait for the others.
        bool yields = _clock.GetTimestamp() < _yieldUntil && Leaderless < MaxYield && view.Successor != _self.Id
            && view.Members.Any(member => member.Info.Id != _self.Id && MayBeElected(member));

        // The epoch may be this server's own: it had begun to lead, and something came in between. The others wait for it.
        if (!yields && !_isStopping && _clock.GetTimestamp() >= _pauseUntil && (isMyself || Election.IsMyTurn(view, _self.Id, MayBeElected, Leaderless)))
        {
            await LeadAsync(view, cancellationToken).ConfigureAwait(false);
        }
    }

    private TimeSpan Leaderless => _clock.GetElapsedTime(_leaderlessSince);

    /// <summary>
    /// Silent for too long, as far as this server can tell: when it could not reach the store itself, nobody else may have. One whose process has gone, and that does
    /// not answer either, is dead at once.
    /// </summary>
    private bool IsDead(MemberView member)
    {
        bool canJudge = _beatingSince is { } since && _clock.GetElapsedTime(since) > _options.DeadAfter;
        return (canJudge && member.SilentFor > _options.DeadAfter)
            || (!member.IsConnected && _unreachable == (member.Info.Id, member.Info.Incarnation));
    }

    private async Task<bool> TryFollowAsync(MemberInfo leader, CancellationToken cancellationToken)
    {
        var channel = new LeaderChannel(_replica, leader, _clock, _waker.Wake);
        try
        {
            IPeerConnection connection = await _network.ConnectAsync(leader.PeerAddress, channel, cancellationToken).ConfigureAwait(false);
            _unreachable = null;
            _connectProblem.HasEnded(out _);
            _channel = channel;
            channel.Start(connection);
            return true;
        }
        catch (PeerUnreachableException e)
        {
            if (_connectProblem.IsDue(out long attempts))
            {
                LogUnreachable(leader.Id, leader.PeerAddress, attempts, e.Message);
            }

            _unreachable = (leader.Id, leader.Incarnation);
            return false;
        }
    }
}
