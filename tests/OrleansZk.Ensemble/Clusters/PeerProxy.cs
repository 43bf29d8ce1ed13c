using System.Net;
using System.Net.Sockets;

namespace OrleansZk.Ensemble.Clusters;

/// <summary>Stands before a server's peer port: cuts connections, lets some servers through no more, or holds back what they send.</summary>
internal sealed class PeerProxy : IAsyncDisposable
{
    private const int Anybody = -1;

    private readonly int _target;
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _ending = new();
    private readonly Lock _gate = new();
    private readonly HashSet<Link> _links = [];
    private readonly HashSet<int> _blocked = [];
    private readonly HashSet<int> _frozen = [];
    private readonly Task _accepting;
    private TaskCompletionSource _thaw = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <param name="target">The server's own peer port.</param>
    public PeerProxy(int target)
    {
        _target = target;
        _listener.Start();
        _accepting = AcceptAsync();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <summary>Finds the id of the server that dials from a port; null when it cannot be told.</summary>
    public Func<int, int?> DialerOf { get; set; } = _ => null;

    /// <summary>Ends all connections; new ones are taken.</summary>
    /// <returns>How many there were.</returns>
    public int Cut() => Cut(_ => true);

    /// <summary>Ends a server's connections, and lets it through no more.</summary>
    public void Block(int dialer = Anybody)
    {
        lock (_gate)
        {
            _blocked.Add(dialer);
        }

        Cut(link => dialer == Anybody || link.Dialer == dialer);
    }

    /// <summary>Lets a server's connections be, and moves no byte over them.</summary>
    public void Freeze(int dialer = Anybody)
    {
        lock (_gate)
        {
            _frozen.Add(dialer);
        }
    }

    /// <summary>Lets everything through again.</summary>
    public void Heal()
    {
        TaskCompletionSource thaw;
        lock (_gate)
        {
            _blocked.Clear();
            _frozen.Clear();
            (thaw, _thaw) = (_thaw, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        }

        thaw.SetResult();
    }

    public async ValueTask DisposeAsync()
    {
        await _ending.CancelAsync();
        _listener.Dispose();
        Cut();
        await _accepting;
        _ending.Dispose();
    }

    private int Cut(Func<Link, bool> which)
    {
        Link[] cut;
        lock (_gate)
        {
            cut = [.. _links.Where(which)];
        }

        foreach (Link link in cut)
        {
            link.Close();
        }

        return cut.Length;
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                Socket dialer = await _listener.AcceptSocketAsync(_ending.Token);
                _ = CarryAsync(dialer);
            }
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // The end.
        }
    }

    private async Task CarryAsync(Socket dialer)
    {
        await Task.Yield();
        using var link = new Link(dialer, DialerOf(((IPEndPoint)dialer.RemoteEndPoint!).Port) ?? Anybody);
        lock (_gate)
        {
            if (_blocked.Contains(Anybody) || _blocked.Contains(link.Dialer))
            {
                return;
            }

            _links.Add(link);
        }

        try
        {
            await link.Server.ConnectAsync(new IPEndPoint(IPAddress.Loopback, _target), _ending.Token);
            await Task.WhenAny(PumpAsync(link, dialer, link.Server), PumpAsync(link, link.Server, dialer));
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException or ObjectDisposedException)
        {
            // Nobody listens there, or the link was cut meanwhile.
        }
        finally
        {
            lock (_gate)
            {
                _links.Remove(link);
            }
        }
    }

    private async Task PumpAsync(Link link, Socket from, Socket to)
    {
        byte[] buffer = new byte[1 << 16];
        try
        {
            while (await from.ReceiveAsync(buffer, _ending.Token) is > 0 and int length)
            {
                await WhileFrozenAsync(link.Dialer);
                for (Memory<byte> rest = buffer.AsMemory(0, length); !rest.IsEmpty;)
                {
                    rest = rest[await to.SendAsync(rest, _ending.Token)..];
                }
            }
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException or ObjectDisposedException)
        {
            // The link is over.
        }
    }

    private async Task WhileFrozenAsync(int dialer)
    {
        while (true)
        {
            Task thaw;
            lock (_gate)
            {
                if (!_frozen.Contains(Anybody) && !_frozen.Contains(dialer))
                {
                    return;
                }

                thaw = _thaw.Task;
            }

            await thaw.WaitAsync(_ending.Token);
        }
    }

    private sealed class Link(Socket dialer, int id) : IDisposable
    {
        public int Dialer => id;

        public Socket Server { get; } = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };

        public void Close()
        {
            dialer.Dispose();
            Server.Dispose();
        }

        public void Dispose() => Close();
    }
}
