using OrleansZk.Interop.Wire;

namespace OrleansZk.Interop.Differential;

/// <summary>What no client library would send.</summary>
public static class MalformedScenarios
{
    public static IReadOnlyList<Scenario> All { get; } =
    [
        new("malformed unknown types", UnknownTypesAsync),
        new("malformed bodies", BodiesAsync),
        new("malformed trailing bytes", TrailingBytesAsync),
        new("malformed lengths", LengthsAsync),
        new("malformed frames", FramesAsync),
        new("malformed xids", XidsAsync),
        new("pipelined requests", PipelinedAsync),
    ];

    private static async Task UnknownTypesAsync(Stage s)
    {
        foreach (var type in new[] { 10, 23, 24, 50, 99, 108, 109, 500, 600, 1000, int.MaxValue, -2, -12, int.MinValue, Op.Notification, Op.Error })
        {
            await s.DoAloneAsync($"type {type}", type, Requests.Path(s.Root));
        }
    }

    private static async Task BodiesAsync(Stage s)
    {
        await s.DoAsync("n", Op.Create, Requests.Create(s.At("n")));
        foreach (var type in Op.All.Where(type => type is not (Op.WhoAmI or Op.Multi or Op.MultiRead)))
        {
            var sample = Requests.Sample(type, s.At("n"));
            await s.DoAloneAsync($"{Op.NameOf(type)}: nothing", type, Body.Empty);
            await s.DoAloneAsync($"{Op.NameOf(type)}: one byte short", type, sample[..^1]);
            await s.DoAloneAsync($"{Op.NameOf(type)}: cut in half", type, sample[..(sample.Length / 2)]);
        }
    }

    private static async Task TrailingBytesAsync(Stage s)
    {
        await s.DoAsync("n", Op.Create, Requests.Create(s.At("n")));
        foreach (var type in Op.All.Where(type => type is not (Op.Multi or Op.MultiRead)))
        {
            var path = type is Op.Create or Op.Create2 or Op.CreateContainer or Op.CreateTtl or Op.Delete ? s.At("extra" + Op.NameOf(type)) : s.At("n");
            await s.DoAloneAsync($"{Op.NameOf(type)} and more", type, new Body().Raw(Requests.Sample(type, path)).Raw([1, 2, 3]));
        }
    }

    private static async Task LengthsAsync(Stage s)
    {
        foreach (var length in new[] { -2, int.MinValue, int.MaxValue, 100, 0xfffff, 0x100000 })
        {
            await s.DoAloneAsync($"exists: path of length {length}", Op.Exists, new Body().Int(length).Raw([0x2f]));
            await s.DoAloneAsync($"create: data of length {length}", Op.Create, new Body().Text(s.At("x")).Int(length).Raw([1, 2, 3]));
            await s.DoAloneAsync($"create: {length} acl entries", Op.Create, new Body().Text(s.At("x")).Buffer([]).Int(length));
            await s.DoAloneAsync($"set watches: {length} paths", Op.SetWatches, new Body().Long(0).Int(length));
        }

        await s.DoAsync("nothing came of it", Op.Exists, Requests.Read(s.At("x")));
    }

    private static async Task FramesAsync(Stage s)
    {
        await s.SendRawAloneAsync("length 0", new Body().Int(0));
        await s.SendRawAloneAsync("length 3", new Body().Int(3).Raw([1, 2, 3]));
        await s.SendRawAloneAsync("length 7: half a header", new Body().Int(7).Raw(new byte[7]));
        await s.SendRawAloneAsync("length -1", new Body().Int(-1));
        await s.SendRawAloneAsync("length MIN", new Body().Int(int.MinValue));
        await s.SendRawAloneAsync("length MAX", new Body().Int(int.MaxValue));
        await s.SendRawAloneAsync("one more than the limit", new Body().Int(0x100000));
        var ruok = "ruok"u8.ToArray();
        await s.SendRawAloneAsync("a four letter word after the handshake", ruok);
    }

    private static async Task XidsAsync(Stage s)
    {
        foreach (var xid in new[] { 0, 7, 7, 3, int.MaxValue - 1, int.MinValue, -3, Xid.Auth, -5, Xid.SetWatches })
        {
            await s.DoAsync($"exists with xid {xid}", "a", Op.Exists, Requests.Read(s.Root), xid);
            await s.DoAsync($"set with xid {xid}", "a", Op.SetData, Requests.SetData(s.Root, "x"), xid);
        }

        await s.DoAsync("the same xid for a create", "a", Op.Create, Requests.Create(s.At("n")), 7);
        await s.DoAsync("and for another", "a", Op.Create, Requests.Create(s.At("m")), 7);
        await s.DoAsync("auth with an xid of its own", "a", Op.Auth, Requests.Auth("digest", "u:p"), 55);
        await s.DoAsync("set watches with an xid of its own", "a", Op.SetWatches, Requests.SetWatches(0, [], [], []), 56);
        await s.DoAsync("stat", Op.Exists, Requests.Read(s.Root));
    }

    private static async Task PipelinedAsync(Stage s)
    {
        var requests = new List<(int, byte[])>();
        for (var round = 0; round < 20; round++)
        {
            foreach (var type in Op.All)
            {
                requests.Add((type, Requests.Sample(type, s.At($"r{round % 3}"))));
            }

            requests.Add((Op.Delete, Requests.Versioned(s.At("none"))));
            requests.Add((Op.SetData, Requests.SetData(s.At("r0"), "x", 1234)));
            requests.Add((Op.Multi, Requests.Multi((Op.Check, Requests.Versioned(s.At("none"))))));
        }

        await s.PipelineAsync("all types, twenty times", "a", [.. requests]);
        await s.PipelineAsync("then the end", "a", (Op.Exists, Requests.Read(s.Root)), (Op.CloseSession, Body.Empty));
    }
}
