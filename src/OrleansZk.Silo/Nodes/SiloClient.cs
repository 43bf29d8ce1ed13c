using OrleansZk.Client;
using OrleansZk.Protocol.Records;
using OrleansZk.Server.Hosting;
using OrleansZk.Server.Local;

namespace OrleansZk.Silo.Nodes;

/// <summary>The silo as a client of its own replica, for callers that have no session: one connection for reads, which so wait for no write, and one for writes.</summary>
internal sealed class SiloClient(Engine engine, TimeProvider clock) : BackgroundService
{
    private static readonly TimeSpan SessionTimeout = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan CatchUpLimit = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan AnswerLimit = TimeSpan.FromSeconds(1);

    private readonly Lazily _reading = new(engine, clock, "grains that read");
    private readonly Lazily _writing = new(engine, clock, "grains that write");

    /// <param name="seenZxid">That the caller has seen: the answer is no older.</param>
    /// <exception cref="KeeperException">The request was refused, or cannot be served now.</exception>
    public async Task<ClientReply> ReadAsync(ClientRequest request, long seenZxid)
    {
        if (engine.Replica.LastAppliedZxid < seenZxid)
        {
            using var limit = new CancellationTokenSource(CatchUpLimit, clock);
            try
            {
                await engine.Replica.WaitUntilAppliedAsync(seenZxid, limit.Token);
            }
            catch (OperationCanceledException)
            {
                throw new KeeperException(ErrorCode.OperationTimeout, request.Path);
            }
        }

        // That a node does not exist is an answer to some.
        ClientReply reply = await (await _reading.GetAsync()).TryAskAsync(request);
        return reply.Error == ErrorCode.Ok || (reply.Error == ErrorCode.NoNode && request.Code == OpCode.Exists)
            ? reply
            : throw new KeeperException(reply.Error, request.Path);
    }

    /// <inheritdoc cref="ReadAsync"/>
    public async Task<ClientReply> WriteAsync(ClientRequest request) => await (await _writing.GetAsync()).AskAsync(request);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(SessionTimeout / 3, clock);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
            {
                await _reading.PingAsync();
                await _writing.PingAsync();
            }
        }
        catch (OperationCanceledException)
        {
            await _reading.CloseAsync();
            await _writing.CloseAsync();
        }
    }

    /// <summary>A session that is opened when it is needed first, and again when it was lost.</summary>
    private sealed class Lazily(Engine engine, TimeProvider clock, string name)
    {
        private readonly Lock _gate = new();
        private Task<LocalSession>? _session;

        public Task<LocalSession> GetAsync()
        {
            lock (_gate)
            {
                return _session is { IsFaulted: false } session && (!session.IsCompletedSuccessfully || !session.Result.IsClosed)
                    ? session
                    : _session = OpenAsync();
            }
        }

        public async Task PingAsync()
        {
            if (_session is { IsCompletedSuccessfully: true } session)
            {
                await TryAskAsync(session.Result, OpCode.Ping);
            }
        }

        public async Task CloseAsync()
        {
            if (_session is { IsCompletedSuccessfully: true } session)
            {
                await TryAskAsync(session.Result, OpCode.CloseSession);
            }
        }

        private async Task TryAskAsync(LocalSession session, OpCode code)
        {
            try
            {
                await session.AskAsync(new ClientRequest(code)).WaitAsync(AnswerLimit, clock);
            }
            catch (Exception e) when (e is KeeperException or TimeoutException)
            {
                // Opened again when it is needed; without a leader there is nobody to ask.
            }
        }

        private async Task<LocalSession> OpenAsync()
        {
            var session = new LocalSession(engine.Replica, name);
            ConnectResponse? response;
            try
            {
                response = await session.ConnectAsync(0, (int)SessionTimeout.TotalMilliseconds, 0).WaitAsync(SessionTimeout / 3, clock);
            }
            catch (TimeoutException)
            {
                session.Close();
                throw new KeeperException(ErrorCode.ConnectionLoss);
            }

            return response is { SessionId: not 0 } ? session : throw new KeeperException(ErrorCode.ConnectionLoss);
        }
    }
}
