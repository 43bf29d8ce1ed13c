using System.Net;
using System.Net.Sockets;

namespace OrleansZk.TestKit.Processes;

/// <summary>Ports to listen on that were free a moment ago; each is handed out once per run.</summary>
/// <remarks>
/// Below the range that Linux takes for outgoing connections: otherwise a client of somebody else's could take a server's port while that restarts.
/// </remarks>
public static class FreePorts
{
    private const int First = 15_000;
    private const int End = 32_000;

    private static readonly Lock Gate = new();
    private static readonly HashSet<int> Taken = [];

    public static int Take()
    {
        lock (Gate)
        {
            while (true)
            {
                int port = Random.Shared.Next(First, End);
                if (!Taken.Contains(port) && IsFree(port))
                {
                    Taken.Add(port);
                    return port;
                }
            }
        }
    }

    public static bool IsFree(int port)
    {
        try
        {
            using var probe = new TcpListener(IPAddress.Any, port);
            probe.Start();
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
