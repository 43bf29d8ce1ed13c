using System.Globalization;
using System.Text;

namespace OrleansZk.Crash.Fuzz;

/// <summary>A well-behaved client at work: whatever others do, each of its requests is answered rightly and in order.</summary>
internal sealed class GoodCitizen(WireClient client, string root)
{
    private volatile bool _isStopping;
    private Task _work = Task.CompletedTask;
    private long _verified;

    /// <summary>Answers that were looked at and found right.</summary>
    public long Verified => Interlocked.Read(ref _verified);

    public WireClient Client => client;

    public static async Task<GoodCitizen> StartAsync(int port, string root = "/good")
    {
        WireClient client = await WireClient.ConnectAsync(port, timeout: 30_000);
        (await client.CreateAsync(root)).Error.ShouldBe(ErrorCode.Ok);
        var citizen = new GoodCitizen(client, root);
        citizen._work = Task.Run(citizen.WorkAsync);
        return citizen;
    }

    /// <summary>Fails at once when the work has gone wrong.</summary>
    public async Task CheckAsync()
    {
        if (_work.IsCompleted)
        {
            await _work;
        }
    }

    /// <summary>Fails unless the work goes on from here.</summary>
    public async Task CheckProgressAsync()
    {
        long before = Verified;
        await Deadline.WaitUntilAsync(
            async () =>
            {
                await CheckAsync();
                return Verified > before + 10;
            },
            "progress of the well-behaved client");
    }

    /// <summary>Ends the work; fails when anything of it went wrong.</summary>
    public async Task StopAsync()
    {
        _isStopping = true;
        await _work;
        (await client.CloseSessionAsync()).Error.ShouldBe(ErrorCode.Ok);
    }

    private async Task WorkAsync()
    {
        for (int round = 0; !_isStopping; round++)
        {
            await OneRoundAsync(round);
            await Task.Delay(1);
        }
    }

    private async Task OneRoundAsync(int round)
    {
        string path = string.Create(CultureInfo.InvariantCulture, $"{root}/{round}");
        string value = string.Create(CultureInfo.InvariantCulture, $"value {round} ") + new string('x', round % 500);

        // All in one pipeline, so that the order between writes and reads is at stake every time.
        Task<WireReply> created = client.CreateAsync(path, "first", round % 2 == 0 ? CreateMode.Persistent : CreateMode.Ephemeral);
        Task<WireReply> watched = client.GetDataAsync(path, watch: true);
        Task<WireReply> set = client.SetDataAsync(path, value, version: 0);
        Task<WireReply> refused = client.SetDataAsync(path, "never", version: 0);
        Task<WireReply> read = client.GetDataAsync(path);
        Task<WireReply> multi = client.MultiAsync([WireMultiPart.Check(path, 1), WireMultiPart.SetData(path, "last", 1)]);
        Task<WireReply> children = client.GetChildrenAsync(root);
        Task<WireReply> deleted = client.DeleteAsync(path, 2);
        Task<WireReply> gone = client.ExistsAsync(path);
        await Task.WhenAll(created, watched, set, refused, read, multi, children, deleted, gone).WaitAsync(TimeSpan.FromSeconds(60));

        (await created).ReadPathAndStat().Path.ShouldBe(path);
        Text((await watched).ReadDataAndStat().Data).ShouldBe("first");
        (await set).ReadStat().Version.ShouldBe(1);
        (await refused).Error.ShouldBe(ErrorCode.BadVersion);
        (byte[]? data, Stat stat) = (await read).ReadDataAndStat();
        Text(data).ShouldBe(value);
        stat.Version.ShouldBe(1);
        WireMultiResult.Read(await multi).Select(result => result.Error).ShouldBe([ErrorCode.Ok, ErrorCode.Ok]);
        (await children).ReadChildrenAndStat().Names.ShouldBe([path[(root.Length + 1)..]]);
        (await deleted).Error.ShouldBe(ErrorCode.Ok);
        (await gone).Error.ShouldBe(ErrorCode.NoNode);
        client.Events.TryRead(out WatchedEvent happened).ShouldBeTrue("the event comes before the answers that follow the change");
        happened.Type.ShouldBe(EventType.NodeDataChanged);
        happened.Path.ShouldBe(path);
        Interlocked.Add(ref _verified, 10);
    }

    private static string Text(byte[]? data) => Encoding.UTF8.GetString(data ?? []);
}
