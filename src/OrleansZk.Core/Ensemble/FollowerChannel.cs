using OrleansZk.Core.Replication;
using OrleansZk.Protocol;

namespace OrleansZk.Core.Ensemble;

/// <summary>A leader's connection to one follower: takes its writes, and sends it what is committed, as fast as it can take that.</summary>
/// <param name="current">The leadership at the moment; null while this server does not lead.</param>
/// <param name="failed">Hears why a follower gets nothing more; the connection is closed then.</param>
internal sealed class FollowerChannel(
    IPeerConnection connection, Func<Leadership?> current, ITransactionLog log, TimeProvider clock, IWorkScheduler scheduler, Action<Exception> failed)
    : IPeerHandler
{
    private const int KeptCapacity = 1 << 20;

    private readonly Lock _gate = new();
    private readonly Lock _sendGate = new();
    private readonly JuteWriter _message = new();
    private Leadership? _leadership;
    private Hello _hello;
    private long _heardAt = clock.GetTimestamp();
    private long _position;
    private volatile bool _isFromMemory;
    private bool _isSending;
    private bool _isKicked;
    private volatile bool _isClosed;

    public int ServerId => _hello.ServerId;

    public long Incarnation => _hello.Incarnation;

    public string RemoteAddress => connection.RemoteAddress;

    /// <summary>The newest transaction that the follower is known to have applied.</summary>
    public long AppliedZxid { get; private set; }

    public TimeSpan SilentFor => clock.GetElapsedTime(Volatile.Read(ref _heardAt));

    public void OnMessage(ReadOnlySpan<byte> message)
    {
        if (_isClosed)
        {
            return;
        }

        Volatile.Write(ref _heardAt, clock.GetTimestamp());
        var reader = new JuteReader(message);
        var kind = (PeerMessage)reader.ReadByte();
        if (kind == PeerMessage.Hello)
        {
            Greet(Hello.Read(ref reader));
            return;
        }

        Leadership leadership = _leadership ?? throw new JuteException($"message {(byte)kind} came before a greeting");
        switch (kind)
        {
            case PeerMessage.Submit:
                leadership.Submit(this, ref reader);
                break;
            case PeerMessage.Activity:
                leadership.Leader.ReportActivity(PeerMessages.ReadActivity(ref reader));
                break;
            case PeerMessage.Pong:
                AppliedZxid = reader.ReadLong();
                break;
            default:
                throw new JuteException($"a follower does not send message {(byte)kind}");
        }
    }

    public void OnClosed()
    {
        _isClosed = true;
        _leadership?.Remove(this);
    }

    public void Close()
    {
        _isClosed = true;
        connection.Close();
    }

    /// <summary>Closes once what was sent has left, or very soon.</summary>
    public void CloseSoon()
    {
        _isClosed = true;
        ITimer? timer = null;
        timer = clock.CreateTimer(
            _ =>
            {
                connection.Close();
                timer?.Dispose();
            },
            null,
            TimeSpan.FromMilliseconds(100),
            Timeout.InfiniteTimeSpan);
    }

    public void Ping(long lastZxid) => Send(lastZxid, static (writer, zxid) => PeerMessages.Write(writer, PeerMessage.Ping, zxid));

    public void SayFarewell() => Send(0L, static (writer, zero) => PeerMessages.Write(writer, PeerMessage.Farewell, zero));

    /// <summary>Says that there is more to send.</summary>
    public void Kick()
    {
        lock (_gate)
        {
            _isKicked = true;
            if (_isSending || _isClosed || _leadership is null)
            {
                return;
            }

            _isSending = true;
        }

        if (_isFromMemory)
        {
            // Here: to wake another thread would take longer than it takes to send.
            _ = SendOnAsync();
        }
        else
        {
            scheduler.Post(() => _ = SendOnAsync());
        }
    }

    private void Greet(in Hello hello)
    {
        _hello = hello;
        AppliedZxid = hello.LastZxid;
        if (current() is not { } leadership)
        {
            Refuse(RefusalReason.NotLeading, "this server does not lead");
            return;
        }

        if (!leadership.TryWelcome(this, hello, out Welcome welcome, out _position, out RefusalReason refusal, out string reason))
        {
            Refuse(refusal, reason);
            return;
        }

        _isFromMemory = welcome.IsFromMemory;
        Send(welcome, static (writer, welcome) => welcome.Write(writer));
        lock (_gate)
        {
            _leadership = leadership;
        }

        Kick();
    }

    private void Refuse(RefusalReason reason, string text) =>
        Send((reason, text), static (writer, refusal) => PeerMessages.WriteRefused(writer, refusal.reason, refusal.text));

    private async Task SendOnAsync()
    {
        try
        {
            if (!_isFromMemory)
            {
                await SendFromLogAsync().ConfigureAwait(false);
            }

            while (!_isClosed)
            {
                lock (_gate)
                {
                    _isKicked = false;
                }

                await SendFromMemoryAsync().ConfigureAwait(false);
                lock (_gate)
                {
                    if (!_isKicked)
                    {
                        _isSending = false;
                        return;
                    }
                }
            }
        }
        catch (Exception e) when (e is LogTruncatedException or LogCorruptException or PeerMessageTooLongException)
        {
            Refuse(RefusalReason.Reload, e.Message);
        }
        catch (StoreUnavailableException)
        {
            // It comes again.
            Close();
        }
#pragma warning disable CA1031 // A follower that waits for what never comes would not look for another way.
        catch (Exception e)
#pragma warning restore CA1031
        {
            Close();
            failed(e);
        }
    }

    /// <summary>Sends what memory has dropped, or what was committed before this leader began.</summary>
    private async Task SendFromLogAsync()
    {
        long zxid = _hello.LastZxid;
        while (!_isClosed && !_leadership!.History.TryFind(zxid, out _position))
        {
            await foreach (LogGroup group in log.ReadAsync(zxid, CancellationToken.None).ConfigureAwait(false))
            {
                SendGroup(group.Bytes.Span);
                zxid = group.LastZxid;
                await connection.WaitForRoomAsync().ConfigureAwait(false);
                if (_isClosed)
                {
                    return;
                }
            }
        }

        _isFromMemory = true;
    }

    private async Task SendFromMemoryAsync()
    {
        while (!_isClosed)
        {
            CommittedGroup? group = _leadership!.History.Get(_position, out bool isLost);
            if (isLost)
            {
                // Too slow for the memory; it comes again, and gets the rest from the log.
                Close();
                return;
            }

            if (group is null)
            {
                return;
            }

            SendGroup(group.Bytes.Span);
            _position++;
            await connection.WaitForRoomAsync().ConfigureAwait(false);
        }
    }

    private void SendGroup(ReadOnlySpan<byte> bytes)
    {
        lock (_sendGate)
        {
            _message.Clear(KeptCapacity);
            _message.WriteByte((byte)PeerMessage.Group);
            _message.WriteRaw(bytes);
            connection.Send(_message.Written);
        }
    }

    private void Send<T>(T content, Action<JuteWriter, T> write)
    {
        lock (_sendGate)
        {
            _message.Clear(KeptCapacity);
            write(_message, content);
            connection.Send(_message.Written);
        }
    }
}
