using Microsoft.Extensions.Logging;
using OrleansZk.Core.Operations;
using OrleansZk.Core.Replication;
using OrleansZk.Protocol.Records;

namespace OrleansZk.Core.Ensemble;

/// <content>What a member does without asking the store: it looks after connections, clients and memory.</content>
public sealed partial class Member
{
    private static readonly AclId[] ServersIdentity = [new AclId(AclScheme.Super, "")];

    private string? _publishedMembers;
    private volatile Dictionary<int, long> _aliveAt = [];

    private async Task WatchAsync()
    {
        CancellationToken stopping = _stopping.Token;
        try
        {
            while (!stopping.IsCancellationRequested)
            {
                long before = _clock.GetTimestamp();
                await _watchPause.WaitAsync(WatchInterval, stopping).ConfigureAwait(false);

                _watchProgress.Step();
                bool isLate = _clock.GetElapsedTime(before) > 2 * WatchInterval;
                if (_leadership is { } leadership)
                {
                    _leaderHeardAt = isLate ? _clock.GetTimestamp() : ConfirmedAt(leadership);
                }

                // A turn that comes late, on a busy machine or one that stood still, finds what was heard meanwhile still waiting to be taken: the next one judges.
                if (!isLate)
                {
                    WatchConnections();
                }

                WatchClients();
                WatchMemory();
                _watchProgress.Rest();
            }
        }
#pragma warning disable CA1031 // Whatever it was, the process must not go on without this.
        catch (Exception e)
#pragma warning restore CA1031
        {
            LogFailed(e);
            Failed?.Invoke(e);
        }
    }

    /// <summary>Notes when each member was last alive, those that have left too: they may come back while this server cannot see it.</summary>
    private void NoteMembers(EnsembleView view, long now)
    {
        var aliveAt = new Dictionary<int, long>(_aliveAt);
        foreach (MemberView member in view.Members)
        {
            aliveAt[member.Info.Id] = now - (long)(member.SilentFor.TotalSeconds * _clock.TimestampFrequency);
        }

        _aliveAt = aliveAt;
    }

    /// <summary>When this server, which leads, last knew that nobody else did: the store had said so, or all who could take over were heard of as its followers.</summary>
    private long ConfirmedAt(Leadership leadership)
    {
        long now = _clock.GetTimestamp();
        long byStore = Volatile.Read(ref _confirmedAt);
        long byFollowers = now;
        foreach ((int id, long aliveAt) in _aliveAt)
        {
            if (id == _self.Id || _clock.GetElapsedTime(aliveAt, now) > _options.GoneAfter)
            {
                continue;
            }

            if (leadership.Channels.FirstOrDefault(channel => channel.ServerId == id) is not { } follower)
            {
                return byStore;
            }

            byFollowers = Math.Min(byFollowers, now - (long)(follower.SilentFor.TotalSeconds * _clock.TimestampFrequency));
        }

        return Math.Max(byStore, byFollowers);
    }

    private void WatchConnections()
    {
        if (_leadership is { Channels.Count: > 0 } unconfirmed && _clock.GetElapsedTime(_leaderHeardAt) is var time && time > _options.DeadAfter)
        {
            // Another one may lead by now: who follows this one must look again, and must not keep clients in the belief that their sessions live.
            LogUnconfirmed(time.TotalMilliseconds);
            foreach (FollowerChannel channel in unconfirmed.Channels)
            {
                channel.Close();
            }
        }

        if (_leadership is { } leadership)
        {
            foreach (FollowerChannel channel in leadership.Channels)
            {
                if (channel.SilentFor > _options.PeerTimeout)
                {
                    LogSilent(channel.ServerId, channel.SilentFor.TotalMilliseconds);
                    channel.Close();
                }
                else
                {
                    channel.Ping(leadership.History.LastZxid);
                }
            }
        }
        else if (_channel is { IsClosed: false } channel && channel.SilentFor > _options.PeerTimeout)
        {
            LogSilent(channel.Leader.Id, channel.SilentFor.TotalMilliseconds);
            channel.Close();
        }
    }

    /// <summary>Clients wait for the next leader for a while; then they had better look for a server that has one, and in time to keep their sessions.</summary>
    private void WatchClients()
    {
        long now = _clock.GetTimestamp();
        if (Role != MemberRole.Looking)
        {
            _leaderlessSince = now;
        }

        TimeSpan silent = _clock.GetElapsedTime(_leaderHeardAt, now);
        if (_leadership is null && _channel is { IsFollowing: true } channel)
        {
            silent = channel.SilentFor;
            _leaderHeardAt = now - (long)(silent.TotalSeconds * _clock.TimestampFrequency);
        }

        _replica.DropUnreported(silent);
        bool isReadOnly = Role == MemberRole.Looking && Leaderless > _options.ReadOnlyAfter;
        if (isReadOnly != _replica.IsReadOnly)
        {
            LogReadOnly(isReadOnly);
            _replica.SetReadOnly(isReadOnly);
        }
    }

    private void WatchMemory()
    {
        if (_reloadReason is null && _replica.Scrub(ref _scrubPosition, ScrubbedPerTurn) is { } path)
        {
            _reloadReason = $"the memory of {path} is damaged";
            _channel?.Close();
            _waker.Wake();
        }
    }

    /// <summary>Keeps <c>/zookeeper/config</c> as the members are.</summary>
    private void PublishMembers(Leadership leadership, EnsembleView view)
    {
        string members = EnsembleConfig.Members(view);
        byte[]? current;
        _replica.EnterRead();
        try
        {
            current = _replica.Tree.Find(Paths.SystemPaths.Config)?.Data;
        }
        finally
        {
            _replica.ExitRead();
        }

        if (EnsembleConfig.IsCurrent(current, members) || members == _publishedMembers)
        {
            _publishedMembers = null;
            return;
        }

        _publishedMembers = members;
        byte[] data = EnsembleConfig.Format(members, leadership.Leader.LastZxid);
        WriteRequest request = OperationTable.Get<SetData>().Request(new SetDataRequest(Paths.SystemPaths.Config, data, -1));
        request.Identities = ServersIdentity;
        _replica.SubmitOwn([request]);
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Leading in epoch {Epoch}, behind zxid 0x{Zxid:x}")]
    private partial void LogLeading(long epoch, long zxid);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Leading no more in epoch {Epoch}: the newest is {Newest}")]
    private partial void LogDeposed(long epoch, long newest);

    [LoggerMessage(Level = LogLevel.Information, Message = "Handing the leadership over; successor asked for: {Successor}")]
    private partial void LogHandingOver(int? successor);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Store unavailable to this member ({Failures} failed attempts so far): {Reason}")]
    private partial void LogStoreUnavailable(long failures, string reason);

    [LoggerMessage(Level = LogLevel.Information, Message = "Store available to this member again after {Failures} failed attempts")]
    private partial void LogStoreAvailable(long failures);

    [LoggerMessage(Level = LogLevel.Information, Message = "Leader {Id} at {Address} cannot be reached ({Attempts} attempts so far): {Reason}")]
    private partial void LogUnreachable(int id, string address, long attempts, string reason);

    [LoggerMessage(Level = LogLevel.Error, Message = "Closing the connection with the server at {Address}: what goes there could not be sent")]
    private partial void LogChannelFailed(Exception failure, string address);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Server {Id} has not been heard of for {Milliseconds} ms; closing the connection")]
    private partial void LogSilent(int id, double milliseconds);

    [LoggerMessage(Level = LogLevel.Warning, Message = "For {Milliseconds} ms neither the store nor all other servers have shown that this one still leads; its followers must look again")]
    private partial void LogUnconfirmed(double milliseconds);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Without a leader for too long: read-only is now {IsReadOnly}")]
    private partial void LogReadOnly(bool isReadOnly);

    [LoggerMessage(Level = LogLevel.Error, Message = "Replica state is invalid; reloading it from the store (attempt {Attempts}): {Reason}")]
    private partial void LogReloading(string reason, long attempts);

    [LoggerMessage(Level = LogLevel.Information, Message = "The state was taken from the store up to zxid 0x{Zxid:x}")]
    private partial void LogReloaded(long zxid);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Reloading the state from the store failed ({Failures} times so far) and is tried again: {Reason}")]
    private partial void LogReloadFailed(long failures, string reason);

    [LoggerMessage(Level = LogLevel.Critical, Message = "The member cannot go on")]
    private partial void LogFailed(Exception failure);
}
