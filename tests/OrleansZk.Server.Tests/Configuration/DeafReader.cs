using System.Net;
using System.Net.Sockets;
using OrleansZk.Protocol;
using OrleansZk.Protocol.Records;

namespace OrleansZk.Server.Tests.Configuration;

/// <summary>A client that asks and never reads the answers.</summary>
internal static class DeafReader
{
    /// <summary>Bytes that a server sends before any answer.</summary>
    public const int HandshakeReplyLength = 41;

    public static async Task<Socket> StartAsync(int port, string path, int requests)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { ReceiveBufferSize = 4096 };
        await socket.ConnectAsync(new IPEndPoint(IPAddress.Loopback, port));
        await SendAsync(socket, writer => new ConnectRequest(0, 0, 30_000, 0, new byte[ConnectResponse.PasswordLength], false).Write(writer));
        for (int xid = 1; xid <= requests; xid++)
        {
            await SendAsync(socket, writer =>
            {
                writer.WriteInt(xid);
                writer.WriteInt((int)OpCode.GetData);
                writer.WriteString(path);
                writer.WriteBool(false);
            });
        }

        return socket;
    }

    private static async Task SendAsync(Socket socket, Action<JuteWriter> body)
    {
        var writer = new JuteWriter();
        writer.WriteInt(0);
        body(writer);
        writer.SetInt(0, writer.Length - Frame.HeaderLength);
        await socket.SendAsync(writer.WrittenMemory);
    }
}
