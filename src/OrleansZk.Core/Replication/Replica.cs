using Microsoft.Extensions.Logging;
using OrleansZk.Core.Access;
using OrleansZk.Core.Sessions;
using OrleansZk.Core.Transactions;
using OrleansZk.Core.Tree;
using OrleansZk.Core.Watches;
using OrleansZk.Protocol;

namespace OrleansZk.Core.Replication;

/// <summary>A whole copy of the state, with the clients that are connected to it: answers their reads, sends their writes to the leader.</summary>
/// <remarks>
/// Reads share a lock; applying a group of transactions has it alone. So a read sees whole transactions only, a watch is set at the very state its
/// answer shows, and an event is in a connection's output before any read of that connection can see the change. The lock is never held across I/O.
/// </remarks>
public sealed partial class Replica : IFollower, IWatchDelivery, IDisposable
{
    // Readers get a turn after so many transactions of one group, or when the time of a turn is over.
    private const int AppliedPerTurn = 128;
    private const int MaxYields = 64;

    private readonly ReaderWriterLockSlim _lock = new(LockRecursionPolicy.NoRecursion);
    private ApplyContext _context;
    private readonly JuteWriter _eventFrame = new();
    private readonly SubmissionQueue _submissions;
    private readonly ZxidWaiters _waiters = new();
    private readonly CloseAnswers _closeAnswers = new();
    private readonly ILogger _logger;
    private ILeader? _leader;
    private long _lastAppliedZxid;

    public Replica(
        ReplicaIdentity identity,
        ReplicaLimits limits,
        AccessControl access,
        SessionPassword password,
        TimeProvider clock,
        IWorkScheduler scheduler,
        ILogger<Replica> logger)
    {
        Identity = identity;
        Limits = limits;
        Access = access;
        Password = password;
        Clock = clock;
        _logger = logger;
        Connections = new ConnectionRegistry(identity, clock);
        Tracking = new CheckpointTracking(this, _lock);
        Output = new OutputBudget(limits.MaxUnsentBytesOfAll);
        _submissions = new SubmissionQueue(identity, limits, clock, scheduler);
        _context = new ApplyContext(Tree, Sessions);
    }

    public ReplicaIdentity Identity { get; }

    public ReplicaLimits Limits { get; }

    public DataTree Tree { get; private set; } = new();

    public SessionTable Sessions { get; private set; } = new();

    public WatchSet Watches { get; } = new();

    public ConnectionRegistry Connections { get; }

    public AccessControl Access { get; }

    /// <summary>The zxid of the newest transaction that reads can see.</summary>
    public long LastAppliedZxid
    {
        get => Volatile.Read(ref _lastAppliedZxid);
        private set => Volatile.Write(ref _lastAppliedZxid, value);
    }

    internal SessionPassword Password { get; }

    /// <summary>The password of a session, for a client that is of this process and trusted.</summary>
    public byte[] PasswordOf(long sessionId) => Password.For(sessionId);

    internal TimeProvider Clock { get; }

    /// <summary>Transactions applied since the replica was created.</summary>
    public long AppliedCount { get; private set; }

    /// <summary>What the tree's digest was at some of the newest transactions.</summary>
    public DigestHistory Digests { get; private set; } = new();

    /// <summary>What has changed since the last checkpoint.</summary>
    public CheckpointTracking Tracking { get; }

    /// <summary>A transaction that is passed over, as an operator has asked for, since it cannot be applied; 0 for none. All servers must pass over the same.</summary>
    public long SkippedZxid { get; init; }

    /// <summary>Where tests make the engine throw; null in a server.</summary>
    internal FaultPoints? Faults { get; set; }

    /// <summary>Writes that the leader has not answered yet.</summary>
    public int Outstanding => _submissions.Count;

    /// <summary>Names the leader, and submits to it what it has not received yet. Until then, and after <see cref="Suspend"/>, writes wait.</summary>
    /// <param name="receivedUpTo">The number of the newest request of this replica that the leader knows, 0 for a new one (see <see cref="WriteRequest.Origin"/>).</param>
    public void SetLeader(ILeader leader, long receivedUpTo = 0)
    {
        Connections.ReportAgain();
        _leader = leader;
        _submissions.SetLeader(leader, receivedUpTo);
    }

    /// <summary>Lets writes wait for the next leader; reads go on.</summary>
    public void Suspend()
    {
        _leader = null;
        _submissions.Suspend();
    }

    /// <summary>Looks at some nodes for damage (see <see cref="DataTree.FindDamaged"/>).</summary>
    /// <returns>A damaged node's path; null when there was none.</returns>
    public string? Scrub(ref int position, int most)
    {
        EnterRead();
        try
        {
            return Tree.FindDamaged(ref position, most)?.Path;
        }
        finally
        {
            ExitRead();
        }
    }

    /// <summary>Takes the whole state from elsewhere, in place of what the replica has. Its clients lose their connections: nobody knows which events they missed.</summary>
    public void Replace(DataTree tree, SessionTable sessions, long zxid)
    {
        DropClients(_ => true);
        foreach (ClientConnection connection in _submissions.Abandon(long.MaxValue))
        {
            connection.Drop();
        }

        _lock.EnterWriteLock();
        try
        {
            (Tree, Sessions, Digests) = (tree, sessions, new DigestHistory());
            _context = new ApplyContext(Tree, Sessions);
            LastAppliedZxid = zxid;
            IsTrusted = true;
            _closeAnswers.Clear();
            Tracking.Renew();
        }
        finally
        {
            _lock.ExitWriteLock();
        }

        _waiters.Release(zxid);
    }

    /// <summary>Gives up the requests whose fate cannot be found out any more, and the connections that wait for them.</summary>
    public void Abandon(long upTo)
    {
        foreach (ClientConnection connection in _submissions.Abandon(upTo))
        {
            LogDropped(connection.SessionId, connection.ClientAddress);
            connection.Drop();
        }
    }

    /// <summary>Completes when reads can see a transaction, and everything before it.</summary>
    public Task WaitUntilAppliedAsync(long zxid, CancellationToken cancellationToken)
    {
        if (LastAppliedZxid >= zxid)
        {
            return Task.CompletedTask;
        }

        Task applied = _waiters.WaitAsync(zxid, cancellationToken);

        // It may have been applied meanwhile.
        _waiters.Release(LastAppliedZxid);
        return applied;
    }

    /// <summary>Completes when more requests may be received.</summary>
    public ValueTask WaitForRoomAsync() => _submissions.WaitForRoomAsync();

    /// <summary>Completes when the leader has decided on everything that was submitted.</summary>
    public Task WaitUntilAnsweredAsync() => _submissions.WaitUntilAnsweredAsync();

    /// <summary>Applies a committed transaction while the replica is being loaded, before it has clients.</summary>
    public void Replay(Transaction transaction)
    {
        _context.Apply(transaction);
        LastAppliedZxid = transaction.Zxid;
        Digests.Note(transaction.Zxid, Tree.Digest);
    }

    /// <summary>Says what the loaded checkpoint stands at.</summary>
    public void SetLoaded(long zxid)
    {
        LastAppliedZxid = zxid;
        Digests.Note(zxid, Tree.Digest);
    }

    public void Dispose() => _lock.Dispose();

    /// <inheritdoc/>
    public void Deliver(Span<Sequenced> group)
    {
        Faults?.Pass(FaultPoint.Publish);
        _submissions.Settle(group);
        for (int i = 0; i < group.Length;)
        {
            _lock.EnterWriteLock();
            try
            {
                long now = Clock.GetTimestamp();
                var turn = new Turn(Clock, now, Limits.TurnTime);
                int end = Math.Min(group.Length, i + AppliedPerTurn);
                do
                {
                    Apply(group[i++], now);
                }
                while (i < end && !turn.IsOver);
            }
            catch
            {
                // The tree may have half a transaction, and readers are waiting for the lock. Whoever hears of the exception ends the process or replaces the state.
                IsTrusted = false;
                throw;
            }
            finally
            {
                _lock.ExitWriteLock();
            }

            FlushTouched();
            if (i < group.Length)
            {
                GiveWay();
            }
        }

        ServeThoseBehind();
    }

    /// <inheritdoc/>
    void IWatchDelivery.Deliver(HashSet<ClientConnection> watchers, EventType type, string path, AclList acl)
    {
        if (watchers.Count == 0)
        {
            return;
        }

        _eventFrame.Clear(keepUpTo: 1 << 16);
        WatchFrame.Write(_eventFrame, type, path, LastAppliedZxid);
        foreach (ClientConnection watcher in watchers)
        {
            if (watcher.SendEvent(_eventFrame.Written, acl))
            {
                Touch(watcher);
            }
        }

        RelieveOutput(soon: true);
    }

    /// <summary>Begins a stretch of reading the tree. Not to be nested.</summary>
    public void EnterRead() => _lock.EnterReadLock();

    public void ExitRead() => _lock.ExitReadLock();

    internal void Enlist(WriteRequest request) => _submissions.Add(request);

    internal void SubmitEnlisted() => _submissions.Send();

    /// <summary>Submits requests of the server itself.</summary>
    internal void SubmitOwn(IReadOnlyList<WriteRequest> requests)
    {
        foreach (WriteRequest request in requests)
        {
            _submissions.Add(request);
        }

        _submissions.Send();
    }

    /// <summary>Lets those in who wait to read: the lock goes to whoever is there first, and that would be this thread again.</summary>
    private void GiveWay()
    {
        for (int i = 0; i < MaxYields && _lock.WaitingReadCount > 0; i++)
        {
            Thread.Yield();
        }
    }

    private void Apply(in Sequenced item, long now)
    {
        if (item.Request?.Connection is { HasReady: true } sender)
        {
            sender.ExecuteBefore(now);
            Touch(sender);
        }

        Stat stat = default;
        if (item.Transaction is { } transaction)
        {
            Faults?.Pass(FaultPoint.Apply);
            stat = _context.Apply(transaction);
            Faults?.Pass(FaultPoint.Applied);
            LastAppliedZxid = transaction.Zxid;
            AppliedCount++;
            Digests.Note(transaction.Zxid, Tree.Digest);
            Watches.Fire(_context.Changes, this);
            DropFormer(item.Request);
        }

        Answer(_closeAnswers.Pass(item, Tree), stat, now);
        while (_closeAnswers.TryTake(Tree, out Sequenced close))
        {
            Answer(close, default, now);
        }
    }

    private void Answer(in Sequenced item, in Stat stat, long now)
    {
        if (item.Request?.Connection is { } asker)
        {
            asker.Complete(item, stat, _context, now);
            Touch(asker);
        }
    }

    /// <summary>Ends the connection of a session that was closed, or that goes on over another connection, be it at another server.</summary>
    private void DropFormer(WriteRequest? request)
    {
        long? session = _context.ClosedSession ?? _context.MovedSession?.SessionId;
        if (session is { } id && Connections.OfSession(id) is { } connection && !ReferenceEquals(connection, request?.Connection))
        {
            DropSoon(connection);
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Ended the connection of session 0x{SessionId:x} from {Client}")]
    private partial void LogDropped(long sessionId, string client);
}
