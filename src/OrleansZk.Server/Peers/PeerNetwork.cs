using System.Net.Sockets;
using System.Security.Authentication;
using Microsoft.Extensions.Options;
using OrleansZk.Core.Ensemble;

namespace OrleansZk.Server.Peers;

/// <summary>Opens connections to other servers.</summary>
internal sealed partial class PeerNetwork(
    PeerHandshake handshake,
    PeerTls tls,
    IOptions<PeerOptions> options,
    PeerConnectionFactory connections,
    ILogger<PeerNetwork> logger) : IPeerNetwork
{
    private readonly PeerOptions _options = options.Value;

    public ValueTask<IPeerConnection> ConnectAsync(string address, IPeerHandler handler, CancellationToken cancellationToken)
    {
        Task<Opened> opening = OpenAsync(address, cancellationToken);
        Task<IPeerConnection> connecting = GetConnectionAsync(opening);
        _ = RunAsync(opening, connecting, handler);
        return new ValueTask<IPeerConnection>(connecting);
    }

    private static async Task<IPeerConnection> GetConnectionAsync(Task<Opened> opening) => (await opening.ConfigureAwait(false)).Connection;

    /// <summary>Calls the handler from when the caller can have the connection on.</summary>
    private static async Task RunAsync(Task<Opened> opening, Task<IPeerConnection> connecting, IPeerHandler handler)
    {
        await ((Task)connecting).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (!connecting.IsCompletedSuccessfully)
        {
            return;
        }

        // Not on this thread, which is about to go on with whoever waits for the connection.
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        Opened opened = await opening.ConfigureAwait(false);
        await opened.Connection.RunAsync(handler).ConfigureAwait(false);
        await opened.Pipe.DisposeAsync().ConfigureAwait(false);
    }

    private async Task<Opened> OpenAsync(string address, CancellationToken cancellationToken)
    {
        if (!PeerAddress.TryParse(address, out string host, out int port))
        {
            throw new PeerUnreachableException($"'{address}' is not host:port", isRefused: false);
        }

        Socket socket = await ConnectAsync(address, host, port, cancellationToken).ConfigureAwait(false);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(_options.PeerHandshakeTimeout);
        Stream stream = new NetworkStream(socket, ownsSocket: true);
        StreamDuplexPipe? pipe = null;
        try
        {
            if (tls.IsOn)
            {
                stream = await tls.DialAsync(stream, host, limit.Token).ConfigureAwait(false);
            }

            pipe = new StreamDuplexPipe(stream);
            int version = await handshake.DialAsync(pipe, limit.Token).ConfigureAwait(false);
            LogConnected(address, version);
            return new Opened(connections.Create(pipe, address, socket.Dispose), pipe);
        }
        catch (Exception e)
        {
            if (pipe is not null)
            {
                await pipe.DisposeAsync().ConfigureAwait(false);
            }

            await stream.DisposeAsync().ConfigureAwait(false);
            cancellationToken.ThrowIfCancellationRequested();
            if (e is not (PeerHandshakeException or AuthenticationException or IOException or OperationCanceledException))
            {
                throw;
            }

            string reason = e is OperationCanceledException
                ? $"no handshake within {_options.PeerHandshakeTimeout} ms ({nameof(PeerOptions.PeerHandshakeTimeout)})"
                : e.Message;
            LogRefused(address, reason);
            throw new PeerUnreachableException($"{address} is no server of this ensemble: {reason}", isRefused: false, e);
        }
    }

    private async Task<Socket> ConnectAsync(string address, string host, int port, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(_options.PeerConnectTimeout);
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(host, port, limit.Token).ConfigureAwait(false);
            return socket;
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException)
        {
            socket.Dispose();
            cancellationToken.ThrowIfCancellationRequested();
            string reason = e is SocketException
                ? e.Message
                : $"no connection within {_options.PeerConnectTimeout} ms ({nameof(PeerOptions.PeerConnectTimeout)})";
            bool isRefused = e is SocketException { SocketErrorCode: SocketError.ConnectionRefused };
            throw new PeerUnreachableException($"{address} cannot be reached: {reason}", isRefused, e);
        }
    }

    [LoggerMessage(Level = LogLevel.Debug, Message = "Connected to the server at {Peer}, protocol version {Version}")]
    private partial void LogConnected(string peer, int version);

    [LoggerMessage(Level = LogLevel.Warning, Message = "No connection to the server at {Peer}: {Reason}")]
    private partial void LogRefused(string peer, string reason);

    private sealed record Opened(PeerConnection Connection, StreamDuplexPipe Pipe);
}
