using System.Buffers.Binary;
using OrleansZk.Protocol;
using OrleansZk.Protocol.Records;
using OrleansZk.Simulation.Network;
using OrleansZk.Simulation.Scenarios;

namespace OrleansZk.Simulation.Sabotages;

/// <summary>Spoils connections of clients by a <see cref="LinkTampering"/> of each.</summary>
internal sealed class SpoilsConnections(Func<Random, ILinkTampering> create) : Sabotage
{
    public override ILinkTampering Tamper(SimulatedWorld world) => create(world.Queue.Random);
}

/// <summary>Sees the requests and replies of one connection, frame by frame.</summary>
internal abstract class LinkTampering : ILinkTampering
{
    private readonly Dictionary<int, (OpCode Type, string Path)> _requests = [];
    private bool _isGreeted;
    private bool _hasConnected;

    public IReadOnlyList<byte[]> OnRequests(IReadOnlyList<byte[]> frames)
    {
        if (!_hasConnected)
        {
            _hasConnected = true;
            return [.. frames.Select(Connect)];
        }

        foreach (byte[] frame in frames)
        {
            var reader = new JuteReader(frame.AsSpan(Frame.HeaderLength));
            RequestHeader header = RequestHeader.Read(ref reader);
            bool hasPath = header.Type is OpCode.Create or OpCode.Create2 or OpCode.GetData or OpCode.SetData or OpCode.Delete;
            _requests[header.Xid] = (header.Type, hasPath ? reader.ReadString() ?? "" : "");
        }

        return Requests(frames);
    }

    public IReadOnlyList<byte[]> OnReplies(IReadOnlyList<byte[]> bodies)
    {
        var replies = new List<byte[]>();
        foreach (byte[] body in bodies)
        {
            if (_isGreeted)
            {
                Reply(body, replies);
            }
            else
            {
                _isGreeted = true;
                replies.Add(body);
            }
        }

        return replies;
    }

    /// <summary>The first frame as the server sees it.</summary>
    protected virtual byte[] Connect(byte[] frame) => frame;

    protected virtual IReadOnlyList<byte[]> Requests(IReadOnlyList<byte[]> frames) => frames;

    /// <summary>Adds what the client is to see instead of a reply or event.</summary>
    protected virtual void Reply(byte[] body, List<byte[]> replies) => replies.Add(body);

    protected static int XidOf(byte[] body) => BinaryPrimitives.ReadInt32BigEndian(body);

    protected static bool IsEvent(byte[] body) => XidOf(body) == ReservedXid.Notification;

    protected static ErrorCode ErrorOf(byte[] body) => (ErrorCode)BinaryPrimitives.ReadInt32BigEndian(body.AsSpan(12));

    protected static OpCode TypeOf(byte[] frame) => (OpCode)BinaryPrimitives.ReadInt32BigEndian(frame.AsSpan(8));

    protected (OpCode Type, string Path) RequestOf(byte[] body) => _requests.GetValueOrDefault(XidOf(body));
}

/// <summary>Some events never arrive.</summary>
internal sealed class DropsEvents(Random random) : LinkTampering
{
    protected override void Reply(byte[] body, List<byte[]> replies)
    {
        if (!IsEvent(body) || random.Next(4) > 0)
        {
            replies.Add(body);
        }
    }
}

/// <summary>Some events arrive twice.</summary>
internal sealed class RepeatsEvents(Random random) : LinkTampering
{
    protected override void Reply(byte[] body, List<byte[]> replies)
    {
        replies.Add(body);
        if (IsEvent(body) && random.Next(4) == 0)
        {
            replies.Add(body);
        }
    }
}

/// <summary>Events arrive behind the reply that they should come before.</summary>
internal sealed class DelaysEvents : LinkTampering
{
    private readonly List<byte[]> _held = [];

    protected override void Reply(byte[] body, List<byte[]> replies)
    {
        if (IsEvent(body))
        {
            _held.Add(body);
            return;
        }

        replies.Add(body);
        replies.AddRange(_held);
        _held.Clear();
    }
}

/// <summary>Some writes reach the server twice, and only the first answer is seen.</summary>
internal sealed class RepeatsRequests(Random random) : LinkTampering
{
    private readonly HashSet<int> _repeated = [];

    protected override IReadOnlyList<byte[]> Requests(IReadOnlyList<byte[]> frames)
    {
        var sent = new List<byte[]>();
        foreach (byte[] frame in frames)
        {
            sent.Add(frame);
            if (TypeOf(frame) is OpCode.SetData or OpCode.Create && random.Next(4) == 0)
            {
                sent.Add(frame);
                _repeated.Add(BinaryPrimitives.ReadInt32BigEndian(frame.AsSpan(4)));
            }
        }

        return sent;
    }

    protected override void Reply(byte[] body, List<byte[]> replies)
    {
        // The first of two is let through, and turns what follows into the one to be swallowed.
        int xid = XidOf(body);
        if (_repeated.Remove(xid))
        {
            _repeated.Add(~xid);
            replies.Add(body);
        }
        else if (IsEvent(body) || xid < 0 || !_repeated.Remove(~xid))
        {
            replies.Add(body);
        }
    }
}

/// <summary>Requests of one packet change places.</summary>
internal sealed class SwapsRequests : LinkTampering
{
    protected override IReadOnlyList<byte[]> Requests(IReadOnlyList<byte[]> frames) => [.. frames.Reverse()];
}

/// <summary>Reads of a node are answered with what the one before it was answered.</summary>
internal sealed class ServesStaleReads : LinkTampering
{
    private readonly Dictionary<string, byte[]> _known = new(StringComparer.Ordinal);

    protected override void Reply(byte[] body, List<byte[]> replies)
    {
        (OpCode type, string path) = RequestOf(body);
        if (!IsEvent(body) && type == OpCode.GetData && ErrorOf(body) == ErrorCode.Ok)
        {
            byte[]? before = _known.GetValueOrDefault(path);
            _known[path] = body;
            if (before is not null)
            {
                body = [.. body.AsSpan(0, ReplyHeader.EncodedLength), .. before.AsSpan(ReplyHeader.EncodedLength)];
            }
        }

        replies.Add(body);
    }
}

/// <summary>A success is told as a refusal.</summary>
internal sealed class RefusesWhatItDid(Random random) : LinkTampering
{
    protected override void Reply(byte[] body, List<byte[]> replies)
    {
        if (!IsEvent(body) && RequestOf(body).Type == OpCode.Create && ErrorOf(body) == ErrorCode.Ok && random.Next(4) == 0)
        {
            body = body[..ReplyHeader.EncodedLength];
            BinaryPrimitives.WriteInt32BigEndian(body.AsSpan(12), (int)ErrorCode.NodeExists);
        }

        replies.Add(body);
    }
}

/// <summary>A refusal is told as a success.</summary>
internal sealed class ClaimsWhatItRefused(Random random) : LinkTampering
{
    protected override void Reply(byte[] body, List<byte[]> replies)
    {
        if (!IsEvent(body) && RequestOf(body).Type == OpCode.Delete && ErrorOf(body) == ErrorCode.BadVersion && random.Next(2) == 0)
        {
            body = [.. body];
            BinaryPrimitives.WriteInt32BigEndian(body.AsSpan(12), (int)ErrorCode.Ok);
        }

        replies.Add(body);
    }
}

/// <summary>A refusal is told with another reason.</summary>
internal sealed class RefusesForNoReason(Random random) : LinkTampering
{
    protected override void Reply(byte[] body, List<byte[]> replies)
    {
        if (!IsEvent(body) && RequestOf(body).Type == OpCode.SetData && ErrorOf(body) == ErrorCode.NoNode && random.Next(4) == 0)
        {
            body = [.. body];
            BinaryPrimitives.WriteInt32BigEndian(body.AsSpan(12), (int)ErrorCode.BadVersion);
        }

        replies.Add(body);
    }
}

/// <summary>Syncs are answered by the connection itself, at the state that the client knows.</summary>
internal sealed class AnswersSyncsItself : LinkTampering
{
    private long _zxid;

    protected override void Reply(byte[] body, List<byte[]> replies)
    {
        long zxid = BinaryPrimitives.ReadInt64BigEndian(body.AsSpan(4));
        if (!IsEvent(body) && RequestOf(body).Type == OpCode.Sync && _zxid > 0)
        {
            body = [.. body];
            BinaryPrimitives.WriteInt64BigEndian(body.AsSpan(4), _zxid);
        }
        else
        {
            _zxid = Math.Max(_zxid, zxid);
        }

        replies.Add(body);
    }
}

/// <summary>Servers do not learn what their new clients have seen elsewhere.</summary>
internal sealed class HidesWhatWasSeen : LinkTampering
{
    protected override byte[] Connect(byte[] frame)
    {
        byte[] spoilt = [.. frame];
        BinaryPrimitives.WriteInt64BigEndian(spoilt.AsSpan(Frame.HeaderLength + sizeof(int)), 0);
        return spoilt;
    }
}
