using System.IO.Pipelines;
using System.Net;
using System.Net.Sockets;
using System.Security.Authentication;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.Extensions.Options;
using OrleansZk.Core.Ensemble;

namespace OrleansZk.Server.Peers;

/// <summary>The peer port: takes connections of other servers to the engine, once they have proved what they are.</summary>
internal sealed partial class PeerConnectionHandler(
    PeerHandshake handshake,
    PeerTls tls,
    IPeerListener listener,
    IOptions<PeerOptions> options,
    PeerConnectionFactory connections,
    ILogger<PeerConnectionHandler> logger) : ConnectionHandler
{
    // Servers of an ensemble connect once each; strangers must not take more, however many they are.
    private const int MaxHandshakes = 64;

    private readonly int _handshakeTimeout = options.Value.PeerHandshakeTimeout;
    private int _handshakes;

    public override async Task OnConnectedAsync(ConnectionContext context)
    {
        string remote = Describe(context.RemoteEndPoint);
        StreamDuplexPipe? encrypted = null;
        bool isShakingHands = true;
        try
        {
            if (Interlocked.Increment(ref _handshakes) > MaxHandshakes)
            {
                LogRefused(remote, $"{MaxHandshakes} others have not proved yet what they are");
                context.Abort();
                return;
            }

            using (var limit = new CancellationTokenSource(_handshakeTimeout))
            {
                if (!await HasSpokenAsync(context.Transport.Input, limit.Token).ConfigureAwait(false))
                {
                    LogSilent(remote);
                    return;
                }

                if (tls.IsOn)
                {
                    Stream stream = await tls.AcceptAsync(new PipeStream(context.Transport), limit.Token).ConfigureAwait(false);
                    encrypted = new StreamDuplexPipe(stream);
                }

                int version = await handshake.AcceptAsync(encrypted ?? context.Transport, limit.Token).ConfigureAwait(false);
                LogAccepted(remote, version);
            }

            Interlocked.Decrement(ref _handshakes);
            isShakingHands = false;

            await RunAsync(context, encrypted ?? context.Transport, remote).ConfigureAwait(false);
        }
        catch (OperationCanceledException e) when (e is not ConnectionAbortedException)
        {
            LogRefused(remote, $"no handshake within {_handshakeTimeout} ms ({nameof(PeerOptions.PeerHandshakeTimeout)})");
            context.Abort();
        }
        catch (Exception e) when (e is PeerHandshakeException or AuthenticationException
            or IOException or SocketException or ConnectionAbortedException)
        {
            LogRefused(remote, e.Message);
        }
        finally
        {
            if (isShakingHands)
            {
                Interlocked.Decrement(ref _handshakes);
            }

            if (encrypted is not null)
            {
                await encrypted.DisposeAsync().ConfigureAwait(false);
            }
        }
    }

    private async Task RunAsync(ConnectionContext context, IDuplexPipe transport, string remote)
    {
        PeerConnection connection = connections.Create(transport, remote, context.Abort);
        IPeerHandler handler;
        try
        {
            handler = listener.Accept(connection);
        }
        catch (Exception e)
        {
            LogNotAccepted(e, remote);
            connection.Close();
            return;
        }

        CancellationToken stopping = context.Features.Get<IConnectionLifetimeNotificationFeature>()?.ConnectionClosedRequested ?? default;
        CancellationTokenRegistration onStopping = stopping.UnsafeRegister(
            static connection => ((PeerConnection)connection!).Close(), connection);
        await connection.RunAsync(handler).ConfigureAwait(false);
        await onStopping.DisposeAsync().ConfigureAwait(false);
    }

    /// <summary>Tells those who want something from those who only look whether somebody listens.</summary>
    private static async ValueTask<bool> HasSpokenAsync(PipeReader input, CancellationToken cancellationToken)
    {
        try
        {
            ReadResult result = await input.ReadAsync(cancellationToken).ConfigureAwait(false);
            input.AdvanceTo(result.Buffer.Start);
            return !result.Buffer.IsEmpty;
        }
        catch (ConnectionResetException)
        {
            return false;
        }
    }

    private static string Describe(EndPoint? endpoint) => endpoint switch
    {
        IPEndPoint { Address.IsIPv4MappedToIPv6: true } ip => new IPEndPoint(ip.Address.MapToIPv4(), ip.Port).ToString(),
        null => "an unknown address",
        _ => endpoint.ToString() ?? "",
    };

    [LoggerMessage(Level = LogLevel.Debug, Message = "Accepted a connection from the server at {Peer}, protocol version {Version}")]
    private partial void LogAccepted(string peer, int version);

    [LoggerMessage(Level = LogLevel.Debug, Message = "{Peer} has connected to the peer port and said nothing")]
    private partial void LogSilent(string peer);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Refused a connection to the peer port from {Peer}: {Reason}")]
    private partial void LogRefused(string peer, string reason);

    [LoggerMessage(Level = LogLevel.Error, Message = "The connection from the server at {Peer} could not be accepted")]
    private partial void LogNotAccepted(Exception failure, string peer);
}
