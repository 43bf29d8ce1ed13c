using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace OrleansZk.Ensemble.Clusters;

/// <summary>What a server says of itself (<c>srvr</c>).</summary>
internal sealed record ServerReport(string Mode, long Zxid)
{
    public const string Leader = "leader";
    public const string Follower = "follower";
    public const string ReadOnly = "read-only";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    /// <summary>Null when it does not answer.</summary>
    public static async Task<ServerReport?> AskAsync(int port)
    {
        using var limit = new CancellationTokenSource(Patience);
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            await socket.ConnectAsync(new IPEndPoint(IPAddress.Loopback, port), limit.Token);
            await socket.SendAsync("srvr"u8.ToArray(), limit.Token);
            byte[] answer = new byte[4096];
            int length = 0;
            while (length < answer.Length && await socket.ReceiveAsync(answer.AsMemory(length), limit.Token) is > 0 and int received)
            {
                length += received;
            }

            return Parse(Encoding.ASCII.GetString(answer, 0, length));
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException)
        {
            return null;
        }
    }

    private static ServerReport? Parse(string text)
    {
        string? Field(string name) => text.Split('\n')
            .Where(line => line.StartsWith(name, StringComparison.Ordinal))
            .Select(line => line[name.Length..].Trim())
            .FirstOrDefault();
        return Field("Mode:") is { } mode && Field("Zxid: 0x") is { } zxid && long.TryParse(zxid, NumberStyles.HexNumber, CultureInfo.InvariantCulture, out long number)
            ? new ServerReport(mode, number)
            : null;
    }
}
