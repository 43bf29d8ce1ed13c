using Microsoft.Extensions.Options;
using Orleans.Concurrency;
using Orleans.Placement;
using Orleans.Streams;
using Orleans.Streams.Core;
using Orleans.Streams.PubSub;
using OrleansZk.Client;
using OrleansZk.Grains;
using OrleansZk.Protocol.Records;
using OrleansZk.Server.Configuration;
using OrleansZk.Server.Hosting;
using OrleansZk.Server.Local;

namespace OrleansZk.Silo.Sessions;

/// <summary>A session served by the replica of this grain's silo. It keeps nothing that is not in the log but who is attached, and what that one has not seen yet.</summary>
[Reentrant, PreferLocalPlacement]
internal sealed partial class SessionGrain(Engine engine, IOptions<ServerOptions> options, ILogger<SessionGrain> logger) : Grain, ISessionGrain
{
    // As ZooKeeper's client does.
    private const int WatchesPerRequest = 128 << 10;

    // Of the stream's messages, which so carry more the further the stream is behind. Memory streams lose one of a megabyte, and others with it.
    private const int EventsPerMessage = 256;
    private const int CharactersPerMessage = 128 << 10;

    private LocalSession? _session;
    private IAsyncStream<StreamedEvent>? _stream;

    private long Id => this.GetPrimaryKeyLong();

    private IStreamProvider Streams => this.GetStreamProvider(options.Value.StreamProvider);

    public async Task<Attachment> Attach(AttachRequest request)
    {
        _session?.Close();
        var session = new LocalSession(engine.Replica, this.GetGrainId().ToString(), request.IsNew ? Id : 0);
        _session = session;
        ConnectResponse? response = await session.ConnectAsync(request.IsNew ? 0 : Id, request.Timeout, request.LastZxid);
        if (response is not { } connected)
        {
            DeactivateOnIdle();
            return new Attachment(Id, 0, 0);
        }

        if (connected.SessionId == 0)
        {
            DeactivateOnIdle();
            return new Attachment(0, 0, 0);
        }

        _ = PublishAsync(session);
        try
        {
            foreach (ClientRequest identity in request.Credentials)
            {
                await session.AskAsync(identity);
            }

            foreach (WatchList watches in request.Watches?.Split(WatchesPerRequest) ?? [])
            {
                await session.AskAsync(new ClientRequest(OpCode.SetWatches2) { Watches = watches });
            }
        }
        catch (KeeperException)
        {
            session.Close();
            return new Attachment(Id, 0, 0);
        }

        return new Attachment(Id, session.Attachment, connected.Timeout);
    }

    public async Task<SessionAnswer> Execute(SessionBatch batch)
    {
        if (_session is not { } session || session.Attachment != batch.Attachment)
        {
            return new SessionAnswer(false, false, [], []);
        }

        IReadOnlyList<NumberedReply>? replies = await session.ExecuteAsync(batch.First, batch.Requests);
        return new SessionAnswer(!session.IsClosed, replies is not null, replies ?? [], session.EventsAfter(batch.Seen));
    }

    public async Task<SessionAnswer> Heartbeat(long attachment, long seen)
    {
        if (_session is not { } session || session.Attachment != attachment)
        {
            return new SessionAnswer(false, false, [], []);
        }

        try
        {
            await session.AskAsync(new ClientRequest(OpCode.Ping));
        }
        catch (KeeperException)
        {
            // Ended: as the answer says.
        }

        return new SessionAnswer(!session.IsClosed, true, [], session.EventsAfter(seen));
    }

    public Task Watch(string path, AddWatchMode mode) => Attached().AskAsync(new ClientRequest(OpCode.AddWatch, path) { Number = (int)mode });

    public async Task<IReadOnlyList<string>> GetEphemerals() => (await Attached().AskAsync(new ClientRequest(OpCode.GetEphemerals, "/"))).Names;

    public async Task Close()
    {
        if (_session is not { IsClosed: false })
        {
            // Nobody is attached here: the session may live all the same.
            Attachment attached = await Attach(new AttachRequest(int.MaxValue, 0, [], null, IsNew: false));
            if (attached.SessionId == 0)
            {
                // It has ended already.
                return;
            }
        }

        await Attached().AskAsync(new ClientRequest(OpCode.CloseSession));
        DeactivateOnIdle();
    }

    public override Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        _session?.Close();
        return Task.CompletedTask;
    }

    /// <exception cref="KeeperException">Nobody is attached to the session, at least not here.</exception>
    private LocalSession Attached() => _session is { IsClosed: false } session ? session : throw new KeeperException(ErrorCode.ConnectionLoss);

    /// <summary>Puts events on the session's stream. What fails there comes with the client's next answer or heartbeat.</summary>
    private async Task PublishAsync(LocalSession session)
    {
        while (await session.TakeEventsAsync(EventsPerMessage, CharactersPerMessage) is { Count: > 0 } events)
        {
            if (events[0].Event.Path.Length > CharactersPerMessage)
            {
                // With the next answer or heartbeat.
                continue;
            }

            try
            {
                _stream ??= Streams.GetStream<StreamedEvent>(WatchStreams.Of(Id));
                await _stream.OnNextBatchAsync(events.Select(numbered => new StreamedEvent(session.Attachment, numbered)));
            }
#pragma warning disable CA1031 // Whatever the provider throws, the others are to be told.
            catch (Exception e)
#pragma warning restore CA1031
            {
                LogNotPublished(e, Id);
            }
        }

        if (_session == session)
        {
            if (!HasSession())
            {
                await EndStreamAsync();
            }

            DeactivateOnIdle();
        }
    }

    private bool HasSession()
    {
        engine.Replica.EnterRead();
        try
        {
            return engine.Replica.Sessions.Contains(Id);
        }
        finally
        {
            engine.Replica.ExitRead();
        }
    }

    /// <summary>Removes the subscriptions to the stream of a session that is over: a client that has vanished leaves its own.</summary>
    private async Task EndStreamAsync()
    {
        try
        {
            if (Streams.TryGetStreamSubscriptionManager(out IStreamSubscriptionManager? manager))
            {
                foreach (StreamSubscription left in await manager.GetSubscriptions(options.Value.StreamProvider, WatchStreams.Of(Id)))
                {
                    await manager.RemoveSubscription(options.Value.StreamProvider, WatchStreams.Of(Id), left.SubscriptionId);
                }
            }
        }
#pragma warning disable CA1031 // As above.
        catch (Exception e)
#pragma warning restore CA1031
        {
            LogNotEnded(e, Id);
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Events of session 0x{SessionId:x} could not be put on its stream")]
    private partial void LogNotPublished(Exception failure, long sessionId);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Subscriptions to the stream of session 0x{SessionId:x}, which is over, could not be removed")]
    private partial void LogNotEnded(Exception failure, long sessionId);
}
