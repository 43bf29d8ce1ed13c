using OrleansZk.Interop.Wire;

namespace OrleansZk.Interop.Differential;

/// <summary>Quotas, set by writing the nodes that hold them.</summary>
public static class QuotaScenarios
{
    public static IReadOnlyList<Scenario> All { get; } =
    [
        new("quota usage", UsageAsync),
        new("quota hard count", s => HardAsync(s, "count=-1,bytes=-1=;byteHardLimit=-1;countHardLimit=3")),
        new("quota hard bytes", s => HardAsync(s, "count=-1,bytes=-1=;byteHardLimit=12;countHardLimit=-1")),
        new("quota soft only", s => HardAsync(s, "count=1,bytes=1")),
        new("quota garbled", GarbledAsync),
    ];

    private static string LimitsOf(string path) => $"/zookeeper/quota{path}/zookeeper_limits";

    private static string StatsOf(string path) => $"/zookeeper/quota{path}/zookeeper_stats";

    private static async Task LimitAsync(Stage s, string path, string limits, string stats)
    {
        var above = "/zookeeper/quota";
        foreach (var name in path.Split('/', StringSplitOptions.RemoveEmptyEntries))
        {
            above += "/" + name;
            await s.DoAsync($"quota node {name}", Op.Create, Requests.Create(above));
        }

        await s.DoAsync("limits", Op.Create, Requests.Create(LimitsOf(path), limits));
        await s.DoAsync("stats", Op.Create, Requests.Create(StatsOf(path), stats));
    }

    private static async Task UsageAsync(Stage s)
    {
        await s.DoAsync("q", Op.Create, Requests.Create(s.At("q"), "own"));
        await s.DoAsync("before", Op.Create, Requests.Create(s.At("q/before"), "12345"));
        await LimitAsync(s, s.At("q"), "count=100,bytes=1000", "count=0,bytes=0");
        foreach (var (label, type, body) in new (string, int, byte[])[]
        {
            ("nothing", Op.Exists, Requests.Read(s.At("q"))),
            ("create", Op.Create, Requests.Create(s.At("q/a"), "abc")),
            ("ephemeral", Op.Create, Requests.Create(s.At("q/e"), "ee", 1)),
            ("deep create", Op.Create, Requests.Create(s.At("q/a/b"), "de")),
            ("longer", Op.SetData, Requests.SetData(s.At("q/a"), "abcdef")),
            ("shorter", Op.SetData, Requests.SetData(s.At("q/a"), "a")),
            ("null", Op.SetData, Requests.SetData(s.At("q/a"), null)),
            ("own data", Op.SetData, Requests.SetData(s.At("q"), "longer own data")),
            ("delete", Op.Delete, Requests.Versioned(s.At("q/a/b"))),
            ("multi", Op.Multi, Requests.Multi((Op.Create, Requests.Create(s.At("q/m"), "mm")), (Op.Delete, Requests.Versioned(s.At("q/before"))))),
            ("failed multi", Op.Multi, Requests.Multi((Op.Create, Requests.Create(s.At("q/n"), "mm")), (Op.Delete, Requests.Versioned(s.At("q/none"))))),
            ("outside", Op.Create, Requests.Create(s.At("qq"), "outside")),
        })
        {
            await s.DoAsync(label, type, body);
            await s.DoAsync($"usage after {label}", Op.GetData, Requests.Read(StatsOf(s.At("q"))));
        }
    }

    private static async Task HardAsync(Stage s, string limits)
    {
        await s.DoAsync("q", Op.Create, Requests.Create(s.At("q"), ""));
        await LimitAsync(s, s.At("q"), limits, "count=0,bytes=0");
        foreach (var (label, type, body) in new (string, int, byte[])[]
        {
            ("a", Op.Create, Requests.Create(s.At("q/a"), "1234")),
            ("b", Op.Create, Requests.Create(s.At("q/b"), "1234")),
            ("c", Op.Create, Requests.Create(s.At("q/c"), "12345")),
            ("c, as a container", Op.CreateContainer, Requests.Create(s.At("q/c"), "12345", 4)),
            ("c, with a ttl", Op.CreateTtl, Requests.CreateTtl(s.At("q/c2"), 5, 1_000_000)),
            ("set a", Op.SetData, Requests.SetData(s.At("q/a"), "123456789")),
            ("set a, wrong version", Op.SetData, Requests.SetData(s.At("q/a"), "12345678901234567890", 99)),
            ("set a, shorter", Op.SetData, Requests.SetData(s.At("q/a"), "1")),
            ("existing", Op.Create, Requests.Create(s.At("q/a"), "12345678901234567890")),
            ("multi", Op.Multi, Requests.Multi((Op.Create, Requests.Create(s.At("q/d"), "1234567890")), (Op.Create, Requests.Create(s.At("q/e"), "1234567890")))),
            ("set acl", Op.SetAcl, Requests.SetAcl(s.At("q/a"), AclEntry.Open)),
            ("delete", Op.Delete, Requests.Versioned(s.At("q/b"))),
            ("again", Op.Create, Requests.Create(s.At("q/b"), "12345678")),
        })
        {
            await s.DoAsync(label, type, body);
            await s.DoAsync($"usage after {label}", Op.GetData, Requests.Read(StatsOf(s.At("q"))));
        }

        await s.DoAsync("lift the limits", Op.Delete, Requests.Versioned(LimitsOf(s.At("q"))));
        await s.DoAsync("free", Op.Create, Requests.Create(s.At("q/free"), "12345678901234567890"));
        await s.DoAsync("children", Op.GetChildren, Requests.Read(s.At("q")));
    }

    private static async Task GarbledAsync(Stage s)
    {
        var number = 0;
        foreach (var limits in new[] { "", "count=1", "bytes=1", "count=1,bytes=2,more=3", "count=5,bytes=50=;byteHardLimit=60;countHardLimit=6" })
        {
            var path = s.At($"q{number++}");
            await s.DoAsync($"node for '{limits}'", Op.Create, Requests.Create(path));
            await LimitAsync(s, path, limits, "count=0,bytes=0");
            await s.DoAsync($"create under '{limits}'", Op.Create, Requests.Create(path + "/a", "xxx"));
            await s.DoAsync($"usage under '{limits}'", Op.GetData, Requests.Read(StatsOf(path)));
        }
    }
}
