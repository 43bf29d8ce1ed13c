using System.Net;
using System.Net.Sockets;
using System.Text;

namespace OrleansZk.Interop.Servers;

/// <summary>The plain-text commands that a ZooKeeper port answers before any handshake.</summary>
public static class FourLetterWord
{
    public static async Task<string> AskAsync(int port, string word)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(10));
        using var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, port, limit.Token);
        var stream = client.GetStream();
        await stream.WriteAsync(Encoding.ASCII.GetBytes(word), limit.Token);
        using var reader = new StreamReader(stream, Encoding.UTF8);
        return await reader.ReadToEndAsync(limit.Token);
    }

    /// <summary>The <c>mntr</c> figures, without their <c>zk_</c>.</summary>
    public static async Task<IReadOnlyDictionary<string, string>> MonitorAsync(int port) =>
        (await AskAsync(port, "mntr"))
            .Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(line => line.Split('\t', 2))
            .Where(pair => pair.Length == 2)
            .ToDictionary(pair => pair[0]["zk_".Length..], pair => pair[1], StringComparer.Ordinal);
}
