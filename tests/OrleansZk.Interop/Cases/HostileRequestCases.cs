using OrleansZk.Interop.Servers;
using OrleansZk.Interop.Tools;
using OrleansZk.Interop.Wire;

namespace OrleansZk.Interop.Cases;

/// <summary>
/// Requests that Apache ZooKeeper 3.8 should not have taken: some end the whole server. What we do instead is decided, and held here.
/// </summary>
public sealed class HostileRequestCases(OwnServer own) : IClassFixture<OwnServer>
{
    private readonly string _root = ClientScripts.NewRoot("hostile");

    private int Port => own.Server.Port;

    private async Task<WireConnection> ConnectAsync()
    {
        await own.ReviveAsync();
        var connection = await WireConnection.ConnectAsync(Port);
        await connection.CallAsync(0, Op.Create, Requests.Create(_root));
        return connection;
    }

    /// <summary>ZOOKEEPER-2623.</summary>
    [Theory]
    [InlineData(-1)]
    [InlineData(99)]
    public async Task A_check_by_itself_is_unknown_and_costs_the_connection(int version)
    {
        ServerUnderTest.SkipOnApache("3.8 answers not at all, and cannot start again on its log");
        await using var connection = await ConnectAsync();
        await connection.SendAsync(7, Op.Check, Requests.Versioned(_root, version));
        var reply = await connection.ReadAsync();
        Assert.Equal((7, Err.Unimplemented), (reply!.Xid, reply.Error));
        Assert.Null(await connection.ReadAsync());
        await AssertServesAsync();
    }

    [Fact]
    public async Task CreateSession_is_not_taken_from_the_wire()
    {
        ServerUnderTest.SkipOnApache("it answers with a second handshake");
        await using var connection = await ConnectAsync();
        await connection.SendAsync(7, Op.CreateSession, new Body().Int(5_000));
        var reply = await connection.ReadAsync();
        Assert.True(reply is null || (reply.Xid, reply.Error) == (7, Err.Unimplemented), $"{reply}");
        await AssertServesAsync();
    }

    [Fact]
    public async Task DeleteContainer_is_not_taken_from_the_wire()
    {
        ServerUnderTest.SkipOnApache("3.9 deletes it, without a look at the ACL");
        await using var connection = await ConnectAsync();
        var path = _root + "/container";
        await connection.CallAsync(1, Op.CreateContainer, Requests.Create(path, "", 4));
        foreach (var body in new[] { Requests.Path(path), new Body().Raw(System.Text.Encoding.UTF8.GetBytes(path)) })
        {
            await using var attacker = await WireConnection.ConnectAsync(Port);
            await attacker.SendAsync(7, Op.DeleteContainer, body);
            var reply = await attacker.ReadAsync();
            Assert.True(reply is null || reply.Error != Err.Ok, "it was taken");
        }

        Assert.Equal(Err.Ok, (await connection.CallAsync(2, Op.Exists, Requests.Read(path))).Error);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(4)]
    public async Task CreateTtl_with_flags_of_another_kind_does_no_harm(int flags)
    {
        ServerUnderTest.SkipOnApache("with a negative ttl the whole server ends when it applies the transaction");
        await using var connection = await ConnectAsync();
        foreach (var ttl in new[] { 0, 1_000, long.MaxValue })
        {
            var path = $"{_root}/flags{flags}-{ttl}";
            Assert.Equal(Err.BadArguments, (await connection.CallAsync(1, Op.CreateTtl, Requests.CreateTtl(path, flags, ttl))).Error);
            Assert.Equal(Err.NoNode, (await connection.CallAsync(2, Op.Exists, Requests.Read(path))).Error);
        }

        foreach (var ttl in new[] { -1, long.MinValue })
        {
            // Refused, or made without a time to live: either will do, as long as what was made can be used.
            var path = $"{_root}/flags{flags}{ttl}";
            var reply = await connection.CallAsync(3, Op.CreateTtl, Requests.CreateTtl(path, flags, ttl));
            Assert.Contains(reply.Error, new[] { Err.Ok, Err.BadArguments });
            Assert.Equal(reply.Error == Err.Ok ? Err.Ok : Err.NoNode, (await connection.CallAsync(4, Op.Delete, Requests.Versioned(path))).Error);
        }

        await AssertServesAsync();
    }

    [Fact]
    public async Task SetWatches_tells_nothing_of_nodes_that_may_not_be_read()
    {
        ServerUnderTest.SkipOnApache("it does tell");
        await using var owner = await ConnectAsync();
        var path = _root + "/secret";
        await owner.CallAsync(1, Op.Create, Requests.CreateWith(path, [], [new(31, "digest", "nobody:knows")], 0));
        await using var guest = await ConnectAsync();
        await guest.SendAsync(Xid.SetWatches, Op.SetWatches, Requests.SetWatches(0, [path], [path], [path]));
        Assert.Equal(Xid.SetWatches, (await guest.ReadAsync())!.Xid);
    }

    [Fact]
    public async Task A_refused_write_uses_up_no_zxid()
    {
        ServerUnderTest.SkipOnApache("each refused write uses one up");

        // A server of its own: sessions of other cases that expire meanwhile use up zxids, too.
        await using var server = await ServerProcess.StartNewAsync(ServerUnderTest.Kind);
        await using var connection = await WireConnection.ConnectAsync(server.Port);
        await connection.CallAsync(0, Op.Create, Requests.Create(_root));
        var before = (await connection.CallAsync(1, Op.Create, Requests.Create(_root + "/a"))).Zxid;
        for (var i = 0; i < 10; i++)
        {
            await connection.CallAsync(2, Op.Create, Requests.Create(_root + "/a"));
            await connection.CallAsync(3, Op.SetData, Requests.SetData(_root + "/none", ""));
            await connection.CallAsync(4, Op.Multi, Requests.Multi((Op.Check, Requests.Versioned(_root + "/none"))));
        }

        Assert.Equal(before + 1, (await connection.CallAsync(5, Op.Create, Requests.Create(_root + "/b"))).Zxid);
    }

    /// <summary>ZOOKEEPER-4655, since 3.9.</summary>
    [Fact]
    public async Task An_event_carries_the_zxid_of_its_transaction()
    {
        ServerUnderTest.SkipOnApache("3.8 sends -1");
        await using var watcher = await ConnectAsync();
        await using var other = await ConnectAsync();
        await watcher.CallAsync(1, Op.Exists, Requests.Read(_root + "/a", watch: true));
        var created = await other.CallAsync(1, Op.Create2, Requests.Create(_root + "/a"));
        var reader = created.Read();
        reader.Text();
        var frame = await watcher.ReadAsync();
        Assert.True(frame!.IsEvent);
        Assert.Equal(StatRecord.Read(reader).Czxid, frame.Zxid);

        await other.CallAsync(2, Op.SetData, Requests.SetData(_root + "/a", "x"));
        await watcher.SendAsync(Xid.SetWatches, Op.SetWatches, Requests.SetWatches(0, [_root + "/a"], [], []));
        Assert.Equal(-1, (await watcher.ReadAsync())!.Zxid);
    }

    /// <summary>Broken frames end their own connection, and nothing else.</summary>
    [Fact]
    public async Task Garbage_costs_only_the_connection_that_sent_it()
    {
        await using var bystander = await ConnectAsync();
        await bystander.CallAsync(1, Op.Create, Requests.Create(_root + "/e", "", 1));
        var random = new Random(20);
        for (var i = 0; i < 60; i++)
        {
            await using var before = await WireConnection.OpenAsync(Port);
            var noise = new byte[random.Next(4, 200)];
            random.NextBytes(noise);
            noise[0] |= 0x80;
            await before.SendRawAsync(noise);
            await using var after = await WireConnection.ConnectAsync(Port, timeoutMs: 1_000);
            await after.SendRawAsync(noise);
            Assert.Null(await after.ReadAsync());
        }

        Assert.Equal(Err.Ok, (await bystander.CallAsync(2, Op.Exists, Requests.Read(_root + "/e"))).Error);
        await AssertServesAsync();
    }

    private async Task AssertServesAsync()
    {
        await using var connection = await WireConnection.ConnectAsync(Port);
        Assert.Equal(Err.Ok, (await connection.CallAsync(1, Op.SetData, Requests.SetData(_root, "alive"))).Error);
    }
}
