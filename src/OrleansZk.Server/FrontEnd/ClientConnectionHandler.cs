using System.Buffers;
using System.IO.Pipelines;
using System.Net;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using OrleansZk.Core.Diagnostics;
using OrleansZk.Core.Sessions;
using OrleansZk.Protocol;
using OrleansZk.Server.FourLetterWords;
using OrleansZk.Server.Hosting;

namespace OrleansZk.Server.FrontEnd;

/// <summary>The client port: takes a socket's bytes to a connection of the replica, or to a four-letter word.</summary>
internal sealed partial class ClientConnectionHandler(
    Engine engine,
    ConnectionLimiter limiter,
    Farewells farewells,
    FourLetterWordService fourLetterWords,
    TimeProvider clock,
    ILogger<ClientConnectionHandler> logger) : ConnectionHandler
{
    private readonly RepeatedEvent _refusals = new(clock);

    public override async Task OnConnectedAsync(ConnectionContext context)
    {
        var remote = (IPEndPoint?)context.RemoteEndPoint ?? new IPEndPoint(IPAddress.None, 0);
        IPAddress address = remote.Address.IsIPv4MappedToIPv6 ? remote.Address.MapToIPv4() : remote.Address;
        if (!limiter.TryEnter(address))
        {
            if (_refusals.IsDue(out long count))
            {
                LogRefused(address, count);
            }

            context.Abort();
            return;
        }

        try
        {
            await ServeAsync(context, new IPEndPoint(address, remote.Port)).ConfigureAwait(false);
        }
        finally
        {
            // Not before: a client that has ended its side may still be served. And not at once: its last output may still be on its way.
            context.ConnectionClosed.UnsafeRegister(_ => limiter.Leave(address), null);
        }
    }

    private async Task ServeAsync(ConnectionContext context, IPEndPoint remote)
    {
        PipeReader input = context.Transport.Input;
        var transport = new SocketTransport(context.Transport.Output, context.Abort);
        ClientConnection connection = engine.Replica.Connect(transport, remote.ToString(), remote.Address.ToString());
        transport.Connection = connection;
        transport.WakeReader = input.CancelPendingRead;
        CancellationToken stopping = context.Features.Get<IConnectionLifetimeNotificationFeature>()?.ConnectionClosedRequested ?? default;
        CancellationTokenRegistration onStopping = stopping.Register(() =>
        {
            connection.ReleaseBrake();
            input.CancelPendingRead();
        });
        try
        {
            if (!await fourLetterWords.TryAnswerAsync(input, context.Transport.Output, connection).ConfigureAwait(false))
            {
                await ReceiveAsync(input, connection, transport, stopping).ConfigureAwait(false);
            }

            await FinishAsync(context, connection, transport, mayHaveMore: stopping.IsCancellationRequested).ConfigureAwait(false);
        }
        catch (Exception e) when (e is InvalidFrameException or JuteException)
        {
            LogMalformed(remote, connection.SessionId, e.Message);
            context.Abort();
        }
        catch (Exception e) when (e is ConnectionResetException or ConnectionAbortedException or OperationCanceledException or IOException)
        {
            LogLost(remote, connection.SessionId);
            context.Abort();
        }
#pragma warning disable CA1031 // Whatever happened, it is this connection's alone.
        catch (Exception e)
#pragma warning restore CA1031
        {
            LogFailed(remote, connection.SessionId, e);
            context.Abort();
        }
        finally
        {
            await onStopping.DisposeAsync().ConfigureAwait(false);
            connection.Close();
            await transport.CloseAsync().ConfigureAwait(false);
        }
    }

    /// <summary>Sends the rest. The socket is closed once the client has taken that, or has had its time; nobody waits for it here.</summary>
    /// <param name="mayHaveMore">True when the client has not said that it ends: it may still be sending.</param>
    private async Task FinishAsync(ConnectionContext context, ClientConnection connection, SocketTransport transport, bool mayHaveMore)
    {
        await transport.SendRestAsync().ConfigureAwait(false);
        farewells.Add(context);
        connection.Close();
        await transport.CloseAsync().ConfigureAwait(false);
        await context.Transport.Output.CompleteAsync().ConfigureAwait(false);
        if (mayHaveMore)
        {
            await ReadToEndAsync(context.Transport.Input).ConfigureAwait(false);
        }
    }

    /// <summary>Does not hear what the client still says: a socket that is closed with unread bytes is reset, and the last answers with it.</summary>
    private static async ValueTask ReadToEndAsync(PipeReader input)
    {
        try
        {
            ReadResult result;
            do
            {
                result = await input.ReadAsync(CancellationToken.None).ConfigureAwait(false);
                input.AdvanceTo(result.Buffer.End);
            }
            while (!result.IsCompleted);
        }
        catch (ConnectionAbortedException)
        {
            // Everything was sent, and so the transport has closed.
        }
    }

    private async Task ReceiveAsync(PipeReader input, ClientConnection connection, SocketTransport transport, CancellationToken stopping)
    {
        while (!connection.IsEnding)
        {
            ReadResult result = await input.ReadAsync(CancellationToken.None).ConfigureAwait(false);
            ReadOnlySequence<byte> buffer = result.Buffer;
            SocketThread.Enter();
            while (connection.Receive(ref buffer) && !transport.IsClosed)
            {
                await WaitForTurnAsync(connection, transport).ConfigureAwait(false);
                SocketThread.Enter();
            }

            input.AdvanceTo(buffer.Start, buffer.End);
            if (result.IsCompleted || transport.IsClosed || stopping.IsCancellationRequested)
            {
                break;
            }

            if (connection.Outstanding > 0)
            {
                await engine.Replica.WaitForRoomAsync().ConfigureAwait(false);
            }

            await SocketThread.LeaveAsync().ConfigureAwait(false);
        }

        if (stopping.IsCancellationRequested)
        {
            await AnswerTheRestAsync(connection, transport).ConfigureAwait(false);
        }
    }

    /// <summary>What was accepted is finished: the answers of what is on its way still go out.</summary>
    private async ValueTask AnswerTheRestAsync(ClientConnection connection, SocketTransport transport)
    {
        while (!connection.IsEnding && connection.Outstanding > 0 && !transport.IsClosed)
        {
            await connection.WaitUntilAnsweredAsync().ConfigureAwait(false);
            ReadOnlySequence<byte> nothing = ReadOnlySequence<byte>.Empty;
            if (connection.Receive(ref nothing))
            {
                await WaitForTurnAsync(connection, transport).ConfigureAwait(false);
            }
        }
    }

    /// <summary>Completes when the client has taken what is ready for it, there is room for more requests, and others have had their turn.</summary>
    private async ValueTask WaitForTurnAsync(ClientConnection connection, SocketTransport transport)
    {
        await transport.WaitUntilSentAsync().ConfigureAwait(false);
        await connection.WaitForRoomAsync().ConfigureAwait(false);
        await engine.Replica.WaitForRoomAsync().ConfigureAwait(false);
        await SocketThread.LeaveAsync().ConfigureAwait(false);
    }

    [LoggerMessage(
        Level = LogLevel.Warning,
        Message = "Refused a connection from {Address}: too many already (MaxClientConnections, MaxConnections); {Count} refused since this was logged last")]
    private partial void LogRefused(IPAddress address, long count);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Closing the connection from {Client}, session 0x{SessionId:x}: {Reason}")]
    private partial void LogMalformed(IPEndPoint client, long sessionId, string reason);

    [LoggerMessage(Level = LogLevel.Error, Message = "Closing the connection from {Client}, session 0x{SessionId:x}: it could not be served")]
    private partial void LogFailed(IPEndPoint client, long sessionId, Exception failure);

    [LoggerMessage(Level = LogLevel.Debug, Message = "Lost the connection from {Client}, session 0x{SessionId:x}")]
    private partial void LogLost(IPEndPoint client, long sessionId);
}
