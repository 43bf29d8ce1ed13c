using System.Globalization;

using OrleansZk.Interop.Servers;
using OrleansZk.Interop.Wire;

namespace OrleansZk.Interop.Cases;

/// <summary>What a client finds when the server has been stopped, or killed, and started again on its data.</summary>
public sealed class RestartCases(OwnServer own) : IClassFixture<OwnServer>
{
    private ServerProcess Server => own.Server;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Nodes_and_sessions_are_as_they_were(bool killed)
    {
        var root = killed ? "/killed" : "/stopped";
        var paths = new[] { root, root + "/null", root + "/container", root + "/ttl", root + "/closed", root + "/e", root + "/s-0000000005" };
        await using var before = await WireConnection.ConnectAsync(Server.Port);
        await before.CallAsync(1, Op.Auth, Requests.Auth("digest", "owner:own"));
        foreach (var (type, body) in new[]
        {
            (Op.Create, Requests.Create(root, "top")),
            (Op.Create, Requests.Create(root + "/null", null)),
            (Op.CreateContainer, Requests.Create(root + "/container", "c", 4)),
            (Op.CreateTtl, Requests.CreateTtl(root + "/ttl", 5, 3_600_000)),
            (Op.Create, Requests.CreateWith(root + "/closed", [1, 2, 3], [new(31, "auth", "")], 0)),
            (Op.Create, Requests.Create(root + "/e", "mine", 1)),
            (Op.Create, Requests.Create(root + "/s-", "", 2)),
            (Op.SetData, Requests.SetData(root, "changed")),
            (Op.SetAcl, Requests.SetAcl(root + "/null", AclEntry.Open)),
            (Op.Create, Requests.Create(root + "/gone")),
            (Op.Delete, Requests.Versioned(root + "/gone")),
            (Op.Multi, Requests.Multi((Op.Create, Requests.Create(root + "/m1")), (Op.Create, Requests.Create(root + "/m1/m2")))),
        })
        {
            Assert.Equal(Err.Ok, (await before.CallAsync(2, type, body)).Error);
        }

        var old = await StateAsync(before, paths);
        await RestartAsync(killed);

        await using var after = await WireConnection.ConnectAsync(Server.Port, sessionId: before.Session.SessionId, password: before.Session.Password);
        Assert.Equal(before.Session.SessionId, after.Session.SessionId);
        await after.CallAsync(1, Op.Auth, Requests.Auth("digest", "owner:own"));
        Assert.Equal(old, await StateAsync(after, paths));
        Assert.Equal([root + "/e"], (await after.CallAsync(2, Op.GetEphemerals, Requests.Path("/"))).Read().Vector(r => r.Text()));
        var next = await after.CallAsync(3, Op.Create, Requests.Create(root + "/s-", "", 2));
        Assert.Equal(root + "/s-0000000008", next.Read().Text());
        await using var stranger = await WireConnection.ConnectAsync(Server.Port);
        Assert.Equal(Err.NoAuth, (await stranger.CallAsync(1, Op.GetData, Requests.Read(root + "/closed"))).Error);
        await after.CallAsync(4, Op.CloseSession, Body.Empty);
        Assert.Equal(Err.NoNode, (await stranger.CallAsync(2, Op.Exists, Requests.Read(root + "/e"))).Error);
    }

    [Fact]
    public async Task Every_acknowledged_write_survives_a_kill()
    {
        await using var connection = await WireConnection.ConnectAsync(Server.Port);
        await connection.CallAsync(0, Op.Create, Requests.Create("/acknowledged"));
        var acknowledged = 0;
        for (var i = 1; i <= 2_000; i++)
        {
            await connection.SendAsync(i, Op.Create, Requests.Create(Name(i)));
        }

        while (acknowledged < 700 && await connection.ReadAsync() is { } reply)
        {
            Assert.Equal((acknowledged + 1, Err.Ok), (reply.Xid, reply.Error));
            acknowledged++;
        }

        await RestartAsync(killed: true);
        await using var after = await WireConnection.ConnectAsync(Server.Port);
        var names = (await after.CallAsync(1, Op.GetChildren, Requests.Read("/acknowledged"))).Read().Vector(r => r.Text())!;
        Assert.True(names.Count >= acknowledged, $"{acknowledged} were acknowledged, {names.Count} are there");

        // In the order in which they were asked for: none is missing between others.
        Assert.Equal(Enumerable.Range(1, names.Count).Select(Name), names.Select(name => "/acknowledged/" + name).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Zxids_go_on_rising()
    {
        await using var before = await WireConnection.ConnectAsync(Server.Port);
        var old = (await before.CallAsync(1, Op.Create, Requests.Create("/rising"))).Zxid;
        await RestartAsync(killed: false);
        await using var after = await WireConnection.ConnectAsync(Server.Port, lastZxid: old);
        Assert.True((await after.CallAsync(1, Op.SetData, Requests.SetData("/rising", "x"))).Zxid > old);
    }

    private static string Name(int number) => "/acknowledged/" + number.ToString("D5", CultureInfo.InvariantCulture);

    private static async Task<List<string>> StateAsync(WireConnection connection, string[] paths)
    {
        var state = new List<string>();
        foreach (var path in paths)
        {
            var reader = (await connection.CallAsync(100, Op.GetData, Requests.Read(path))).Read();
            var data = reader.Buffer();
            var acl = await connection.CallAsync(101, Op.GetAcl, Requests.Path(path));
            state.Add($"{path}: {(data is null ? "null" : Convert.ToHexString(data))} {StatRecord.Read(reader)} {Convert.ToHexString(acl.Body)}");
        }

        return state;
    }

    private async Task RestartAsync(bool killed)
    {
        await (killed ? Server.KillAsync() : Server.StopAsync());
        await Server.StartAsync();
    }
}
