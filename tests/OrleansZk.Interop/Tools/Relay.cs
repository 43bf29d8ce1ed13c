using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Threading.Channels;

namespace OrleansZk.Interop.Tools;

/// <summary>A TCP relay before a server, whose connections can be cut under a client that does not offer to, and that can be slow.</summary>
public sealed class Relay : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly int _target;
    private readonly TimeSpan _delay;
    private readonly List<TcpClient> _open = [];
    private readonly Task _accepting;

    /// <param name="delay">What is sent arrives so much later, or somewhat more.</param>
    public Relay(int target, TimeSpan delay = default)
    {
        _target = target;
        _delay = delay;
        _listener.Start();
        _accepting = AcceptAsync();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    public string Address => string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{Port}");

    /// <summary>Ends all connections. New ones are taken at once.</summary>
    public void Cut()
    {
        lock (_open)
        {
            _open.ForEach(client => client.Dispose());
            _open.Clear();
        }
    }

    public async ValueTask DisposeAsync()
    {
        _listener.Stop();
        Cut();
        await _accepting;
    }

    private async Task AcceptAsync()
    {
        while (true)
        {
            TcpClient client;
            try
            {
                client = await _listener.AcceptTcpClientAsync();
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException)
            {
                return;
            }

            var server = new TcpClient();
            try
            {
                await server.ConnectAsync(IPAddress.Loopback, _target);
            }
            catch (SocketException)
            {
                // Nobody listens there yet, or any more.
                client.Dispose();
                continue;
            }

            client.NoDelay = server.NoDelay = true;
            lock (_open)
            {
                _open.AddRange([client, server]);
            }

            _ = CopyAsync(client, server);
            _ = CopyAsync(server, client);
        }
    }

    private async Task CopyAsync(TcpClient from, TcpClient to)
    {
        var onTheWay = Channel.CreateUnbounded<(byte[] Bytes, long Sent)>();
        var delivering = DeliverAsync(onTheWay.Reader, from, to);
        try
        {
            var buffer = new byte[1 << 16];
            while (await from.GetStream().ReadAsync(buffer) is > 0 and var length)
            {
                onTheWay.Writer.TryWrite((buffer[..length], Stopwatch.GetTimestamp()));
            }
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException or InvalidOperationException)
        {
            // One end is gone: so is the other, when it has got what was sent.
        }

        onTheWay.Writer.Complete();
        await delivering;
    }

    private async Task DeliverAsync(ChannelReader<(byte[] Bytes, long Sent)> onTheWay, TcpClient from, TcpClient to)
    {
        try
        {
            await foreach (var (bytes, sent) in onTheWay.ReadAllAsync())
            {
                if (_delay - Stopwatch.GetElapsedTime(sent) is { Ticks: > 0 } rest)
                {
                    await Task.Delay(rest);
                }

                await to.GetStream().WriteAsync(bytes);
            }
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException or InvalidOperationException)
        {
            // As above.
        }

        from.Dispose();
        to.Dispose();
    }
}
