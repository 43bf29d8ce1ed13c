using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;

namespace OrleansZk.Server.Tests.Peers;

/// <summary>Speaks the protocol between servers byte by byte, right or wrong; written from its description, not with its code.</summary>
internal sealed class RawPeer : IDisposable
{
    public const int HelloLength = 40;
    public const byte Proof = 1;
    public const byte Refusal = 2;

    private readonly Socket _socket;
    private readonly NetworkStream _stream;

    private RawPeer(Socket socket)
    {
        _socket = socket;
        _stream = new NetworkStream(socket, ownsSocket: true);
    }

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public static async Task<RawPeer> ConnectAsync(PeerServer server)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(IPAddress.Loopback, server.Port, Cancelled);
        return new RawPeer(socket);
    }

    public static Socket Listen(out string address)
    {
        var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen();
        address = listener.LocalEndPoint!.ToString()!;
        return listener;
    }

    public static async Task<RawPeer> AcceptAsync(Socket listener) => new(await listener.AcceptAsync(Cancelled));

    public static byte[] Hello(int highest = 1, int lowest = 1)
    {
        byte[] hello = RandomNumberGenerator.GetBytes(HelloLength);
        "OZKP"u8.CopyTo(hello);
        BinaryPrimitives.WriteInt16BigEndian(hello.AsSpan(4), (short)highest);
        BinaryPrimitives.WriteInt16BigEndian(hello.AsSpan(6), (short)lowest);
        return hello;
    }

    /// <param name="role"><c>dialer</c> or <c>listener</c>.</param>
    public static byte[] Prove(string role, byte[] dialerHello, byte[] listenerHello, byte[]? secret = null)
    {
        byte[] said = [.. "OrleansZk peers, the "u8, .. System.Text.Encoding.ASCII.GetBytes(role), .. dialerHello, .. listenerHello];
        return HMACSHA256.HashData(secret ?? PeerServer.Secret, said);
    }

    /// <summary>Does the dialer's part of the handshake as it should be.</summary>
    public async Task ShakeHandsAsync()
    {
        byte[] mine = Hello();
        await WriteAsync(mine);
        byte[] theirs = await ReadAsync(HelloLength);
        await WriteAsync(Proof, Prove("dialer", mine, theirs));
        (byte kind, byte[] proof) = await ReadAnswerAsync();
        kind.ShouldBe(Proof);
        proof.ShouldBe(Prove("listener", mine, theirs));
    }

    public async Task WriteAsync(byte[] bytes) => await _stream.WriteAsync(bytes, Cancelled);

    public Task WriteAsync(byte kind, byte[] body) => WriteAsync([kind, (byte)(body.Length >> 8), (byte)body.Length, .. body]);

    public Task WriteMessageAsync(params byte[] message)
    {
        byte[] bytes = new byte[4 + message.Length];
        BinaryPrimitives.WriteInt32BigEndian(bytes, message.Length);
        message.CopyTo(bytes, 4);
        return WriteAsync(bytes);
    }

    public async Task<byte[]> ReadAsync(int length)
    {
        byte[] bytes = new byte[length];
        await _stream.ReadExactlyAsync(bytes, Cancelled);
        return bytes;
    }

    public async Task<(byte Kind, byte[] Body)> ReadAnswerAsync()
    {
        byte[] header = await ReadAsync(3);
        return (header[0], await ReadAsync((header[1] << 8) | header[2]));
    }

    /// <summary>Reads until the other side has closed the connection, in whatever way.</summary>
    /// <returns>How many bytes came.</returns>
    public async Task<int> ReadToEndAsync()
    {
        int read = 0;
        try
        {
            byte[] bytes = new byte[4096];
            int length;
            while ((length = await _stream.ReadAsync(bytes, Cancelled)) > 0)
            {
                read += length;
            }
        }
        catch (IOException)
        {
            // A reset is an end as well.
        }

        return read;
    }

    /// <summary>Ends this side's sending.</summary>
    public void ShutDown() => _socket.Shutdown(SocketShutdown.Send);

    /// <summary>Ends the connection with a reset.</summary>
    public void Reset()
    {
        _socket.LingerState = new LingerOption(true, 0);
        _socket.Close();
    }

    public void Dispose() => _stream.Dispose();
}
