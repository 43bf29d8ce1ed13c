using System.Net;
using System.Net.Sockets;
using OrleansZk.Protocol;
using OrleansZk.Protocol.Records;

namespace OrleansZk.TestKit.Processes;

/// <summary>Asks for a session that does not exist: a server that serves says so, and nothing is written.</summary>
public static class ReadinessProbe
{
    public static async Task<bool> AnswersAsync(int port)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(5));
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            await socket.ConnectAsync(new IPEndPoint(IPAddress.Loopback, port), limit.Token).ConfigureAwait(false);
            var writer = new JuteWriter();
            writer.WriteInt(0);
            new ConnectRequest(0, 0, 1, 1, new byte[ConnectResponse.PasswordLength], false).Write(writer);
            writer.SetInt(0, writer.Length - Frame.HeaderLength);
            await socket.SendAsync(writer.WrittenMemory, limit.Token).ConfigureAwait(false);
            return await socket.ReceiveAsync(new byte[64], limit.Token).ConfigureAwait(false) > 0;
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException)
        {
            return false;
        }
    }
}
