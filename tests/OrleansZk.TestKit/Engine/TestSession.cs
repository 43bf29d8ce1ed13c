using OrleansZk.Protocol.Records;
using OrleansZk.TestKit.Wire;

namespace OrleansZk.TestKit.Engine;

/// <summary>Something that a session's connection received: an answer or an event.</summary>
public abstract record Received;

/// <param name="Zxid">As in the reply's header.</param>
public sealed record Answer(OpCode Type, int Xid, long Zxid, WireResult Result) : Received
{
    public override string ToString() => $"{Type} #{Xid} @{Zxid:x}: {Result}";
}

public sealed record Event(EventType Type, string Path, long Zxid) : Received
{
    public override string ToString() => $"{Type} {Path} @{Zxid:x}";
}

/// <summary>A client's session: encodes requests, decodes what comes, and holds the engine to the order of its answers.</summary>
public sealed class TestSession
{
    private readonly EngineHarness _harness;
    private readonly List<(int Xid, OpCode Type)> _expected = [];
    private int _nextXid;

    private TestSession(EngineHarness harness, string ip)
    {
        _harness = harness;
        Ip = ip;
        Connection = harness.Open(ip);
    }

    public string Ip { get; }

    public TestConnection Connection { get; private set; }

    public long Id { get; private set; }

    public byte[] Password { get; private set; } = new byte[ConnectResponse.PasswordLength];

    /// <summary>As negotiated, milliseconds.</summary>
    public int Timeout { get; private set; }

    /// <summary>What the handshake came to; null while it has no answer.</summary>
    public ConnectResponse? Greeting { get; private set; }

    /// <summary>The highest zxid that an answer has shown.</summary>
    public long LastZxid { get; private set; }

    public bool IsConnected => !Connection.IsClosed;

    /// <summary>Requests without an answer.</summary>
    public int Outstanding => _expected.Count;

    /// <summary>All that came and was not taken yet, in the order of its arrival.</summary>
    public Queue<Received> Inbox { get; } = new();

    public static TestSession Start(EngineHarness harness, int timeout, string ip) =>
        TryStart(harness, timeout, ip) ?? throw new InvalidOperationException("the handshake had no answer");

    /// <returns>Null when the handshake has no answer yet, or never will.</returns>
    public static TestSession? TryStart(EngineHarness harness, int timeout = 30_000, string ip = "10.0.0.1")
    {
        var session = new TestSession(harness, ip);
        return session.ShakeHands(new ConnectRequest(0, 0, timeout, 0, session.Password, false)) ? session : null;
    }

    /// <summary>A connection whose handshake may have to wait for its answer.</summary>
    public static TestSession Greet(EngineHarness harness, in ConnectRequest request, string ip)
    {
        var session = new TestSession(harness, ip);
        session.ShakeHands(request);
        return session;
    }

    /// <summary>Sends a request without waiting for its answer.</summary>
    public int Send(WireRequest request) => Send([request]);

    /// <summary>Sends requests as one packet.</summary>
    /// <returns>The last one's xid.</returns>
    public int Send(params IReadOnlyList<WireRequest> requests) => SendPacket(requests)[^1];

    /// <summary>Sends requests as one packet.</summary>
    /// <returns>Their xids.</returns>
    public List<int> SendPacket(IReadOnlyList<WireRequest> requests)
    {
        var xids = new List<int>();
        var frames = new List<byte[]>();
        foreach (WireRequest request in requests)
        {
            int xid = request.ReservedXid ?? ++_nextXid;
            xids.Add(xid);
            _expected.Add((xid, request.Type));
            frames.Add(request.ToFrame(xid));
        }

        Connection.Send(frames);
        return xids;
    }

    /// <summary>Sends a request and gives its answer, which must be there at once; events stay in the inbox, before the answer's place.</summary>
    public Answer Call(WireRequest request)
    {
        int xid = Send(request);
        List<Received> received = TakeAll();
        Answer answer = received.OfType<Answer>().LastOrDefault(answer => answer.Xid == xid)
            ?? throw new InvalidOperationException($"{request.Type} has no answer yet");
        foreach (Received other in received.Where(other => !ReferenceEquals(other, answer)))
        {
            Inbox.Enqueue(other);
        }

        return answer;
    }

    /// <summary>The answer's record; fails when the request was refused.</summary>
    public WireResult Ask(WireRequest request)
    {
        WireResult result = Call(request).Result;
        return result.Error == ErrorCode.Ok ? result : throw new KeeperException(result.Error);
    }

    /// <summary>Sends a request that may be refused.</summary>
    public ErrorCode Try(WireRequest request) => Call(request).Result.Error;

    /// <summary>Takes everything that has come.</summary>
    public List<Received> TakeAll()
    {
        Collect();
        List<Received> all = [.. Inbox];
        Inbox.Clear();
        return all;
    }

    /// <summary>Takes the events that have come, and drops answers.</summary>
    public List<Event> TakeEvents() => [.. TakeAll().OfType<Event>()];

    public void Disconnect()
    {
        Collect();
        Connection.Disconnect();
        _expected.Clear();
    }

    /// <summary>Resumes the session on a new connection.</summary>
    /// <returns>False when the engine says that the session is no more, or closes without a word.</returns>
    public bool Reconnect(int? timeout = null, byte[]? password = null, long lastZxidSeen = 0, long? id = null, string? ip = null)
    {
        Collect();
        _expected.Clear();
        Connection = _harness.Open(ip ?? Ip);
        return ShakeHands(new ConnectRequest(0, lastZxidSeen, timeout ?? Timeout, id ?? Id, password ?? Password, false));
    }

    /// <summary>Reads what the engine has sent.</summary>
    public void Collect()
    {
        while (Connection.Frames.TryDequeue(out byte[]? body))
        {
            if (Greeting is null)
            {
                TakeGreeting(WireReplies.Connect(body));
            }
            else
            {
                Take(WireReplies.Read(body));
            }
        }
    }

    private bool ShakeHands(in ConnectRequest request)
    {
        Greeting = null;
        Connection.Send(WireRequests.ConnectFrame(request));
        Collect();
        return Greeting is { SessionId: not 0 };
    }

    private void TakeGreeting(ConnectResponse response)
    {
        Greeting = response;
        if (response.SessionId != 0)
        {
            (Id, Password, Timeout) = (response.SessionId, response.Password, response.Timeout);
        }
    }

    private void Take(WireReply reply)
    {
        if (reply.Xid == ReservedXid.Notification)
        {
            WatchedEvent happened = WireReplies.Event(reply);
            Inbox.Enqueue(new Event(happened.Type, happened.Path, happened.Zxid));
            return;
        }

        // Only authentication overtakes: its answer does not wait for the writes before it.
        int index = _expected.FindIndex(expected => expected.Xid == reply.Xid);
        if (index < 0 || (index > 0 && _expected[index].Type is not (OpCode.Auth or OpCode.Sasl)))
        {
            throw new WireProtocolException(
                $"an answer to xid {reply.Xid} came where {(_expected.Count == 0 ? "none" : _expected[0].ToString())} was due");
        }

        OpCode type = _expected[index].Type;
        _expected.RemoveAt(index);
        LastZxid = Math.Max(LastZxid, reply.Zxid);
        Inbox.Enqueue(new Answer(type, reply.Xid, reply.Zxid, reply.Decode(type)));
    }
}
