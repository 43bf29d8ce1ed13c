using System.Globalization;
using System.Text;
using OrleansZk.Histories;

namespace OrleansZk.Simulation.Clients;

/// <summary>Draws the requests of an adversary, beneath a node of its own. Small as they are, they are far beyond the limits that a scenario may draw.</summary>
internal sealed class AdversarialWorkload : IWorkload
{
    private const int Depth = 20;
    private const int Large = 400;
    private const int Names = 24;
    private const string Quota = "/zookeeper/quota";

    private readonly AdversaryKind _kind;
    private readonly string _client;
    private readonly string _root;
    private readonly string _deepest;
    private readonly TimeSpan _thinkTime;
    private readonly Random _random;
    private readonly Queue<Request> _preparation = new();
    private long _seen;
    private int _values;

    public AdversarialWorkload(string client, AdversaryKind kind, TimeSpan thinkTime, Random random)
    {
        (_client, _kind, _thinkTime, _random) = (client, kind, thinkTime, random);
        _root = "/" + client;
        _deepest = _root + string.Concat(Enumerable.Repeat("/d", Depth));
        Prepare();
    }

    public int MaxOutstanding => 60;

    public int NextPacketSize => _kind is AdversaryKind.Multis or AdversaryKind.Ephemerals or AdversaryKind.Watches ? _random.Next(1, 4) : _random.Next(2, 16);

    public TimeSpan NextThinkTime => _thinkTime * -Math.Log(1 - _random.NextDouble());

    public Request Next()
    {
        if (_preparation.TryDequeue(out Request? first))
        {
            return first;
        }

        return _kind switch
        {
            AdversaryKind.Counts => NextCount(),
            AdversaryKind.Multis => NextMulti(),
            AdversaryKind.MultiReads => NextMultiRead(),
            AdversaryKind.DeepPaths => NextDeep(),
            AdversaryKind.Ephemerals => NextEphemerals(),
            AdversaryKind.Quotas => NextQuota(),
            _ => NextWatches(),
        };
    }

    public Request NextRead() => _random.Next(3) switch
    {
        0 => new Request(OpCode.GetAllChildrenNumber, "/"),
        1 => new Request(OpCode.GetChildren, "/"),
        _ => new Request(OpCode.GetData, Named()),
    };

    public void OnAnswered(Request request, Answer answer)
    {
        _seen = Math.Max(_seen, answer.Zxid);

        // What prepares the rest may have been lost with a connection.
        if (answer.Error == ErrorCode.NoNode && _preparation.Count == 0 && _random.Next(8) == 0)
        {
            Prepare();
        }
    }

    private void Prepare()
    {
        _preparation.Enqueue(Create(_root));
        switch (_kind)
        {
            case AdversaryKind.MultiReads:
                _preparation.Enqueue(Create(Named(0)) with { Data = Value(Large) });
                _preparation.Enqueue(Create(Named(1)) with { Data = Value(Large) });
                break;
            case AdversaryKind.DeepPaths:
                for (int length = _root.Length + 2; length <= _deepest.Length; length += 2)
                {
                    _preparation.Enqueue(Create(_deepest[..length]));
                }

                _preparation.Enqueue(new Request(OpCode.AddWatch, "/") { WatchMode = AddWatchMode.PersistentRecursive });
                _preparation.Enqueue(new Request(OpCode.AddWatch, _root) { WatchMode = AddWatchMode.PersistentRecursive });
                break;
            case AdversaryKind.Quotas:
                _preparation.Enqueue(Create(Quota + _root));
                _preparation.Enqueue(Limits());
                break;
        }
    }

    private Request NextCount() => _random.Next(10) switch
    {
        0 => Create($"{_root}/e-") with { Mode = CreateMode.EphemeralSequential },
        1 => Create(Named()),
        2 => Set(_root),
        < 5 => new Request(OpCode.GetEphemerals, _random.Next(2) == 0 ? _root : "/"),
        < 6 => new Request(OpCode.GetChildren, "/"),
        _ => new Request(OpCode.GetAllChildrenNumber, _random.Next(2) == 0 ? _root : "/"),
    };

    private Request NextMulti()
    {
        int count = _random.Next(4, 40);
        return Multi(_random.Next(4) switch
        {
            0 => Range(count, i => Create(Named(i)) with { Data = Value(_random.Next(60)) }),
            1 => Range(count, i => Set(Named(i))),
            2 => Range(count, i => Delete(Named(i))),

            // Its last part undoes all that was prepared.
            _ => [.. Range(count, _ => Create($"{_root}/s-") with { Mode = CreateMode.PersistentSequential }), new Request(OpCode.Check, _root) { Version = 1_000_000 }],
        });
    }

    private Request NextMultiRead() => _random.Next(6) switch
    {
        0 => Set(Named(_random.Next(2))) with { Data = Value(Large) },
        1 => new Request(OpCode.GetData, Named(_random.Next(2))),
        _ => new Request(OpCode.MultiRead) { Parts = Range(_random.Next(2, 20), i => new Request(i % 5 == 0 ? OpCode.GetChildren : OpCode.GetData, Named(i % 2))) },
    };

    private Request NextDeep() => _random.Next(6) switch
    {
        0 => Create(_deepest + "/x"),
        1 => Delete(_deepest + "/x"),
        2 => new Request(OpCode.GetData, _deepest) { Watch = true },
        _ => Set(_deepest),
    };

    private Request NextEphemerals() => _random.Next(12) switch
    {
        0 => new Request(OpCode.CloseSession),
        1 => new Request(OpCode.GetEphemerals, _root),
        2 => new Request(OpCode.AddWatch, _root) { WatchMode = AddWatchMode.PersistentRecursive },
        3 => Multi(Range(_random.Next(2, 10), i => Delete(Named(i)))),
        _ => Multi(Range(_random.Next(2, 20), i => Create($"{_root}/{_client}-ephemeral-with-a-name-that-is-long-") with { Mode = CreateMode.EphemeralSequential })),
    };

    private Request NextQuota() => _random.Next(12) switch
    {
        0 => Limits(),
        1 => Delete($"{Quota}{_root}/zookeeper_limits"),
        2 => Create($"{Quota}{_root}/zookeeper_stats") with { Data = Usage() },
        3 => Set($"{Quota}{_root}/zookeeper_stats") with { Data = Usage() },
        4 => Delete($"{Quota}{_root}/zookeeper_stats"),
        5 => Multi(Range(_random.Next(2, 8), i => Set(Named(i)))),
        < 8 => Create(Named()),
        < 10 => Set(Named()),
        10 => Delete(Named()),
        _ => new Request(OpCode.GetAllChildrenNumber, _root),
    };

    private Request NextWatches() => _random.Next(6) switch
    {
        0 => Create(Named()),
        1 => Delete(Named()),
        2 => Set(Named()),
        3 => new Request(OpCode.AddWatch, Named()) { WatchMode = AddWatchMode.Persistent },
        _ => new Request(OpCode.SetWatches2)
        {
            Rearmed = new RearmedWatches(
                Math.Max(0, _seen - _random.Next(20)), Paths(), Paths(), Paths(), [], _random.Next(4) == 0 ? [_root] : []),
        },
    };

    private List<string> Paths() => [.. Enumerable.Range(0, Names).Where(_ => _random.Next(2) == 0).Select(Named)];

    private Request Limits()
    {
        string path = $"{Quota}{_root}/zookeeper_limits";
        long count = _random.Next(3) == 0 ? 1_000_000 : _random.Next(2, 12);
        byte[] data = Encoding.UTF8.GetBytes(string.Create(
            CultureInfo.InvariantCulture, $"count={count},bytes={count * 100}=;byteHardLimit={count * 100};countHardLimit={count}"));
        return (_random.Next(2) == 0 ? Create(path) : Set(path)) with { Data = data };
    }

    private byte[] Usage() => Encoding.UTF8.GetBytes(_random.Next(3) switch
    {
        0 => "count=1,bytes=1",
        1 => "count=-7,bytes=9223372036854775807",
        _ => "nothing of the kind",
    });

    private string Named() => Named(_random.Next(Names));

    private string Named(int number) => string.Create(CultureInfo.InvariantCulture, $"{_root}/{number % Names}");

    private Request Create(string path) => new(OpCode.Create, path) { Data = Value(0) };

    private Request Set(string path) => new(OpCode.SetData, path) { Data = Value(0) };

    private static Request Delete(string path) => new(OpCode.Delete, path);

    private static Request Multi(IReadOnlyList<Request> parts) => new(OpCode.Multi) { Parts = parts };

    private static List<Request> Range(int count, Func<int, Request> part) => [.. Enumerable.Range(0, count).Select(part)];

    private byte[] Value(int length) =>
        Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{_client}.{++_values}").PadRight(length, '.'));
}
