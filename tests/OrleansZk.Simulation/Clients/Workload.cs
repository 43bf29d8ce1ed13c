using System.Globalization;
using System.Text;
using OrleansZk.Histories;

namespace OrleansZk.Simulation.Clients;

/// <summary>What clients do; weights are relative.</summary>
internal sealed record WorkloadOptions
{
    public int Reads { get; init; } = 40;

    public int Writes { get; init; } = 40;

    public int Multis { get; init; } = 5;

    public int Syncs { get; init; } = 5;

    public int Watches { get; init; } = 8;

    public int Closes { get; init; } = 1;

    /// <summary>Creations that cannot be refused: sequential ones below the root.</summary>
    public int Appends { get; init; }

    /// <summary>How many of a hundred reads leave a watch.</summary>
    public int WatchPercent { get; init; } = 35;

    /// <summary>Most requests in one packet.</summary>
    public int Pipelined { get; init; } = 4;

    /// <summary>Mean time between packets.</summary>
    public TimeSpan ThinkTime { get; init; } = TimeSpan.FromMilliseconds(250);
}

/// <summary>Draws one client's requests: a few paths that all clients share, values that nobody else writes.</summary>
internal sealed class Workload(string client, WorkloadOptions options, Random random) : IWorkload
{
    private const int Tops = 3;
    private const int Children = 3;
    private const int MostKept = 6;

    private static readonly string[] Paths =
    [
        .. Enumerable.Range(0, Tops).Select(top => string.Create(CultureInfo.InvariantCulture, $"/n{top}")),
        .. Enumerable.Range(0, Tops * Children).Select(i => string.Create(CultureInfo.InvariantCulture, $"/n{i / Children}/c{i % Children}")),
    ];

    private readonly Dictionary<string, int> _versions = new(StringComparer.Ordinal);
    private readonly List<string> _own = [];
    private int _values;

    /// <summary>The paths that a look at everything at the end reads.</summary>
    public static IReadOnlyList<string> AllPaths => Paths;

    public int MaxOutstanding => 12;

    public int NextPacketSize => random.Next(3) == 0 ? random.Next(1, options.Pipelined + 1) : 1;

    public TimeSpan NextThinkTime => options.ThinkTime * (-Math.Log(1 - random.NextDouble()));

    public Request Next()
    {
        int dice = random.Next(options.Reads + options.Writes + options.Multis + options.Syncs + options.Watches + options.Closes + options.Appends);
        if ((dice -= options.Reads) < 0)
        {
            return Read();
        }

        if ((dice -= options.Writes) < 0)
        {
            return Write();
        }

        if ((dice -= options.Multis) < 0)
        {
            return Multi();
        }

        if ((dice -= options.Syncs) < 0)
        {
            return new Request(OpCode.Sync, "/");
        }

        if ((dice -= options.Appends) < 0)
        {
            return new Request(OpCode.Create, "/s-") { Mode = CreateMode.PersistentSequential, Data = Value() };
        }

        return (dice - options.Watches) < 0 ? WatchRequest() : new Request(OpCode.CloseSession);
    }

    public Request NextRead() => Read();

    /// <summary>Learns versions and names from what the server says.</summary>
    public void OnAnswered(Request request, Answer answer)
    {
        if (answer.Stat is { } stat && !request.IsCreate)
        {
            _versions[request.Path] = stat.Version;
        }

        if (request.IsCreate && answer.Path is { } path && request.Mode.IsSequential())
        {
            _own.Add(path);
        }
    }

    private Request Read()
    {
        bool watch = random.Next(100) < options.WatchPercent;
        return random.Next(10) switch
        {
            < 4 => new Request(OpCode.GetData, AnyPath()) { Watch = watch },
            < 6 => new Request(OpCode.Exists, AnyPath()) { Watch = watch },
            < 7 => new Request(OpCode.GetChildren, Top()) { Watch = watch },
            < 9 => new Request(OpCode.GetChildren2, random.Next(4) == 0 ? "/" : Top()) { Watch = watch },
            _ => new Request(OpCode.MultiRead)
            {
                Parts =
                [
                    .. Enumerable.Range(0, random.Next(2, 5))
                        .Select(_ => new Request(random.Next(3) == 0 ? OpCode.GetChildren : OpCode.GetData, AnyPath())),
                ],
            },
        };
    }

    private Request Write()
    {
        if (_own.Count > MostKept)
        {
            int index = random.Next(_own.Count);
            string path = _own[index];
            _own.RemoveAt(index);
            return new Request(OpCode.Delete, path);
        }

        return random.Next(10) switch
        {
            < 4 => Create(AnyMode()),
            < 7 => Set(),
            _ => Delete(),
        };
    }

    private Request Multi() => new(OpCode.Multi)
    {
        Parts = [.. Enumerable.Range(0, random.Next(1, 5)).Select(_ => random.Next(8) switch
        {
            < 2 => Create(CreateMode.Persistent),
            2 => Create(CreateMode.EphemeralSequential),
            < 6 => Set(),
            6 => Delete(),
            _ => new Request(OpCode.Check, AnyPath()) { Version = AnyVersion() },
        })],
    };

    private Request WatchRequest() => random.Next(5) switch
    {
        0 => new Request(OpCode.RemoveWatches, AnyPath()),
        < 3 => new Request(OpCode.AddWatch, AnyPath()) { WatchMode = AddWatchMode.Persistent },
        _ => new Request(OpCode.AddWatch, random.Next(5) == 0 ? "/" : Top()) { WatchMode = AddWatchMode.PersistentRecursive },
    };

    private Request Create(CreateMode mode) => new(random.Next(2) == 0 ? OpCode.Create : OpCode.Create2, mode.IsSequential() ? $"{Top()}/s-" : AnyPath())
    {
        Mode = mode, Data = Value(),
    };

    private Request Set()
    {
        string path = AnyPath();
        return new Request(OpCode.SetData, path) { Data = Value(), Version = VersionOf(path) };
    }

    private Request Delete()
    {
        string path = AnyPath();
        return new Request(OpCode.Delete, path) { Version = VersionOf(path) };
    }

    private CreateMode AnyMode() => random.Next(10) switch
    {
        < 5 => CreateMode.Persistent,
        < 7 => CreateMode.Ephemeral,
        < 9 => CreateMode.EphemeralSequential,
        _ => CreateMode.PersistentSequential,
    };

    private int VersionOf(string path) => random.Next(3) switch
    {
        0 => _versions.GetValueOrDefault(path),
        _ => -1,
    };

    private int AnyVersion() => random.Next(2) == 0 ? -1 : random.Next(3);

    // Tops come more often than their share, so that children have parents.
    private string AnyPath() => random.Next(4) == 0 ? Top() : Paths[random.Next(Paths.Length)];

    private string Top() => Paths[random.Next(Tops)];

    private byte[] Value() => Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{client}.{++_values}"));
}
