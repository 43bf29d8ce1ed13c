using System.Buffers;
using OrleansZk.Client;
using OrleansZk.Core.Ensemble;
using OrleansZk.Protocol;
using OrleansZk.Server.Peers;

namespace OrleansZk.Silo.Leading;

/// <summary>The leader's side of a connection that a follower has opened by grain calls. Thread-safe.</summary>
internal sealed class FollowerConnection(string remoteAddress, Func<IPeerConnection, IPeerHandler> accept) : IPeerConnection
{
    private readonly MessageBuffer _out = new();
    private readonly ArrivalOrder _arrivals = new();
    private readonly PeerMessageReader _reader = new(int.MaxValue);
    private IPeerHandler? _handler;
    private int _isEnded;

    public string RemoteAddress => remoteAddress;

    public bool IsClosed => _out.IsClosed;

    /// <summary>Completes when it is closed, by whichever side.</summary>
    public Task Closed => _out.Closed;

    public void Open() => _handler = accept(this);

    public void Send(ReadOnlySpan<byte> message) => _out.Add(message);

    public ValueTask WaitForRoomAsync() => _out.WaitForRoomAsync();

    public void Close() => _out.Close();

    /// <summary>What is to be sent, as soon as there is something.</summary>
    /// <returns>Null when the connection is closed and everything was taken.</returns>
    public ValueTask<byte[]?> TakeAsync(CancellationToken cancellationToken) => _out.TakeAsync(cancellationToken);

    /// <summary>Takes the follower's messages in the order of their numbers.</summary>
    /// <returns>False when the connection is closed.</returns>
    public async Task<bool> ReceiveAsync(long number, byte[] messages)
    {
        if (!await _arrivals.WaitAsync(number))
        {
            return false;
        }

        try
        {
            var arrived = new ReadOnlySequence<byte>(messages);
            while (!IsClosed && _reader.TryRead(ref arrived, out ReadOnlySpan<byte> message))
            {
                _handler!.OnMessage(message);
            }
        }
        catch (Exception e) when (e is JuteException or PeerFrameException)
        {
            Close();
        }
        finally
        {
            _arrivals.Done(1);
        }

        return !IsClosed;
    }

    /// <summary>The last: nobody listens any more.</summary>
    public void End()
    {
        Close();
        _arrivals.Close();
        if (Interlocked.Exchange(ref _isEnded, 1) == 0)
        {
            _handler?.OnClosed();
        }
    }
}
