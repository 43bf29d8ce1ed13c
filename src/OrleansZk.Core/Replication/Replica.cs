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
    // Readers get a turn after so many transactions of one group.
    private const int AppliedPerTurn = 128;

    private readonly ReaderWriterLockSlim _lock = new(LockRecursionPolicy.NoRecursion);
    private readonly ApplyContext _context;
    private readonly List<ClientConnection> _touched = [];
    private readonly List<ClientConnection> _dropSoon = [];
    private readonly JuteWriter _eventFrame = new();
    private readonly SubmissionQueue _submissions;
    private readonly ILogger _logger;
    private ILeader? _leader;

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
        _submissions = new SubmissionQueue(identity, limits, scheduler);
        _context = new ApplyContext(Tree, Sessions);
    }

    public ReplicaIdentity Identity { get; }

    public ReplicaLimits Limits { get; }

    public DataTree Tree { get; } = new();

    public SessionTable Sessions { get; } = new();

    public WatchSet Watches { get; } = new();

    public ConnectionRegistry Connections { get; }

    public AccessControl Access { get; }

    /// <summary>The zxid of the newest transaction that reads can see.</summary>
    public long LastAppliedZxid { get; private set; }

    internal SessionPassword Password { get; }

    internal TimeProvider Clock { get; }

    /// <summary>Transactions applied since the replica was created.</summary>
    public long AppliedCount { get; private set; }

    /// <summary>What the tree's digest was at some of the newest transactions.</summary>
    public DigestHistory Digests { get; } = new();

    /// <summary>Writes that the leader has not answered yet.</summary>
    public int Outstanding => _submissions.Count;

    /// <summary>Names the leader; before that, no client may be connected.</summary>
    public void SetLeader(ILeader leader)
    {
        _leader = leader;
        _submissions.SetLeader(leader);
    }

    /// <summary>Takes a client's connection.</summary>
    /// <param name="clientAddress">Address and port, for people.</param>
    /// <param name="clientIp">The address alone, for ACLs.</param>
    public ClientConnection Connect(IConnectionTransport transport, string clientAddress, string clientIp)
    {
        var connection = new ClientConnection(this, transport, Connections.NextToken(), clientAddress, clientIp);
        Connections.Add(connection);
        return connection;
    }

    /// <summary>Completes when more requests may be received.</summary>
    public ValueTask WaitForRoomAsync() => _submissions.WaitForRoomAsync();

    /// <summary>Completes when the leader has decided on everything that was submitted.</summary>
    public Task WaitUntilAnsweredAsync() => _submissions.WaitUntilAnsweredAsync();

    /// <summary>Ends the connections that have not shaken hands in time.</summary>
    public void DropSilent(TimeSpan handshakeTimeout)
    {
        foreach (ClientConnection connection in Connections.Snapshot())
        {
            if (!connection.IsEstablished && Clock.GetElapsedTime(connection.ConnectedAt) > handshakeTimeout)
            {
                LogDropped(connection.SessionId, connection.ClientAddress);
                connection.Drop();
            }
        }
    }

    /// <summary>Tells the leader which clients were heard of. To be called at least every half tick.</summary>
    public void ReportActivity()
    {
        List<SessionActivity> activity = Connections.TakeActivity();
        if (activity.Count > 0)
        {
            _leader?.ReportActivity(activity);
        }
    }

    /// <summary>Applies a committed transaction while the replica is being loaded, before it has clients.</summary>
    public void Replay(Transaction transaction)
    {
        _context.Apply(transaction);
        LastAppliedZxid = transaction.Zxid;
        Digests.Note(transaction.Zxid, Tree.Digest);
    }

    /// <summary>Says what the loaded checkpoint stands at.</summary>
    public void SetLoaded(long zxid) => LastAppliedZxid = zxid;

    public void Dispose() => _lock.Dispose();

    /// <inheritdoc/>
    public void Deliver(IReadOnlyList<Sequenced> group)
    {
        _submissions.Settle(group);
        for (int i = 0; i < group.Count; i += AppliedPerTurn)
        {
            _lock.EnterWriteLock();
            try
            {
                long now = Clock.GetTimestamp();
                int end = Math.Min(group.Count, i + AppliedPerTurn);
                for (int j = i; j < end; j++)
                {
                    Apply(group[j], now);
                }
            }
            finally
            {
                _lock.ExitWriteLock();
            }

            FlushTouched();
        }
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
            // Who may not read the node does not hear of it either (CVE-2024-23944); the watch is used up all the same.
            if (Access.Allows(acl, Permissions.Read, watcher.Identities))
            {
                watcher.SendEvent(_eventFrame.Written);
                Touch(watcher);
            }
        }
    }

    /// <summary>Begins a stretch of reading the tree. Not to be nested.</summary>
    public void EnterRead() => _lock.EnterReadLock();

    public void ExitRead() => _lock.ExitReadLock();

    /// <summary>Cuts the tree for a checkpoint.</summary>
    internal (CheckpointHeader Header, TreeCut Nodes, List<SessionChange> Sessions) BeginCut()
    {
        _lock.EnterWriteLock();
        try
        {
            var header = new CheckpointHeader(LastAppliedZxid, Tree.Digest, Clock.GetUtcNow().ToUnixTimeMilliseconds());
            return (header, Tree.Changes.BeginCut(), Sessions.Cut());
        }
        finally
        {
            _lock.ExitWriteLock();
        }
    }

    /// <summary>Ends a cut, whose changes stay to be written when its checkpoint failed.</summary>
    internal void EndCut(bool written, List<SessionChange> sessions)
    {
        _lock.EnterWriteLock();
        try
        {
            Tree.Changes.EndCut(written);
            if (!written)
            {
                Sessions.Restore(sessions);
            }
        }
        finally
        {
            _lock.ExitWriteLock();
        }
    }

    internal long NextSessionId() => Connections.NextSessionId();

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

    /// <summary>Makes a connection the one that speaks for its session. Called with the write lock, or for a connection that has just been refused.</summary>
    internal void Establish(ClientConnection connection)
    {
        if (Connections.Establish(connection) is { } before)
        {
            DropSoon(before);
        }
    }

    /// <summary>Ends a connection after the group that is being applied.</summary>
    internal void DropSoon(ClientConnection connection)
    {
        if (!_dropSoon.Contains(connection))
        {
            _dropSoon.Add(connection);
        }
    }

    internal void Remove(ClientConnection connection) => Connections.Remove(connection);

    private void Apply(in Sequenced item, long now)
    {
        Stat stat = default;
        if (item.Transaction is { } transaction)
        {
            stat = _context.Apply(transaction);
            LastAppliedZxid = transaction.Zxid;
            AppliedCount++;
            Digests.Note(transaction.Zxid, Tree.Digest);
            Watches.Fire(_context.Changes, this);
            DropOthers(_context.ClosedSession ?? _context.MovedSession?.SessionId, item.Request.Connection);
        }

        if (item.Request.Connection is { } asker)
        {
            asker.Complete(item, stat, _context, now);
            Touch(asker);
        }
    }

    /// <summary>Ends the connection of a session that was closed, or goes on over another one.</summary>
    private void DropOthers(long? sessionId, ClientConnection? except)
    {
        if (sessionId is { } id && Connections.OfSession(id) is { } connection && !ReferenceEquals(connection, except))
        {
            DropSoon(connection);
        }
    }

    private void Touch(ClientConnection connection)
    {
        if (!connection.IsTouched)
        {
            connection.IsTouched = true;
            _touched.Add(connection);
        }
    }

    private void FlushTouched()
    {
        bool elsewhere = _touched.Count > 1;
        foreach (ClientConnection connection in _touched)
        {
            connection.IsTouched = false;
            connection.Flush(elsewhere);
        }

        _touched.Clear();
        foreach (ClientConnection connection in _dropSoon)
        {
            LogDropped(connection.SessionId, connection.ClientAddress);
            connection.Drop();
        }

        _dropSoon.Clear();
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Ended the connection of session 0x{SessionId:x} from {Client}")]
    private partial void LogDropped(long sessionId, string client);
}
