using System.Text;

namespace OrleansZk.Histories.Tests;

/// <summary>Tells a run step by step: what clients did and saw, and what the log has. Nothing is true but what the test says.</summary>
internal sealed class Story
{
    private readonly List<CommittedTransaction> _log = [];
    private readonly ManualClock _clock = new();
    private long _sessions;

    public Story() => History = new History(_clock);

    public History History { get; }

    public IReadOnlyList<CommittedTransaction> Log => _log;

    /// <summary>The newest zxid.</summary>
    public long Zxid { get; private set; }

    public TimeSpan Now => _clock.Now;

    public void Wait(double seconds) => _clock.Now += TimeSpan.FromSeconds(seconds);

    /// <summary>Adds a transaction to the log.</summary>
    public long Commit(long session, int xid, params IReadOnlyList<Change> changes)
    {
        _log.Add(new CommittedTransaction(++Zxid, session, xid, 0, changes) { DecidedAt = _clock.Now });
        return Zxid;
    }

    public void CommitAt(CommittedTransaction transaction) => _log.Add(transaction);

    /// <summary>A client with a new session.</summary>
    public Speaker Open(double timeout = 10)
    {
        long id = ++_sessions;
        Commit(id, 0, new Change.OpenSession(id, TimeSpan.FromSeconds(timeout)));
        var speaker = new Speaker(this, $"client{id}", id, TimeSpan.FromSeconds(timeout));
        speaker.Connect(resumes: false);
        return speaker;
    }

    public Evidence Evidence => new(History) { Transactions = _log, IsSettled = true };

    public void ShouldBeFine(Func<Evidence, Evidence>? with = null) => Checker.Check((with ?? (evidence => evidence))(Evidence)).ShouldBeEmpty();

    /// <summary>The rule must be reported, in words that have <paramref name="words"/> in them.</summary>
    public void ShouldBreak(string rule, string words, Func<Evidence, Evidence>? with = null)
    {
        IReadOnlyList<Violation> violations = Checker.Check((with ?? (evidence => evidence))(Evidence));
        violations.ShouldContain(
            violation => violation.Rule == rule && violation.Message.Contains(words, StringComparison.Ordinal), string.Join('\n', violations));
    }

    public static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text);

    private sealed class ManualClock : TimeProvider
    {
        public TimeSpan Now { get; set; }

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => Now.Ticks;
    }
}

/// <summary>One client of a story, with one session.</summary>
internal sealed class Speaker(Story story, string name, long session, TimeSpan timeout)
{
    private int _xid;

    public long Session => session;

    public ConnectionRecord Connection { get; private set; } = null!;

    public Operation Last { get; private set; } = null!;

    public void Connect(bool resumes)
    {
        Connection = story.History.Connect(name, 1);
        if (resumes)
        {
            Connection.Resumed(session, timeout);
        }
        else
        {
            Connection.Opened(session, timeout);
        }
    }

    /// <summary>Loses its connection and comes back.</summary>
    public void Reconnect()
    {
        Connection.Lost("the story wants it");
        story.Commit(session, 0, new Change.MoveSession(session, timeout));
        Connect(resumes: true);
    }

    public Operation Ask(Request request) => Last = Connection.Invoke(request, request.Type == OpCode.SetWatches2 ? -8 : ++_xid);

    public void Hear(Operation operation, Answer answer) => Connection.Answered(operation, answer);

    /// <summary>Asks, has it committed, and is told so.</summary>
    public long Write(Request request, params IReadOnlyList<Change> changes)
    {
        Operation operation = Ask(request);
        long zxid = story.Commit(session, operation.Xid, changes);
        Hear(operation, new Answer(ErrorCode.Ok, zxid));
        return zxid;
    }

    /// <summary>Closes its session: a first transaction, and then what <paramref name="rest"/> commits, whose zxid it is told.</summary>
    public void CloseInParts(Change.CloseSession first, Func<long> rest)
    {
        Operation operation = Ask(new Request(OpCode.CloseSession));
        story.Commit(session, operation.Xid, first);
        Hear(operation, new Answer(ErrorCode.Ok, rest()));
    }

    public long Create(string path, string data = "", CreateMode mode = CreateMode.Persistent, string? created = null)
    {
        Operation operation = Ask(new Request(OpCode.Create, path) { Data = Story.Bytes(data), Mode = mode });
        long zxid = story.Commit(
            session, operation.Xid, new Change.Create(created ?? path, Story.Bytes(data), mode.IsEphemeral() ? session : 0));
        Hear(operation, new Answer(ErrorCode.Ok, zxid) { Path = created ?? path });
        return zxid;
    }

    public long Set(string path, string data, int versionAfter, int expected = -1)
    {
        Request request = new(OpCode.SetData, path) { Data = Story.Bytes(data), Version = expected };
        return Write(request, new Change.Set(path, Story.Bytes(data), versionAfter));
    }

    public long Delete(string path, int expected = -1) =>
        Write(new Request(OpCode.Delete, path) { Version = expected }, new Change.Delete(path));

    /// <summary>Asks and is answered at once.</summary>
    public void Read(Request request, Answer answer) => Hear(Ask(request), answer);

    /// <summary>Reads a node that was created at a zxid and, perhaps, set at another.</summary>
    public void Get(string path, string data, long czxid, long at, long? mzxid = null, int version = 0, bool watch = false) => Read(
        new Request(OpCode.GetData, path) { Watch = watch },
        new Answer(ErrorCode.Ok, at) { Data = Story.Bytes(data), Stat = StatOf(data, czxid, mzxid, version) });

    public void GetNothing(string path, long at, bool watch = false) =>
        Read(new Request(watch ? OpCode.Exists : OpCode.GetData, path) { Watch = watch }, new Answer(ErrorCode.NoNode, at));

    public void Sync(long at) => Read(new Request(OpCode.Sync, "/"), new Answer(ErrorCode.Ok, at));

    public static Stat StatOf(string data, long czxid, long? mzxid = null, int version = 0) =>
        new(czxid, mzxid ?? czxid, 0, 0, version, 0, 0, 0, data.Length, 0, czxid);
}
