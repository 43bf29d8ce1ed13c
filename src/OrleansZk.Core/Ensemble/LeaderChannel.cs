using OrleansZk.Core.Replication;
using OrleansZk.Protocol;

namespace OrleansZk.Core.Ensemble;

/// <summary>A follower's connection to the leader: takes the replica's writes there, and applies what comes back.</summary>
/// <param name="changed">Called when the channel begins to follow, and when it ends. On the connection's thread: must not wait.</param>
internal sealed class LeaderChannel(Replica replica, MemberInfo leader, TimeProvider clock, Action changed) : ILeader, IPeerHandler
{
    private const int KeptCapacity = 1 << 20;

    // Everything that waited for a leader comes at once, and a message has its limit.
    private const int MostSubmittedBytes = 1 << 20;

    private readonly Lock _sendGate = new();
    private readonly JuteWriter _message = new();
    private IPeerConnection? _connection;
    private Welcome? _welcome;
    private long _heardAt = clock.GetTimestamp();
    private volatile bool _isFollowing;
    private volatile bool _isClosed;
    private volatile bool _hasEnded;

    public MemberInfo Leader => leader;

    /// <summary>The leader's epoch; 0 before it has welcomed this server.</summary>
    public long Epoch => _welcome?.Epoch ?? 0;

    /// <summary>True once the replica knows the fate of everything that earlier leaders were asked for, and writes go to this one.</summary>
    public bool IsFollowing => _isFollowing;

    public bool IsClosed => _isClosed;

    /// <summary>True once nothing more comes from it.</summary>
    public bool HasEnded => _hasEnded;

    /// <summary>Why the state must be taken from the store again; null when it need not be.</summary>
    public string? ReloadReason { get; private set; }

    /// <summary>True when the leader said that it gives up, or that it is none: the store knows more.</summary>
    public bool HasLeft { get; private set; }

    /// <summary>Time since the leader was last heard of.</summary>
    public TimeSpan SilentFor => clock.GetElapsedTime(Volatile.Read(ref _heardAt));

    /// <summary>Begins to follow.</summary>
    public void Start(IPeerConnection connection)
    {
        _connection = connection;
        Volatile.Write(ref _heardAt, clock.GetTimestamp());
        replica.EnterRead();
        Hello hello;
        try
        {
            hello = new Hello(replica.Identity.ServerId, replica.Identity.Incarnation, replica.LastAppliedZxid, replica.Tree.Digest);
        }
        finally
        {
            replica.ExitRead();
        }

        Send(hello, static (writer, hello) => hello.Write(writer));
    }

    /// <summary>What broke on this side, so that the connection was closed; null when nothing did.</summary>
    public Exception? Failure { get; private set; }

    /// <summary>The application of what the leader has committed.</summary>
    public Progress Applying { get; } = new("applying", clock);

    /// <inheritdoc/>
    public void Submit(IReadOnlyList<WriteRequest> requests, long settledUpTo)
    {
        try
        {
            Send(requests, settledUpTo);
        }
#pragma warning disable CA1031 // The requests are still awaited: over the next connection they are submitted again.
        catch (Exception e)
#pragma warning restore CA1031
        {
            Failure ??= e;
            Close();
        }
    }

    public void ReportActivity(IReadOnlyList<SessionActivity> activity) =>
        Send(activity, static (writer, activity) => PeerMessages.WriteActivity(writer, activity));

    public void OnMessage(ReadOnlySpan<byte> message)
    {
        if (_isClosed)
        {
            return;
        }

        Volatile.Write(ref _heardAt, clock.GetTimestamp());
        var reader = new JuteReader(message);
        switch ((PeerMessage)reader.ReadByte())
        {
            case PeerMessage.Welcome:
                _welcome = Welcome.Read(ref reader);
                if (_welcome is { IsFromMemory: false, ReceivedUpTo: > 0 } welcome)
                {
                    // Refusals among those are not in the log.
                    replica.Abandon(welcome.ReceivedUpTo);
                }

                FollowWhenCaughtUp();
                break;
            case PeerMessage.Refused:
                if ((RefusalReason)reader.ReadInt() == RefusalReason.Reload)
                {
                    ReloadReason = reader.ReadString() ?? "";
                }

                HasLeft = true;
                Close();
                break;
            case PeerMessage.Group:
                Apply(reader.Rest);
                break;
            case PeerMessage.Ping:
                Send(replica.LastAppliedZxid, static (writer, zxid) => PeerMessages.Write(writer, PeerMessage.Pong, zxid));
                break;
            case PeerMessage.Farewell:
                HasLeft = true;
                Close();
                break;
            default:
                throw new JuteException($"a leader does not send message {message[0]}");
        }
    }

    public void OnClosed()
    {
        _hasEnded = true;
        End();
    }

    /// <summary>Begins to end the connection (see <see cref="HasEnded"/>).</summary>
    public void Close()
    {
        End();
        _connection?.Close();
    }

    private void Apply(ReadOnlySpan<byte> group)
    {
        Applying.Step();
        try
        {
            GroupApplication.Apply(replica, group);
        }
        catch (DivergedException e)
        {
            ReloadReason = e.Message;
            Close();
            return;
        }
        finally
        {
            Applying.Rest();
        }

        FollowWhenCaughtUp();
    }

    private void FollowWhenCaughtUp()
    {
        if (_isFollowing || _isClosed || _welcome is not { } welcome || replica.LastAppliedZxid < welcome.BeginsAfter)
        {
            return;
        }

        _isFollowing = true;
        replica.SetLeader(this, welcome.ReceivedUpTo);
        changed();
    }

    private void End()
    {
        _isClosed = true;
        changed();
    }

    private void Send(IReadOnlyList<WriteRequest> requests, long settledUpTo)
    {
        for (int next = 0; next < requests.Count && !_isClosed && _connection is { } connection;)
        {
            lock (_sendGate)
            {
                _message.Clear(KeptCapacity);
                next = PeerMessages.WriteSubmit(_message, requests, next, settledUpTo, MostSubmittedBytes);
                connection.Send(_message.Written);
            }
        }
    }

    private void Send<T>(T content, Action<JuteWriter, T> write)
    {
        if (_isClosed || _connection is not { } connection)
        {
            return;
        }

        lock (_sendGate)
        {
            _message.Clear(KeptCapacity);
            write(_message, content);
            connection.Send(_message.Written);
        }
    }
}
