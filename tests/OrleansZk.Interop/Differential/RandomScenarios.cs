using System.Globalization;

using OrleansZk.Interop.Wire;

namespace OrleansZk.Interop.Differential;

/// <summary>Requests drawn at random from a seed: the same ones on both servers.</summary>
public static class RandomScenarios
{
    private const int RequestCount = 400;

    private static readonly string[] Actors = ["a", "b", "c"];

    private enum Flavour
    {
        OneShotWatches,
        LastingWatches,
        Access,
    }

    /// <summary>A run may be given seeds of its own, to look further than the suite does each time.</summary>
    public static IReadOnlyList<Scenario> All { get; } = [.. Seeds().SelectMany(OfSeed)];

    private static IEnumerable<int> Seeds() =>
        (Environment.GetEnvironmentVariable("INTEROP_SEEDS") ?? "1,2,3").Split(',').Select(seed => int.Parse(seed, CultureInfo.InvariantCulture));

    private static IEnumerable<Scenario> OfSeed(int seed) =>
        Enum.GetValues<Flavour>().Select(flavour => new Scenario($"random {flavour} {seed}", s => PlayAsync(s, seed, flavour)));

    private static async Task PlayAsync(Stage s, int seed, Flavour flavour)
    {
        var random = new Random(seed);
        await s.EnterAsync("b");
        await s.EnterAsync("c");
        if (flavour == Flavour.Access)
        {
            await s.IdentifyAsync("b", "b:b");
        }

        for (var i = 0; i < RequestCount; i++)
        {
            var actor = Actors[random.Next(Actors.Length)];
            var (type, body, shown) = Draw(s, random, flavour);
            await s.DoAsync($"{i}: {actor} {shown}", actor, type, body);
            if (random.Next(100) == 0)
            {
                await s.DoAsync($"{i}: b closes", "b", Op.CloseSession, Body.Empty);
                await s.EnterAsync("b");
            }
        }

        await s.DoAsync("at last", Op.GetChildren2, Requests.Read(s.Root));
    }

    private static string Path(Stage s, Random random) => random.Next(8) switch
    {
        0 => s.Root,
        < 5 => s.At(Name(random)),
        < 7 => s.At($"{Name(random)}/{Name(random)}"),
        _ => s.At($"{Name(random)}/{Name(random)}/{Name(random)}"),
    };

    private static string Name(Random random) => ((char)('p' + random.Next(4))).ToString();

    private static int Version(Random random) => random.Next(3) == 0 ? random.Next(3) : -1;

    private static (int Type, byte[] Body, string Shown) Draw(Stage s, Random random, Flavour flavour)
    {
        var path = Path(s, random);
        var write = random.Next(100) < 60;
        var (type, body, shown) = write ? Write(s, random, flavour, path) : Read(random, flavour, path);
        return (type, body, string.Create(CultureInfo.InvariantCulture, $"{Op.NameOf(type)} {path[s.Root.Length..]} {shown}"));
    }

    private static (int Type, byte[] Body, string Shown) Write(Stage s, Random random, Flavour flavour, string path)
    {
        var created = path == s.Root ? s.Root + "/" : path;
        switch (random.Next(12))
        {
            case 0 or 1 or 2:
                {
                    var flags = random.Next(4);
                    return (random.Next(2) == 0 ? Op.Create : Op.Create2, Requests.Create(created, Data(random), flags, Acl(random, flavour)), $"flags {flags}");
                }

            case 3:
                return (Op.CreateContainer, Requests.Create(created, Data(random), 4, Acl(random, flavour)), "");
            case 4:
                return (Op.CreateTtl, Requests.CreateTtl(created, 5 + random.Next(2), 3_600_000), "");
            case 5 or 6:
                {
                    var version = Version(random);
                    return (Op.Delete, Requests.Versioned(path, version), $"version {version}");
                }

            case 7 or 8 or 9:
                {
                    var version = Version(random);
                    return (Op.SetData, Requests.SetData(path, Data(random), version), $"version {version}");
                }

            case 10:
                return (Op.SetAcl, Requests.SetAcl(path, Acl(random, flavour), Version(random)), "");
            default:
                return (Op.Multi, Requests.Multi([.. Enumerable.Range(0, 1 + random.Next(4)).Select(_ => Sub(s, random, flavour))]), "");
        }
    }

    private static (int Type, byte[] Body) Sub(Stage s, Random random, Flavour flavour)
    {
        var path = Path(s, random);
        return random.Next(4) switch
        {
            0 => (Op.Create, Requests.Create(path == s.Root ? s.Root + "/" : path, Data(random), random.Next(4), Acl(random, flavour))),
            1 => (Op.SetData, Requests.SetData(path, Data(random), Version(random))),
            2 => (Op.Delete, Requests.Versioned(path, Version(random))),
            _ => (Op.Check, Requests.Versioned(path, Version(random))),
        };
    }

    private static (int Type, byte[] Body, string Shown) Read(Random random, Flavour flavour, string path)
    {
        var watch = flavour != Flavour.LastingWatches && random.Next(2) == 0;
        // exists() does not ask for READ in ZooKeeper 3.8, and getACL shows other hashes to other readers.
        var choices = flavour == Flavour.Access
            ? new[] { Op.GetData, Op.GetChildren, Op.GetChildren2, Op.GetAllChildrenNumber, Op.GetAcl, Op.GetEphemerals }
            : [Op.Exists, Op.GetData, Op.GetChildren, Op.GetChildren2, Op.GetAllChildrenNumber, Op.Exists, Op.GetAcl];
        var type = flavour == Flavour.LastingWatches && random.Next(3) == 0 ? Op.AddWatch : choices[random.Next(choices.Length)];
        return type switch
        {
            // One mode for each path: modes side by side on one path are newer than ZooKeeper 3.8.
            Op.AddWatch => (type, Requests.Watch(path, path.Length % 2), $"mode {path.Length % 2}"),
            Op.GetAllChildrenNumber or Op.GetAcl or Op.GetEphemerals => (type, Requests.Path(path), ""),
            _ => (type, Requests.Read(path, watch), $"watch {watch}"),
        };
    }

    private static string? Data(Random random) => random.Next(5) == 0 ? null : new string('x', random.Next(6));

    private static IReadOnlyList<AclEntry> Acl(Random random, Flavour flavour) => flavour != Flavour.Access
        ? AclEntry.Open
        : random.Next(4) switch
        {
            0 => [new(random.Next(32), "world", "anyone")],
            1 => [new(31, "digest", "b:+F8zPn3x1CLx3qpYHEaRwIheWcc="), new(random.Next(32), "world", "anyone")],
            _ => AclEntry.Open,
        };
}
