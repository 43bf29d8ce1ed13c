using OrleansZk.Core.Replication;
using OrleansZk.Protocol;

namespace OrleansZk.Core.Ensemble;

/// <summary>One server's time as leader: the leader, what it has committed, and those who follow.</summary>
internal sealed class Leadership : IGroupSink, IDisposable
{
    private readonly Lock _gate = new();
    private readonly Replica _replica;
    private readonly Dictionary<int, Follower> _followers = [];
    private volatile FollowerChannel[] _channels = [];

    /// <param name="replica">Has applied all that was committed before <paramref name="epoch"/>.</param>
    public Leadership(Replica replica, long epoch, MemberOptions options, Func<IGroupSink, Leader> newLeader)
    {
        _replica = replica;
        Epoch = epoch;
        BeginsAfter = replica.LastAppliedZxid;
        History = new GroupHistory(BeginsAfter, options.HistoryBytes);
        Leader = newLeader(this);
    }

    /// <summary>The epoch that it began with.</summary>
    public long Epoch { get; }

    /// <summary>The newest transaction before its first.</summary>
    public long BeginsAfter { get; }

    public Leader Leader { get; }

    /// <summary>When it was given by the leader before, a timestamp; null when that one was lost, or there was none.</summary>
    public long? GivenAt { get; init; }

    public GroupHistory History { get; }

    /// <summary>The followers' connections now.</summary>
    public IReadOnlyList<FollowerChannel> Channels => _channels;

    public void Committed(CommittedGroup group)
    {
        History.Add(group);
        foreach (FollowerChannel channel in _channels)
        {
            channel.Kick();
        }
    }

    /// <summary>Looks at who wants to follow, and where it goes on. From then on nothing is taken from a connection that the same server had before.</summary>
    /// <param name="refusal">What it has to do when it may not as it is.</param>
    /// <param name="reason">Why it may not.</param>
    public bool TryWelcome(
        FollowerChannel channel, in Hello hello, out Welcome welcome, out long position, out RefusalReason refusal, out string reason)
    {
        (welcome, position, reason) = (default, 0, "");
        refusal = RefusalReason.Reload;
        if (hello.LastZxid > History.LastZxid)
        {
            // Its state is none to be thrown away: either another server leads by now, or the store has lost what it has seen, which it finds out there.
            refusal = RefusalReason.NotLeading;
            reason = $"it has applied zxid 0x{hello.LastZxid:x}, and this leader has committed no more than 0x{History.LastZxid:x}";
            return false;
        }

        if (DigestAt(hello.LastZxid) is { } digest && digest != hello.Digest)
        {
            reason = $"at zxid 0x{hello.LastZxid:x} its tree has digest {hello.Digest:x16}, the leader's {digest:x16}";
            return false;
        }

        Follower follower;
        lock (_gate)
        {
            if (!_followers.TryGetValue(hello.ServerId, out follower!))
            {
                _followers.Add(hello.ServerId, follower = new Follower());
            }
        }

        FollowerChannel? before;
        lock (follower.Gate)
        {
            if (follower.Incarnation != hello.Incarnation)
            {
                (follower.Incarnation, follower.ReceivedUpTo) = (hello.Incarnation, 0);
            }

            welcome = new Welcome(Epoch, BeginsAfter, follower.ReceivedUpTo, History.TryFind(hello.LastZxid, out position));
            (before, follower.Channel) = (follower.Channel, channel);
        }

        lock (_gate)
        {
            _channels = [.. _channels.Where(other => other != before), channel];
        }

        before?.Close();
        return true;
    }

    public void Remove(FollowerChannel channel)
    {
        lock (_gate)
        {
            _channels = [.. _channels.Where(other => other != channel)];
        }
    }

    /// <summary>Takes a follower's writes.</summary>
    /// <exception cref="JuteException">They are malformed; none of them is taken.</exception>
    public void Submit(FollowerChannel channel, ref JuteReader reader)
    {
        long settledUpTo = reader.ReadLong();
        int count = reader.ReadCount(RequestCodec.MinimumLength);
        var requests = new List<WriteRequest>(count);
        for (int i = 0; i < count; i++)
        {
            requests.Add(RequestCodec.Read(ref reader, channel.ServerId, channel.Incarnation));
        }

        Follower? follower;
        lock (_gate)
        {
            follower = _followers.GetValueOrDefault(channel.ServerId);
        }

        if (follower is null || requests.Count == 0)
        {
            return;
        }

        // With the lock: what its next connection brings must come behind.
        lock (follower.Gate)
        {
            if (follower.Channel == channel)
            {
                follower.ReceivedUpTo = requests[^1].Origin.Number;
                Leader.Submit(requests, settledUpTo);
            }
        }
    }

    public void Dispose() => Leader.Dispose();

    private ulong? DigestAt(long zxid)
    {
        _replica.EnterRead();
        try
        {
            return _replica.Digests.Find(zxid);
        }
        finally
        {
            _replica.ExitRead();
        }
    }

    private sealed class Follower
    {
        public Lock Gate { get; } = new();

        public long Incarnation { get; set; }

        public long ReceivedUpTo { get; set; }

        public FollowerChannel? Channel { get; set; }
    }
}
