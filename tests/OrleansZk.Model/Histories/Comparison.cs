using System.Globalization;
using OrleansZk.Core.Replication;
using OrleansZk.Core.Tree;
using OrleansZk.Model.State;
using OrleansZk.Protocol.Records;

namespace OrleansZk.Model.Histories;

/// <summary>Runs one history against the engine and the model, and compares after every step all that clients can see.</summary>
internal sealed class Comparison : IDisposable
{
    private const int Tick = 2000;

    private readonly EngineHarness _engine = new(new EngineSettings
    {
        // Flow control is not the subject: a packet is always taken whole.
        Limits = new ReplicaLimits
        {
            MaxPendingBytes = int.MaxValue,
            MaxBetweenWrites = int.MaxValue,
            MaxAlongWithAnswer = int.MaxValue,
            DefersHeavy = false,
            OutputPerTurn = int.MaxValue,
            PingsPassAfter = int.MaxValue,
        },
        Leader = new LeaderOptions { TickTime = Tick },
    });

    private readonly ModelServer _model;
    private readonly Client?[] _slots = new Client?[Generators.Slots];
    private readonly List<Client> _clients = [];
    private int _step;

    private Comparison() => _model = new ModelServer(_engine.Clock, Tick, 4000, 40_000);

    /// <summary>How often each operation was answered without an error.</summary>
    public Dictionary<OpCode, int> Successes { get; } = [];

    public Dictionary<EventType, int> Events { get; } = [];

    /// <summary>How often each error was answered, by itself or for a part.</summary>
    public Dictionary<ErrorCode, int> Errors { get; } = [];

    /// <summary>Sessions that expired, nodes that were reaped, requests that waited for an append: what no answer shows.</summary>
    public Dictionary<string, int> Happenings { get; } = [];

    /// <exception cref="MismatchException">Engine and model do not agree.</exception>
    public static Comparison Run(History history)
    {
        using var comparison = new Comparison();
        foreach (Step step in history.Steps)
        {
            Attempt($"step {comparison._step}, {step}", () =>
            {
                comparison.Take(step);
                comparison.Compare();
            });
            comparison._step++;
        }

        Attempt("the end", comparison.Finish);
        return comparison;
    }

    public void Dispose() => _engine.Dispose();

    private static void Attempt(string what, Action action)
    {
        try
        {
            action();
        }
        catch (Exception e) when (e is not MismatchException)
        {
            throw new MismatchException($"{what}: {e}", e);
        }
    }

    private void Take(Step step)
    {
        switch (step)
        {
            case OpenStep open when _slots[open.Slot] is not { IsOpen: true }:
                Add(open.Slot, _model.Open(open.Timeout, Ip(open.Slot)), new ConnectRequest(0, 0, open.Timeout, 0, new byte[16], false));
                break;
            case ResumeStep resume when _slots[resume.Slot] is { Id: not 0 } client:
                byte[] password = resume.RightPassword ? client.Password : new byte[16];
                Client resumed = Add(
                    resume.Slot,
                    _model.Resume(client.Connection.Session, resume.Timeout, resume.RightPassword, Ip(resume.Slot)),
                    new ConnectRequest(0, client.Seen, resume.Timeout, client.Id, password, false));
                (resumed.Id, resumed.Password) = (client.Id, client.Password);
                Happened("resumed beside the old connection", client.IsOpen ? 1 : 0);
                break;
            case DisconnectStep disconnect when _slots[disconnect.Slot] is { IsOpen: true } client:
                client.Session.Collect();
                client.Session.Connection.Disconnect();
                _model.Disconnect(client.Connection);
                break;
            case SendStep { ByOld: true } send
                when _clients.Find(old => old.Slot == send.Slot && old != _slots[send.Slot] && old.IsEstablished) is { } client:
                Send(client, send.Ops);
                Happened("sent by the old connection", 1);
                break;
            case SendStep { ByOld: false } send when _slots[send.Slot] is { IsEstablished: true } client:
                Send(client, send.Ops);
                break;
            case AdvanceStep advance:
                for (int left = advance.Milliseconds; left > 0; left -= Tick / 2)
                {
                    _engine.Clock.Advance(TimeSpan.FromMilliseconds(Math.Min(left, Tick / 2)));
                    int before = _engine.Replica.Sessions.Count;
                    _engine.Tick();
                    _model.Tick();
                    Happened("expired", before - _engine.Replica.Sessions.Count);
                }

                break;
            case ReapStep:
                Happened("reaped", _engine.Reap());
                _model.Reap();
                break;
            case HoldStep:
                _engine.Hold();
                _model.Hold();
                break;
            case ReleaseStep { All: true }:
                _engine.ReleaseAll();
                _model.Release(all: true);
                break;
            case ReleaseStep:
                Happened("released one", _engine.ReleaseOne() ? 1 : 0);
                _model.Release(all: false);
                break;
            case CheckpointStep checkpoint:
                Checkpoint(checkpoint.Fails);
                break;
            case RestartStep restart:
                Happened("restarted with an append in flight", _engine.Log.HeldCount);
                _engine.Restart(restart.KeepHeld);
                _model.Restart(restart.KeepHeld);
                break;
            default:
                break;
        }
    }

    private void Send(Client client, IReadOnlyList<Op> ops)
    {
        long seen = client.Seen;
        List<int> xids = client.Session.SendPacket([.. ops.Select(op => op.ToWire(seen))]);
        _model.Send(client.Connection, [.. ops.Zip(xids)], seen);
    }

    private Client Add(int slot, ModelConnection connection, in ConnectRequest request)
    {
        var client = new Client(slot, TestSession.Greet(_engine, request, Ip(slot)), connection) { Seen = request.LastZxidSeen };
        _slots[slot] = client;
        _clients.Add(client);
        return client;
    }

    private void Checkpoint(bool fails)
    {
        _engine.Checkpoints.FailAfterChunks = fails ? 0 : null;
        try
        {
            _engine.Checkpoint();
            Require("a checkpoint", fails ? "to fail" : "", "");
        }
        catch (CheckpointException) when (fails)
        {
            // As wanted.
        }
    }

    private void Compare()
    {
        foreach (Client client in _clients.ToList())
        {
            client.Session.Collect();
            CompareGreeting(client);
            List<Received> received = client.Session.TakeAll();
            Require(
                $"what client {client.Slot} received",
                string.Join("\n      ", client.Connection.Expected),
                string.Join("\n      ", received));
            client.Connection.Expected.Clear();
            Count(received);
            client.Seen = Math.Max(client.Seen, client.Session.LastZxid);
            Require($"whether client {client.Slot} is connected", client.IsOpen, client.Session.IsConnected);
            if (!client.IsOpen)
            {
                _clients.Remove(client);
            }
        }

        Require("the last applied zxid", _model.LastApplied, _engine.Replica.LastAppliedZxid);
    }

    private void Happened(string what, int times) => Happenings[what] = Happenings.GetValueOrDefault(what) + times;

    private void CompareGreeting(Client client)
    {
        bool? accepted = client.Session.Greeting is { } greeting ? greeting.SessionId != 0 : null;
        if (client.Connection.Accepted != accepted && (client.IsOpen || accepted is not null))
        {
            Require("what a handshake came to", client.Connection.Accepted, accepted);
        }

        if (accepted == true)
        {
            Require("a session's timeout", client.Connection.Timeout, client.Session.Greeting!.Value.Timeout);
            (client.Id, client.Password) = (client.Session.Id, client.Session.Password);
            client.Connection.Session.Id = client.Id;
        }
    }

    private void Count(List<Received> received)
    {
        foreach (Answer answer in received.OfType<Answer>())
        {
            IEnumerable<WireResult> results = (answer.Result.Parts ?? []).Select(part => part.Result).Append(answer.Result);
            foreach (WireResult result in results.Where(result => result.Error != ErrorCode.Ok))
            {
                Errors[result.Error] = Errors.GetValueOrDefault(result.Error) + 1;
            }
        }

        foreach (Received item in received)
        {
            if (item is Answer { Result.Error: ErrorCode.Ok } answer && answer.Result.Parts?.Any(part => part.Result.Error != ErrorCode.Ok) != true)
            {
                Successes[answer.Type] = Successes.GetValueOrDefault(answer.Type) + 1;
                foreach ((OpCode type, _) in answer.Result.Parts ?? [])
                {
                    Successes[type] = Successes.GetValueOrDefault(type) + 1;
                }
            }
            else if (item is Event happened)
            {
                Events[happened.Type] = Events.GetValueOrDefault(happened.Type) + 1;
            }
        }
    }

    private void Finish()
    {
        _engine.ReleaseAll();
        _model.Release(all: true);
        Compare();
        CompareTrees("at the end");
        Require("failures of the leader", "", string.Join("; ", _engine.Failures.Select(failure => failure.ToString())));
        List<string> before = TreeDigestCheck.Describe(_engine.Replica.Tree);
        _engine.Restart();
        _model.Restart(keepHeld: true);
        Require("the tree after a restart", string.Join('\n', before), string.Join('\n', TreeDigestCheck.Describe(_engine.Replica.Tree)));
        CompareTrees("after a restart");
    }

    private void CompareTrees(string when)
    {
        TreeDigestCheck.Require(_engine.Replica.Tree);
        Require(
            $"the tree {when}",
            string.Join('\n', _model.Applied.Nodes.Select(pair => Describe(pair.Key, pair.Value))),
            string.Join('\n', TreeDigestCheck.Walk(_engine.Replica.Tree).OrderBy(node => node.Path, StringComparer.Ordinal).Select(Describe)));
        Require(
            $"the sessions {when}",
            string.Join(' ', _model.LoggedSessions.Where(session => session.Id != 0).Select(session => $"{session.Id:x}:{session.LoggedTimeout}").Order()),
            string.Join(' ', _engine.Replica.Sessions.All
                .Where(pair => _model.LoggedSessions.Any(session => session.Id == pair.Key) || _model.LoggedSessions.All(session => session.Id != 0))
                .Select(pair => $"{pair.Key:x}:{pair.Value.Timeout}").Order()));
    }

    private string Describe(string path, ModelNode node)
    {
        long owner = node.Kind switch
        {
            NodeKind.Ephemeral => node.Owner,
            NodeKind.Container => NodeOwner.Container,
            NodeKind.Ttl => NodeOwner.ForTtl(node.Ttl),
            _ => 0,
        };
        return Describe(path, node.Data, _model.Applied.StatOf(path), owner, node.Acl);
    }

    private static string Describe(ZNode node) => Describe(node.Path, node.Data, node.Stat, node.Owner, node.Acl);

    private static string Describe(string path, byte[]? data, in Stat stat, long owner, IEnumerable<Acl> acl) => string.Create(
        CultureInfo.InvariantCulture, $"{path} {(data is null ? "null" : Convert.ToHexString(data))} {stat} {owner:x} {string.Join(',', acl)}");

    private void Require<T>(string what, T model, T engine)
    {
        if (model is string left && engine is string right && left != right && what.Contains("the tree", StringComparison.Ordinal))
        {
            string[] lines = left.Split('\n');
            string[] others = right.Split('\n');
            string modelOnly = string.Join("\n    ", lines.Except(others));
            string engineOnly = string.Join("\n    ", others.Except(lines));
            throw new MismatchException($"step {_step}: {what}\n  model only:\n    {modelOnly}\n  engine only:\n    {engineOnly}");
        }

        if (!EqualityComparer<T>.Default.Equals(model, engine))
        {
            throw new MismatchException($"step {_step}: {what}\n  model:\n      {model}\n  engine:\n      {engine}");
        }
    }

    private static string Ip(int slot) => $"10.0.0.{slot}";

    private sealed class Client(int slot, TestSession session, ModelConnection connection)
    {
        public int Slot => slot;

        public TestSession Session => session;

        public ModelConnection Connection => connection;

        public bool IsOpen => connection.IsOpen;

        public bool IsEstablished => IsOpen && connection.Accepted == true;

        public long Id { get; set; }

        public byte[] Password { get; set; } = [];

        /// <summary>The highest zxid that the client has seen on any connection.</summary>
        public long Seen { get; set; }
    }
}

internal sealed class MismatchException(string message, Exception? inner = null) : Exception(message, inner);
