using System.Buffers.Binary;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace OrleansZk.Interop.Wire;

/// <summary>What the handshake answered.</summary>
public sealed record Handshake(int ProtocolVersion, int TimeoutMs, long SessionId, byte[]? Password, bool? ReadOnly, int Length);

/// <summary>
/// A connection on which every byte is ours: requests are written as they are given, replies returned as they come. No pings, no
/// retries, no checks.
/// </summary>
public sealed class WireConnection : IAsyncDisposable
{
    public const int DefaultTimeoutMs = 60_000;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly TcpClient _client = new() { NoDelay = true };
    private Stream _stream = Stream.Null;

    private WireConnection()
    {
    }

    public Handshake Session { get; private set; } = new(0, 0, 0, null, null, 0);

    /// <summary>A connection on which nothing has been said.</summary>
    public static async Task<WireConnection> OpenAsync(int port)
    {
        var connection = new WireConnection();
        await connection._client.ConnectAsync(IPAddress.Loopback, port);
        connection._stream = connection._client.GetStream();
        return connection;
    }

    /// <summary>A connection with a new session, or with the one that is named.</summary>
    public static async Task<WireConnection> ConnectAsync(
        int port, int timeoutMs = DefaultTimeoutMs, long sessionId = 0, byte[]? password = null, long lastZxid = 0)
    {
        var connection = await OpenAsync(port);
        var answer = await connection.ShakeHandsAsync(ConnectRequest(timeoutMs, sessionId, password ?? new byte[16], lastZxid));
        connection.Session = answer ?? throw new IOException("The server hung up on the handshake.");
        return connection;
    }

    public static byte[] ConnectRequest(int timeoutMs, long sessionId, byte[]? password, long lastZxid = 0, int protocol = 0, bool? readOnly = false)
    {
        var body = new Body().Int(protocol).Long(lastZxid).Int(timeoutMs).Long(sessionId).Buffer(password);
        return readOnly is { } flag ? body.Bool(flag) : body;
    }

    /// <summary>Sends a first frame and reads its answer; <see langword="null"/> when the server hung up instead.</summary>
    public async Task<Handshake?> ShakeHandsAsync(byte[] request)
    {
        await SendFrameAsync(request);
        if (await ReadFrameAsync() is not { } bytes)
        {
            return null;
        }

        var reader = new FieldReader(bytes);
        return new Handshake(
            reader.Int(), reader.Int(), reader.Long(), reader.Buffer(), reader.Left > 0 ? reader.Bool() : null, bytes.Length);
    }

    public Task SendAsync(int xid, int type, byte[] body) => SendFrameAsync(new Body().Int(xid).Int(type).Raw(body));

    public Task SendFrameAsync(byte[] frame)
    {
        ArgumentNullException.ThrowIfNull(frame);
        return SendRawAsync(new Body().Int(frame.Length).Raw(frame));
    }

    /// <summary>Sends bytes without a length before them. A server that has hung up is not an error here: reading will tell.</summary>
    public async Task SendRawAsync(byte[] bytes)
    {
        try
        {
            await _stream.WriteAsync(bytes);
        }
        catch (IOException)
        {
        }
    }

    /// <summary>The next reply or event; <see langword="null"/> when the server has hung up.</summary>
    public async Task<Frame?> ReadAsync(TimeSpan? limit = null) => await ReadFrameAsync(limit) is { } bytes ? Frame.Parse(bytes) : null;

    /// <summary>Sends a request and returns its reply, passing over events.</summary>
    public async Task<Frame> CallAsync(int xid, int type, byte[] body)
    {
        await SendAsync(xid, type, body);
        while (true)
        {
            var frame = await ReadAsync() ?? throw new IOException(
                string.Create(CultureInfo.InvariantCulture, $"The server hung up on {Op.NameOf(type)} (xid {xid})."));
            if (!frame.IsEvent)
            {
                return frame;
            }
        }
    }

    /// <summary>Breaks the connection with a reset, as a crashed machine would at last.</summary>
    public void Abort()
    {
        _client.LingerState = new LingerOption(true, 0);
        _client.Close();
    }

    public ValueTask DisposeAsync()
    {
        _client.Dispose();
        return ValueTask.CompletedTask;
    }

    private async Task<byte[]?> ReadFrameAsync(TimeSpan? patience = null)
    {
        using var limit = new CancellationTokenSource(patience ?? Patience);
        try
        {
            var length = new byte[4];
            await _stream.ReadExactlyAsync(length, limit.Token);
            var frame = new byte[BinaryPrimitives.ReadInt32BigEndian(length)];
            await _stream.ReadExactlyAsync(frame, limit.Token);
            return frame;
        }
        catch (OperationCanceledException)
        {
            throw new TimeoutException($"The server neither answered nor hung up within {(patience ?? Patience).TotalSeconds:0} s.");
        }
        catch (IOException)
        {
            return null;
        }
    }
}
