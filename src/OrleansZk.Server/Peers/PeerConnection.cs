using System.Buffers;
using System.IO.Pipelines;
using System.Net.Sockets;
using OrleansZk.Core.Ensemble;
using OrleansZk.Protocol;

namespace OrleansZk.Server.Peers;

/// <summary>A connection to another server of the ensemble, whichever of the two has opened it. The handshake is behind it.</summary>
internal sealed partial class PeerConnection : IPeerConnection
{
    private readonly PipeReader _input;
    private readonly PeerOutput _output;
    private readonly PeerMessageReader _reader;
    private readonly Action _abort;
    private readonly int _maxMessageLength;
    private readonly ILogger<PeerConnection> _logger;
    private int _isClosed;

    /// <param name="abort">Ends the socket, and so all reading and writing. May come at any time, even after the end.</param>
    public PeerConnection(IDuplexPipe transport, string remoteAddress, Action abort, PeerOptions options, ILogger<PeerConnection> logger)
    {
        _input = transport.Input;
        _output = new PeerOutput(transport.Output, options.PeerHighWaterMark, OnSendingFailed);
        _reader = new PeerMessageReader(options.PeerMaxMessageLength);
        _abort = abort;
        _maxMessageLength = options.PeerMaxMessageLength;
        _logger = logger;
        RemoteAddress = remoteAddress;
    }

    public string RemoteAddress { get; }

    private bool IsClosed => Volatile.Read(ref _isClosed) != 0;

    public void Send(ReadOnlySpan<byte> message)
    {
        if (message.Length > _maxMessageLength)
        {
            throw new PeerMessageTooLongException(
                $"a message of {message.Length} bytes is longer than {_maxMessageLength} ({nameof(PeerOptions.PeerMaxMessageLength)})");
        }

        if (!_output.Send(message))
        {
            LogMalformed(RemoteAddress, $"it leaves more than {PeerOutput.MaxUnsent} bytes unread");
            Close();
        }
    }

    public ValueTask WaitForRoomAsync() => _output.WaitForRoomAsync();

    public void Close()
    {
        if (Interlocked.Exchange(ref _isClosed, 1) == 0)
        {
            _output.Close();
            _abort();
        }
    }

    /// <summary>Takes what arrives to the handler, until the connection is gone and nobody uses the transport any more.</summary>
    public async Task RunAsync(IPeerHandler handler)
    {
        await ReceiveAsync(handler).ConfigureAwait(false);
        Close();

        // Reading may have ended within somebody's Send or Close, who may hold locks: the handler is not called from there.
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        _reader.Reset();
        try
        {
            handler.OnClosed();
        }
        catch (Exception e)
        {
            LogHandlerFailed(e, RemoteAddress);
        }

        await _output.WaitUntilIdleAsync().ConfigureAwait(false);
    }

    private async Task ReceiveAsync(IPeerHandler handler)
    {
        try
        {
            ReadResult result;
            do
            {
                result = await _input.ReadAsync(CancellationToken.None).ConfigureAwait(false);
                ReadOnlySequence<byte> buffer = result.Buffer;
                if (!TryDispatch(ref buffer, handler))
                {
                    return;
                }

                _input.AdvanceTo(buffer.Start, buffer.End);
            }
            while (!result.IsCompleted);
            LogLost(RemoteAddress);
        }
        catch (Exception e) when (IsLoss(e))
        {
            LogLost(RemoteAddress);
        }
        catch (Exception e)
        {
            LogTransportFailed(e, RemoteAddress);
        }
    }

    /// <summary>Gives the handler all messages that are complete.</summary>
    /// <returns>False when the connection is to end.</returns>
    private bool TryDispatch(ref ReadOnlySequence<byte> buffer, IPeerHandler handler)
    {
        try
        {
            while (!IsClosed)
            {
                if (!_reader.TryRead(ref buffer, out ReadOnlySpan<byte> message))
                {
                    return true;
                }

                handler.OnMessage(message);
            }
        }
        catch (Exception e) when (e is PeerFrameException or JuteException)
        {
            LogMalformed(RemoteAddress, e.Message);
        }
        catch (Exception e)
        {
            LogHandlerFailed(e, RemoteAddress);
        }

        return false;
    }

    private void OnSendingFailed(Exception? failure)
    {
        if (failure is not null && !IsLoss(failure))
        {
            LogTransportFailed(failure, RemoteAddress);
        }

        Close();
    }

    /// <summary>Reset by the other side, or aborted here.</summary>
    private static bool IsLoss(Exception e) =>
        e is IOException or SocketException or OperationCanceledException or ObjectDisposedException;

    [LoggerMessage(Level = LogLevel.Warning, Message = "Closing the connection with the server at {Peer}: {Reason}")]
    private partial void LogMalformed(string peer, string reason);

    [LoggerMessage(Level = LogLevel.Error, Message = "Closing the connection with the server at {Peer}: its message could not be handled")]
    private partial void LogHandlerFailed(Exception failure, string peer);

    [LoggerMessage(Level = LogLevel.Error, Message = "Closing the connection with the server at {Peer}")]
    private partial void LogTransportFailed(Exception failure, string peer);

    [LoggerMessage(Level = LogLevel.Debug, Message = "The connection with the server at {Peer} has ended")]
    private partial void LogLost(string peer);
}
