using System.Threading.Channels;

namespace OrleansZk.Client;

/// <summary>A session as its owner uses it, over whatever carries requests: turns calls into requests, and keeps answers, events and changes of state in order.</summary>
/// <remarks>
/// Answers and events are passed on by one loop, in the order in which the carrier hands them in . So a watcher was called before a call
/// returns what it was called for; watchers must not block.
/// </remarks>
public abstract class SessionClient : IZooKeeper
{
    private readonly Channel<Action> _inbox = Channel.CreateUnbounded<Action>(new UnboundedChannelOptions { SingleReader = true });
    private readonly List<ClientRequest> _credentials = [];
    private readonly Task _passingOn;
    private volatile int _state = (int)KeeperState.Disconnected;

    protected SessionClient() => _passingOn = PassOnAsync();

    public event Action<KeeperState>? StateChanged;

    public abstract long SessionId { get; }

    public abstract TimeSpan SessionTimeout { get; }

    public KeeperState State => (KeeperState)_state;

    /// <summary>The newest transaction that the client has seen.</summary>
    protected long LastZxid { get; private set; }

    /// <summary>What has to be told to a server that knows nothing of this client.</summary>
    protected WatchList Watches => Registry.List(LastZxid);

    /// <summary>The identities to be added there first.</summary>
    protected IReadOnlyList<ClientRequest> Credentials
    {
        get
        {
            lock (_credentials)
            {
                return [.. _credentials];
            }
        }
    }

    private WatchRegistry Registry { get; } = new();

    public async Task<CreatedNode> CreateAsync(
        string path,
        byte[]? data = null,
        CreateMode mode = CreateMode.Persistent,
        IReadOnlyList<Acl>? acl = null,
        TimeSpan? timeToLive = null,
        CancellationToken cancellationToken = default)
    {
        ClientReply reply = await AskAsync(ClientRequest.Create(path, data, mode, acl, timeToLive), cancellationToken).ConfigureAwait(false);
        return new CreatedNode(reply.Path ?? path, reply.Stat);
    }

    public Task DeleteAsync(string path, int version = -1, CancellationToken cancellationToken = default) =>
        AskAsync(new ClientRequest(OpCode.Delete, path) { Number = version }, cancellationToken);

    public async Task<Stat?> ExistsAsync(string path, Action<WatchedEvent>? watcher = null, CancellationToken cancellationToken = default)
    {
        var request = new ClientRequest(OpCode.Exists, path) { Watch = watcher is not null };
        ClientReply reply = await SendAsync(request, watcher, cancellationToken).ConfigureAwait(false);
        return reply.Error == ErrorCode.NoNode ? null : Checked(reply, path).Stat;
    }

    public async Task<NodeData> GetDataAsync(string path, Action<WatchedEvent>? watcher = null, CancellationToken cancellationToken = default)
    {
        var request = new ClientRequest(OpCode.GetData, path) { Watch = watcher is not null };
        ClientReply reply = Checked(await SendAsync(request, watcher, cancellationToken).ConfigureAwait(false), path);
        return new NodeData(reply.Data ?? [], reply.Stat);
    }

    public async Task<Stat> SetDataAsync(string path, byte[] data, int version = -1, CancellationToken cancellationToken = default) =>
        (await AskAsync(new ClientRequest(OpCode.SetData, path) { Data = data, Number = version }, cancellationToken).ConfigureAwait(false)).Stat;

    public async Task<NodeChildren> GetChildrenAsync(string path, Action<WatchedEvent>? watcher = null, CancellationToken cancellationToken = default)
    {
        var request = new ClientRequest(OpCode.GetChildren2, path) { Watch = watcher is not null };
        ClientReply reply = Checked(await SendAsync(request, watcher, cancellationToken).ConfigureAwait(false), path);
        return new NodeChildren(reply.Names, reply.Stat);
    }

    public async Task<NodeAcl> GetAclAsync(string path, CancellationToken cancellationToken = default)
    {
        ClientReply reply = await AskAsync(new ClientRequest(OpCode.GetAcl, path), cancellationToken).ConfigureAwait(false);
        return new NodeAcl(reply.Acl, reply.Stat);
    }

    public async Task<Stat> SetAclAsync(string path, IReadOnlyList<Acl> acl, int version = -1, CancellationToken cancellationToken = default) =>
        (await AskAsync(new ClientRequest(OpCode.SetAcl, path) { Acl = acl, Number = version }, cancellationToken).ConfigureAwait(false)).Stat;

    public Task SyncAsync(string path = "/", CancellationToken cancellationToken = default) => AskAsync(new ClientRequest(OpCode.Sync, path), cancellationToken);

    public async Task<IReadOnlyList<MultiResult>> MultiAsync(IReadOnlyList<MultiOperation> operations, CancellationToken cancellationToken = default)
    {
        var request = new ClientRequest(OpCode.Multi) { Parts = [.. operations.Select(ClientRequest.Of)] };
        ClientReply reply = await AskAsync(request, cancellationToken).ConfigureAwait(false);
        var results = new List<MultiResult>(reply.Parts.Count);
        int refused = -1;
        for (int i = 0; i < reply.Parts.Count; i++)
        {
            ClientReply part = reply.Parts[i];
            bool hasStat = part.Error == ErrorCode.Ok && operations[i] is MultiOperation.Create or MultiOperation.SetData && part.Stat != default;
            results.Add(new MultiResult(part.Error, part.Path, hasStat ? part.Stat : null));
            if (refused < 0 && part.Error is not (ErrorCode.Ok or ErrorCode.RuntimeInconsistency))
            {
                refused = i;
            }
        }

        return refused < 0 ? results : throw new MultiException(results[refused].Error, operations[refused].Path, results);
    }

    public Task AddWatchAsync(string path, AddWatchMode mode, Action<WatchedEvent> watcher, CancellationToken cancellationToken = default) =>
        AskAsync(new ClientRequest(OpCode.AddWatch, path) { Number = (int)mode }, cancellationToken, watcher);

    public Task RemoveWatchesAsync(string path, WatcherType type = WatcherType.Any, CancellationToken cancellationToken = default) =>
        AskAsync(new ClientRequest(OpCode.RemoveWatches, path) { Number = (int)type }, cancellationToken);

    public async Task<IReadOnlyList<string>> GetEphemeralsAsync(string prefix = "/", CancellationToken cancellationToken = default) =>
        (await AskAsync(new ClientRequest(OpCode.GetEphemerals, prefix), cancellationToken).ConfigureAwait(false)).Names;

    public Task AuthenticateAsync(string scheme, byte[] credentials, CancellationToken cancellationToken = default) =>
        AskAsync(new ClientRequest(OpCode.Auth, scheme) { Data = credentials }, cancellationToken);

    public abstract ValueTask DisposeAsync();

    /// <summary>Sends a request behind those that were sent before. The answer is to be handed in by <see cref="Answer"/>.</summary>
    protected abstract void Send(PendingCall call);

    /// <summary>Hands in an answer, behind the events that came before it.</summary>
    protected void Answer(PendingCall call, ClientReply reply)
    {
        bool isTaken = Enqueue(() =>
        {
            LastZxid = Math.Max(LastZxid, reply.Zxid);
            NoteWatches(call, reply);
            call.Answered.TrySetResult(reply);
        });
        if (!isTaken)
        {
            call.Answered.TrySetResult(reply);
        }
    }

    /// <summary>Hands in an event.</summary>
    protected void Tell(WatchedEvent e) => Enqueue(() =>
    {
        LastZxid = Math.Max(LastZxid, e.Zxid);
        foreach (Action<WatchedEvent> watcher in Registry.Take(e.Type, e.Path))
        {
            Call(watcher, e);
        }
    });

    /// <summary>Hands in a change of state.</summary>
    protected void Become(KeeperState state) => Enqueue(() =>
    {
        if ((KeeperState)_state is KeeperState.Expired or KeeperState.Closed || _state == (int)state)
        {
            return;
        }

        _state = (int)state;
        foreach (Action<KeeperState> handler in (StateChanged?.GetInvocationList() ?? []).Cast<Action<KeeperState>>())
        {
            Call(handler, state);
        }
    });

    /// <summary>Completes when everything that was handed in before was passed on: then <see cref="Watches"/> is complete.</summary>
    protected Task SettleAsync()
    {
        var settled = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        return Enqueue(settled.SetResult) ? settled.Task : Task.CompletedTask;
    }

    /// <summary>Passes on what was handed in, and then nothing more.</summary>
    protected Task EndAsync()
    {
        _inbox.Writer.TryComplete();
        return _passingOn;
    }

    /// <summary>A watcher or a handler threw. It is the caller's fault, and must not keep others from being told.</summary>
    protected virtual void OnCallbackFailed(Exception failure)
    {
    }

    private static ClientReply Checked(ClientReply reply, string path) =>
        reply.Error == ErrorCode.Ok ? reply : throw new KeeperException(reply.Error, path.Length == 0 ? null : path);

    private async Task<ClientReply> AskAsync(ClientRequest request, CancellationToken cancellationToken, Action<WatchedEvent>? watcher = null) =>
        Checked(await SendAsync(request, watcher, cancellationToken).ConfigureAwait(false), request.Path);

    private Task<ClientReply> SendAsync(ClientRequest request, Action<WatchedEvent>? watcher, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var call = new PendingCall(request, watcher);
        Send(call);
        return call.Answered.Task.WaitAsync(cancellationToken);
    }

    private void NoteWatches(PendingCall call, ClientReply reply)
    {
        ClientRequest request = call.Request;
        bool isOk = reply.Error == ErrorCode.Ok;
        WatchKind? kind = request.Code switch
        {
            OpCode.Exists when isOk => WatchKind.Data,
            OpCode.Exists when reply.Error == ErrorCode.NoNode => WatchKind.Exist,
            OpCode.GetData when isOk => WatchKind.Data,
            OpCode.GetChildren2 when isOk => WatchKind.Children,
            OpCode.AddWatch when isOk => request.Number == (int)AddWatchMode.Persistent ? WatchKind.Persistent : WatchKind.PersistentRecursive,
            _ => null,
        };
        if (kind is { } watched && call.Watcher is { } watcher)
        {
            Registry.Add(watched, request.Path, watcher);
        }
        else if (isOk && request.Code == OpCode.RemoveWatches)
        {
            Registry.Remove(request.Path, (WatcherType)request.Number);
        }
        else if (isOk && request.Code == OpCode.Auth)
        {
            lock (_credentials)
            {
                _credentials.Add(request);
            }
        }
    }

    private bool Enqueue(Action action) => _inbox.Writer.TryWrite(action);

    private void Call<T>(Action<T> callback, T argument)
    {
        try
        {
            callback(argument);
        }
#pragma warning disable CA1031 // The others are to be told all the same.
        catch (Exception e)
#pragma warning restore CA1031
        {
            OnCallbackFailed(e);
        }
    }

    private async Task PassOnAsync()
    {
        await foreach (Action action in _inbox.Reader.ReadAllAsync().ConfigureAwait(false))
        {
            action();
        }
    }

    /// <summary>A request that waits for its answer.</summary>
    protected sealed record PendingCall(ClientRequest Request, Action<WatchedEvent>? Watcher)
    {
        public TaskCompletionSource<ClientReply> Answered { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
