using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using OrleansZk.Protocol;
using OrleansZk.Protocol.Records;

namespace OrleansZk.Crash.Fuzz;

/// <summary>A connection that may send anything. The server may close it at any time; that is never an error here.</summary>
internal sealed class FuzzSocket : IDisposable
{
    private readonly Socket _socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };

    private FuzzSocket()
    {
    }

    public static async Task<FuzzSocket> ConnectAsync(int port, CancellationToken cancellationToken)
    {
        var connection = new FuzzSocket();
        try
        {
            await connection._socket.ConnectAsync(new IPEndPoint(IPAddress.Loopback, port), cancellationToken);
            return connection;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    /// <summary>A connection with a session.</summary>
    public static async Task<FuzzSocket> ConnectWithSessionAsync(int port, CancellationToken cancellationToken)
    {
        FuzzSocket connection = await ConnectAsync(port, cancellationToken);
        await connection.SendAsync(Frames.Handshake(0, new byte[16], 4000), cancellationToken);
        byte[]? answer = await connection.ReadFrameAsync(cancellationToken);
        answer.ShouldNotBeNull("a sound handshake must be answered, whatever others do");
        var reader = new JuteReader(answer);
        ConnectResponse.Read(ref reader).SessionId.ShouldNotBe(0);
        return connection;
    }

    /// <summary>Whether so much waits to be taken by the server that no more can be sent.</summary>
    public bool IsFull => !_socket.Poll(0, SelectMode.SelectWrite);

    /// <returns>False when the server has closed.</returns>
    public async Task<bool> SendAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        try
        {
            while (!bytes.IsEmpty)
            {
                bytes = bytes[await _socket.SendAsync(bytes, cancellationToken)..];
            }

            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    /// <summary>Reads one frame's body.</summary>
    /// <returns>Null when the server closes instead.</returns>
    public async Task<byte[]?> ReadFrameAsync(CancellationToken cancellationToken)
    {
        byte[]? header = await ReadAsync(Frame.HeaderLength, cancellationToken);
        return header is null ? null : await ReadAsync(BinaryPrimitives.ReadInt32BigEndian(header), cancellationToken);
    }

    /// <summary>Reads and forgets until the server closes.</summary>
    public async Task ReadToEndAsync(CancellationToken cancellationToken)
    {
        byte[] buffer = new byte[16 << 10];
        try
        {
            while (await _socket.ReceiveAsync(buffer, cancellationToken) > 0)
            {
                // Whatever it is.
            }
        }
        catch (SocketException)
        {
            // Reset: closed too.
        }
    }

    /// <summary>Reads what has come already.</summary>
    public void ReadAvailable()
    {
        try
        {
            if (_socket.Available > 0)
            {
                _socket.Receive(new byte[_socket.Available]);
            }
        }
        catch (SocketException)
        {
            // Closed by the server.
        }
    }

    /// <summary>Says that nothing more will be sent, and keeps reading possible.</summary>
    public void EndSending()
    {
        try
        {
            _socket.Shutdown(SocketShutdown.Send);
        }
        catch (SocketException)
        {
            // Closed by the server.
        }
    }

    /// <summary>Ends with a reset instead of a farewell.</summary>
    public void Reset()
    {
        _socket.LingerState = new LingerOption(true, 0);
        _socket.Dispose();
    }

    public void Dispose() => _socket.Dispose();

    private async Task<byte[]?> ReadAsync(int length, CancellationToken cancellationToken)
    {
        byte[] bytes = new byte[length];
        try
        {
            for (int read = 0; read < length;)
            {
                int count = await _socket.ReceiveAsync(bytes.AsMemory(read), cancellationToken);
                if (count == 0)
                {
                    return null;
                }

                read += count;
            }

            return bytes;
        }
        catch (SocketException)
        {
            return null;
        }
    }
}
