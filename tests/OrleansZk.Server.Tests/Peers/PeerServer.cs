using System.Net;
using System.Threading.Channels;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using OrleansZk.Core.Ensemble;
using OrleansZk.Server.Peers;

namespace OrleansZk.Server.Tests.Peers;

/// <summary>One server of an ensemble as far as its peers see it: a peer port on a free port of this machine, and a way to others.</summary>
internal sealed class PeerServer : IPeerListener, IAsyncDisposable
{
    /// <summary>The secret of the ensemble that servers belong to unless told otherwise.</summary>
    public static readonly byte[] Secret = [.. Enumerable.Range(1, PeerSecret.Length).Select(i => (byte)(i * 7))];

    private readonly WebApplication _app;
    private readonly Channel<Accepted> _accepted = Channel.CreateUnbounded<Accepted>();
    private ListenOptions? _listen;

    private PeerServer(Action<PeerOptions>? configure)
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.Logging.AddProvider(Log);
        builder.Logging.AddFilter<RecordedLog>(null, LogLevel.Debug);
        builder.Services.AddPeers(configure);
        builder.Services.AddSingleton<IPeerListener>(this);
        builder.Services.Configure<SocketTransportOptions>(sockets => sockets.UnsafePreferInlineScheduling = true);
        builder.WebHost.UseKestrelCore();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, listen =>
        {
            _listen = listen;
            listen.UsePeers();
        }));
        _app = builder.Build();
    }

    public RecordedLog Log { get; } = new();

    public int Port => _listen!.IPEndPoint!.Port;

    public string Address => $"127.0.0.1:{Port}";

    public IPeerNetwork Network => _app.Services.GetRequiredService<IPeerNetwork>();

    public PeerSecret OwnSecret => _app.Services.GetRequiredService<PeerSecret>();

    /// <summary>Makes the handler of the next connections that come in.</summary>
    public Func<IPeerConnection, RecordingHandler> Handlers { get; set; } = _ => new RecordingHandler();

    public int AcceptedCount { get; private set; }

    /// <param name="secret">Null for the usual one, empty for none.</param>
    public static async Task<PeerServer> StartAsync(Action<PeerOptions>? configure = null, byte[]? secret = null)
    {
        var server = new PeerServer(options =>
        {
            // Only tests of the limits are to meet them, however busy the machine is.
            options.PeerConnectTimeout = 60_000;
            options.PeerHandshakeTimeout = 60_000;
            configure?.Invoke(options);
        });
        secret ??= Secret;
        if (secret.Length > 0)
        {
            server.OwnSecret.Set(secret);
        }

        await server._app.StartAsync(TestContext.Current.CancellationToken);
        return server;
    }

    public ValueTask<IPeerConnection> ConnectAsync(string address, IPeerHandler handler) =>
        Network.ConnectAsync(address, handler, TestContext.Current.CancellationToken);

    public ValueTask<IPeerConnection> ConnectAsync(PeerServer other, IPeerHandler handler) => ConnectAsync(other.Address, handler);

    /// <summary>Takes the next connection that has come in.</summary>
    public ValueTask<Accepted> AcceptedAsync() => _accepted.Reader.ReadAsync(TestContext.Current.CancellationToken);

    /// <summary>Connects two servers.</summary>
    public static async Task<(IPeerConnection Dialer, RecordingHandler DialerHandler, IPeerConnection Listener, RecordingHandler ListenerHandler)> JoinAsync(
        PeerServer from, PeerServer to)
    {
        var handler = new RecordingHandler();
        IPeerConnection dialer = await from.ConnectAsync(to, handler);
        Accepted accepted = await to.AcceptedAsync();
        return (dialer, handler, accepted.Connection, accepted.Handler);
    }

    public IPeerHandler Accept(IPeerConnection connection)
    {
        AcceptedCount++;
        RecordingHandler handler = Handlers(connection);
        _accepted.Writer.TryWrite(new Accepted(connection, handler));
        return handler;
    }

    public Task StopAsync() => _app.StopAsync(TestContext.Current.CancellationToken);

    public async ValueTask DisposeAsync()
    {
        await _app.DisposeAsync();
        Log.Dispose();
    }

    internal sealed record Accepted(IPeerConnection Connection, RecordingHandler Handler);
}
