using System.Buffers.Binary;
using OrleansZk.Core.Ensemble;
using OrleansZk.Core.Replication;
using OrleansZk.Protocol;
using OrleansZk.Simulation.Network;
using OrleansZk.Simulation.Scenarios;
using OrleansZk.Simulation.Servers;

namespace OrleansZk.Simulation.Sabotages;

/// <summary>Spoils the connections of followers to their leaders by a <see cref="PeerTampering"/> of each.</summary>
internal sealed class SpoilsFollowers(Func<Random, IPeerTampering> create) : Sabotage
{
    public override void Begin(SimulatedWorld world) => world.Peers.Tamper = _ => create(world.Queue.Random);
}

/// <summary>Sees what a follower sends to its leader, and what it gets.</summary>
internal abstract class PeerTampering : IPeerTampering
{
    public virtual IReadOnlyList<byte[]> OnSent(byte[] message) => [message];

    public virtual byte[] OnArrived(byte[] message) => message;

    protected static bool Is(byte[] message, PeerMessage kind) => message[0] == (byte)kind;
}

/// <summary>Some batches of a follower reach the leader twice.</summary>
internal sealed class RepeatsSubmissions(Random random) : PeerTampering
{
    public override IReadOnlyList<byte[]> OnSent(byte[] message) => Is(message, PeerMessage.Submit) && random.Next(10) == 0 ? [message, message] : [message];
}

/// <summary>What a follower submits is not what its clients asked for.</summary>
internal abstract class RewritesSubmissions : PeerTampering
{
    public override IReadOnlyList<byte[]> OnSent(byte[] message)
    {
        if (!Is(message, PeerMessage.Submit))
        {
            return [message];
        }

        var reader = new JuteReader(message.AsSpan(1));
        long settledUpTo = reader.ReadLong();
        var requests = new List<WriteRequest>();
        for (int count = reader.ReadCount(RequestCodec.MinimumLength); count > 0; count--)
        {
            WriteRequest request = RequestCodec.Read(ref reader, 0, 0);
            Rewrite(request);
            requests.Add(request);
        }

        var writer = new JuteWriter();
        PeerMessages.WriteSubmit(writer, requests, 0, settledUpTo, int.MaxValue);
        return [writer.Written.ToArray()];
    }

    protected abstract void Rewrite(WriteRequest request);
}

/// <summary>With every leader, a follower begins to count its requests from 1.</summary>
internal sealed class ReusesNumbers : RewritesSubmissions
{
    private long? _first;

    protected override void Rewrite(WriteRequest request)
    {
        _first ??= request.Origin.Number;
        request.Origin = request.Origin with { Number = request.Origin.Number - _first.Value + 1 };
    }
}

/// <summary>With every leader, a follower begins to count the requests of each session from 1.</summary>
internal sealed class ReusesXids : RewritesSubmissions
{
    private readonly Dictionary<long, int> _first = [];

    protected override void Rewrite(WriteRequest request)
    {
        if (request.Xid > 0)
        {
            _first.TryAdd(request.SessionId, request.Xid);
            request.Xid -= _first[request.SessionId] - 1;
        }
    }
}

/// <summary>A follower's engine gets a node wrong, and the follower does not compare its tree's digest with anybody's.</summary>
internal sealed class IgnoresDigests : Sabotage
{
    private static readonly TimeSpan Every = TimeSpan.FromSeconds(1);

    private SimulatedWorld _world = null!;
    private MemberServer? _damaged;

    public override void Begin(SimulatedWorld world)
    {
        _world = world;
        world.Peers.Tamper = process => new Blindfold(this, process);
        world.Queue.Schedule(Every, null, Damage);
    }

    /// <summary>Changes what clients read, with a digest to match: nothing but another replica can tell.</summary>
    private void Damage()
    {
        _world.Queue.Schedule(Every, null, Damage);
        _damaged ??= _world.Servers.Cast<MemberServer>().FirstOrDefault(server => server.Member?.Role == MemberRole.Following);
        if (_damaged is { Member.Role: MemberRole.Following, Replica.Tree: { } tree } && tree.Find("/n0") is { } node)
        {
            tree.SetData("/n0", [0], node.Version, node.Mzxid, node.Mtime, []);
        }
    }

    private sealed class Blindfold(IgnoresDigests sabotage, World.SimulatedProcess process) : PeerTampering
    {
        private bool IsOn => sabotage._damaged?.Process == process;

        /// <summary>Says the digest that the others have.</summary>
        public override IReadOnlyList<byte[]> OnSent(byte[] message)
        {
            if (!IsOn || !Is(message, PeerMessage.Hello))
            {
                return [message];
            }

            var reader = new JuteReader(message.AsSpan(1));
            var hello = Hello.Read(ref reader);
            ulong? expected = sabotage._world.Servers.Where(server => server.Process != process)
                .Select(server => server.Replica?.Digests.Find(hello.LastZxid)).FirstOrDefault(digest => digest is not null);
            var writer = new JuteWriter();
            (hello with { Digest = expected ?? hello.Digest }).Write(writer);
            return [writer.Written.ToArray()];
        }

        /// <summary>Makes a group's digest one of a state that nobody remembers.</summary>
        public override byte[] OnArrived(byte[] message)
        {
            if (IsOn && Is(message, PeerMessage.Group))
            {
                message = [.. message];
                BinaryPrimitives.WriteInt64BigEndian(message.AsSpan(2), 0);
            }

            return message;
        }
    }
}
