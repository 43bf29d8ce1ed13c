using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Orleans.Streams;
using OrleansZk.Client;

namespace OrleansZk.Grains;

/// <summary>A session over a cluster client: survives the loss of a gateway, and of the silo that its grain was on.</summary>
/// <remarks>
/// Requests that were on their way when the silo was lost end with <see cref="ErrorCode.ConnectionLoss"/>, as with any ZooKeeper client; those that were not sent yet
/// wait until the session goes on elsewhere, for a session's timeout at most. Watches are armed again there, and what they missed is told.
/// </remarks>
public sealed partial class GrainZooKeeper : SessionClient
{
    private const int MostInBatch = 256;

    // A node holds a megabyte at most, and a message of Orleans a hundred.
    private const int MostReadsInBatch = 64;
    private const int MostBytesInBatch = 1 << 20;

    // Events that the grain keeps until it hears that they have arrived.
    private const int MostUnacknowledged = 4096;
    private const int MostBatches = 4;

    private readonly Lock _gate = new();
    private readonly ISessionGrain _grain;
    private readonly TimeProvider _clock;
    private readonly ILogger _logger;
    private readonly Queue<PendingCall> _unsent = new();
    private readonly List<Batch> _inFlight = [];
    private readonly DeliveryOrder<(PendingCall? Call, ClientReply? Reply, WatchedEvent Event)> _order = new();
    private readonly CancellationTokenSource _ending = new();
    private readonly TimeSpan _timeout;
    private StreamSubscriptionHandle<StreamedEvent>? _subscription;
    private long _attachment;
    private long _nextNumber;
    private int _unacknowledged;
    private ErrorCode _ended;

    private GrainZooKeeper(IClusterClient client, Attachment opened)
    {
        SessionId = opened.SessionId;
        _timeout = TimeSpan.FromMilliseconds(opened.Timeout);
        _grain = client.GetGrain<ISessionGrain>(opened.SessionId);
        _clock = client.ServiceProvider.GetService<TimeProvider>() ?? TimeProvider.System;
        _logger = (ILogger?)client.ServiceProvider.GetService<ILogger<GrainZooKeeper>>() ?? NullLogger.Instance;
    }

    public override long SessionId { get; }

    public override TimeSpan SessionTimeout => _timeout;

    /// <summary>Opens a session.</summary>
    /// <param name="client">Connected, or a silo's own.</param>
    /// <exception cref="KeeperException">The cluster has no leader that could open one at the moment.</exception>
    public static async Task<GrainZooKeeper> OpenAsync(
        IClusterClient client, GrainZooKeeperOptions? options = null, CancellationToken cancellationToken = default)
    {
        options ??= new GrainZooKeeperOptions();
        Attachment opened = await client.GetGrain<ISessionGateGrain>(0).Open((int)options.SessionTimeout.TotalMilliseconds)
            .WaitAsync(cancellationToken).ConfigureAwait(false);
        if (opened.Id == 0)
        {
            throw new KeeperException(ErrorCode.ConnectionLoss);
        }

        var session = new GrainZooKeeper(client, opened);
        session.Begin(opened.Id);
        session._beating = session.BeatAsync();
        try
        {
            if (options.StreamProvider is { } provider)
            {
                await session.SubscribeAsync(client.GetStreamProvider(provider)).ConfigureAwait(false);
            }

            return session;
        }
        catch
        {
            await session.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Closes the session.</summary>
    public override async ValueTask DisposeAsync()
    {
        if (_ending.IsCancellationRequested)
        {
            return;
        }

        await _ending.CancelAsync().ConfigureAwait(false);
        await _beating.ConfigureAwait(false);
        if (State != KeeperState.Expired)
        {
            await TryAsync(_grain.Close).ConfigureAwait(false);
        }

        if (_subscription is { } subscription)
        {
            await TryAsync(subscription.UnsubscribeAsync).ConfigureAwait(false);
        }

        Finish(KeeperState.Closed, ErrorCode.SessionExpired);
        await EndAsync().ConfigureAwait(false);
        _ending.Dispose();
    }

    protected override void Send(PendingCall call)
    {
        lock (_gate)
        {
            if (_ended != ErrorCode.Ok)
            {
                Answer(call, new ClientReply(_ended, 0));
                return;
            }

            _unsent.Enqueue(call);
            SendBatches();
        }
    }

    protected override void OnCallbackFailed(Exception failure) => LogCallbackFailed(failure, SessionId);

    /// <summary>Does what need not succeed: a session that is not closed ends by its timeout.</summary>
    private async Task TryAsync(Func<Task> call)
    {
        try
        {
            await call().WaitAsync(_timeout, _clock).ConfigureAwait(false);
        }
#pragma warning disable CA1031 // The session is closed for its owner all the same.
        catch (Exception e)
#pragma warning restore CA1031
        {
            LogLost(SessionId, e.Message);
        }
    }

    private async Task SubscribeAsync(IStreamProvider provider)
    {
        IAsyncStream<StreamedEvent> stream = provider.GetStream<StreamedEvent>(WatchStreams.Of(SessionId));
        _subscription = await stream.SubscribeAsync((e, _) =>
        {
            Accept(e);
            return Task.CompletedTask;
        }).ConfigureAwait(false);
    }

    private void Begin(long attachment)
    {
        lock (_gate)
        {
            if (_ended != ErrorCode.Ok)
            {
                return;
            }

            _attachment = attachment;
            _nextNumber = 1;
            Become(KeeperState.SyncConnected);
            SendBatches();
        }
    }

    /// <summary>Called with the lock.</summary>
    private void SendBatches()
    {
        while (_attachment != 0 && _unsent.Count > 0 && _inFlight.Count < MostBatches)
        {
            var calls = new List<PendingCall>(Math.Min(_unsent.Count, MostInBatch));
            int bytes = 0;
            int reads = 0;
            while (calls.Count < MostInBatch && bytes < MostBytesInBatch && reads < MostReadsInBatch && _unsent.TryDequeue(out PendingCall? call))
            {
                calls.Add(call);
                bytes += call.Request.Size;
                reads += call.Request.Code == OpCode.GetData ? 1 : 0;
            }

            var batch = new Batch(_attachment, _nextNumber, calls);
            _nextNumber += calls.Count;
            _inFlight.Add(batch);
            _ = ExecuteAsync(batch, _order.Last);
        }
    }

    private async Task ExecuteAsync(Batch batch, long seen)
    {
        SessionAnswer answer;
        try
        {
            answer = await _grain.Execute(new SessionBatch(batch.Attachment, batch.First, [.. batch.Calls.Select(call => call.Request)], seen)).ConfigureAwait(false);
        }
#pragma warning disable CA1031 // Whatever it was, the requests must not wait for an answer for ever.
        catch (Exception e)
#pragma warning restore CA1031
        {
            LogLost(SessionId, e.Message);
            Lose(batch.Attachment);
            return;
        }

        lock (_gate)
        {
            if (!_inFlight.Remove(batch))
            {
                // Given up meanwhile.
                return;
            }

            for (int i = 0; i < answer.Replies.Count; i++)
            {
                (long number, ClientReply reply) = answer.Replies[i];
                if (number == 0)
                {
                    Answer(batch.Calls[i], reply);
                }
                else
                {
                    _order.Add(number, (batch.Calls[i], reply, default));
                }
            }

            PassOn(answer.Events);
            if (!answer.WasTaken)
            {
                // Not executed, and not to be: they may be sent again, ahead of those that came later.
                List<PendingCall> later = [.. _unsent];
                _unsent.Clear();
                batch.Calls.Concat(later).ToList().ForEach(_unsent.Enqueue);
            }

            if (!answer.IsAttached)
            {
                Lose(batch.Attachment);
            }

            SendBatches();
        }
    }

    private void Accept(StreamedEvent streamed)
    {
        lock (_gate)
        {
            if (streamed.Attachment == _attachment)
            {
                PassOn([streamed.Event]);
            }
        }
    }

    /// <summary>Called with the lock.</summary>
    private void PassOn(IReadOnlyList<NumberedEvent> events)
    {
        foreach (NumberedEvent numbered in events)
        {
            _order.Add(numbered.Number, (null, null, numbered.Event));
        }

        while (_order.TryTake(out (PendingCall? Call, ClientReply? Reply, WatchedEvent Event) item))
        {
            if (item.Call is { } call)
            {
                Answer(call, item.Reply!);
            }
            else
            {
                Tell(item.Event);
                _unacknowledged++;
            }
        }

        if (_unacknowledged >= MostUnacknowledged)
        {
            _unacknowledged = 0;
            _ = HeartbeatAsync();
        }
    }

    private void Finish(KeeperState state, ErrorCode error)
    {
        lock (_gate)
        {
            if (_ended != ErrorCode.Ok)
            {
                return;
            }

            _ended = error;
            _attachment = 0;
            FailInFlight(error);
            while (_unsent.TryDequeue(out PendingCall? call))
            {
                Answer(call, new ClientReply(error, 0));
            }

            Become(state);
        }
    }

    private void FailInFlight(ErrorCode error)
    {
        // An answer that waits for an event before it does not get that any more, and must not be seen without it.
        IEnumerable<PendingCall> early = _order.Begin().Select(item => item.Call).OfType<PendingCall>();
        foreach (PendingCall call in early.Concat(_inFlight.SelectMany(batch => batch.Calls)))
        {
            Answer(call, new ClientReply(error, 0));
        }

        _inFlight.Clear();
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Session 0x{SessionId:x} has lost its silo for now: {Reason}")]
    private partial void LogLost(long sessionId, string reason);

    [LoggerMessage(Level = LogLevel.Error, Message = "A watcher of session 0x{SessionId:x} threw")]
    private partial void LogCallbackFailed(Exception failure, long sessionId);

    private sealed record Batch(long Attachment, long First, List<PendingCall> Calls);
}
