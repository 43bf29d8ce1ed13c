using OrleansZk.Interop.Servers;
using OrleansZk.Interop.Tools;
using OrleansZk.Interop.Wire;

namespace OrleansZk.Interop.Cases;

/// <summary>The mistakes that other servers of this protocol were shipped with, each by its name.</summary>
public sealed class CompatibilityBugCases(SharedServer shared)
{
    private const int Recursive = 1;

    private readonly string _root = ClientScripts.NewRoot("bugs");

    private int Port => shared.Server.Port;

    private async Task<WireConnection> ConnectAsync()
    {
        var connection = await WireConnection.ConnectAsync(Port);
        await connection.CallAsync(0, Op.Create, Requests.Create(_root));
        return connection;
    }

    /// <summary>ClickHouse/ClickHouse#116690 and #44571: the client believes in its old session while its ephemerals are going.</summary>
    [Fact]
    public async Task A_resumed_session_is_the_same_session_and_not_a_new_one_in_disguise()
    {
        await using var first = await ConnectAsync();
        await first.CallAsync(1, Op.Create, Requests.Create(_root + "/e", "", 1));
        first.Abort();
        await using var second = await WireConnection.ConnectAsync(Port, sessionId: first.Session.SessionId, password: first.Session.Password);
        Assert.Equal(first.Session.SessionId, second.Session.SessionId);
        Assert.Equal(first.Session.Password, second.Session.Password);
        var stat = StatRecord.Read((await second.CallAsync(1, Op.Exists, Requests.Read(_root + "/e"))).Read());
        Assert.Equal(first.Session.SessionId, stat.Owner);
        Assert.Equal([_root + "/e"], (await second.CallAsync(2, Op.GetEphemerals, Requests.Path("/"))).Read().Vector(r => r.Text()));
    }

    [Fact]
    public async Task A_session_that_cannot_be_resumed_is_answered_as_expired_and_not_with_a_new_one()
    {
        await using var owner = await ConnectAsync();
        foreach (var (id, password) in new[] { (owner.Session.SessionId, new byte[16]), (owner.Session.SessionId ^ 0xff, owner.Session.Password!) })
        {
            await using var thief = await WireConnection.OpenAsync(Port);
            var answer = await thief.ShakeHandsAsync(WireConnection.ConnectRequest(30_000, id, password));
            Assert.NotNull(answer);
            Assert.Equal(0, answer.SessionId);
            Assert.Equal(0, answer.TimeoutMs);
            Assert.Null(await thief.ReadAsync());
        }
    }

    /// <summary>ClickHouse/ClickHouse#115475.</summary>
    [Fact]
    public async Task Events_of_a_recursive_watch_name_the_changed_node_and_not_the_watched_one()
    {
        await using var watcher = await ConnectAsync();
        await using var other = await ConnectAsync();
        await watcher.CallAsync(1, Op.AddWatch, Requests.Watch(_root, Recursive));
        await other.CallAsync(1, Op.Create, Requests.Create(_root + "/a"));
        await other.CallAsync(2, Op.Create, Requests.Create(_root + "/a/b"));
        await other.CallAsync(3, Op.SetData, Requests.SetData(_root + "/a/b", "x"));
        foreach (var expected in new[] { (1, _root + "/a"), (1, _root + "/a/b"), (3, _root + "/a/b") })
        {
            Assert.Equal(expected, await NextEventAsync(watcher));
        }
    }

    /// <summary>ClickHouse/ClickHouse#98079: a reply without its body, or with another, loses Curator its connection.</summary>
    [Fact]
    public async Task The_reply_to_addWatch_is_a_header_and_one_int()
    {
        await using var connection = await ConnectAsync();
        foreach (var mode in new[] { 0, Recursive })
        {
            var reply = await connection.CallAsync(1 + mode, Op.AddWatch, Requests.Watch(_root, mode));
            Assert.Equal(Err.Ok, reply.Error);
            Assert.Equal([0, 0, 0, 0], reply.Body);
        }
    }

    /// <summary>ClickHouse/ClickHouse#48141.</summary>
    [Theory]
    [InlineData(Op.SetWatches)]
    [InlineData(Op.SetWatches2)]
    public async Task SetWatches_is_known(int type)
    {
        await using var connection = await ConnectAsync();
        var reply = await connection.CallAsync(Xid.SetWatches, type, Requests.Sample(type, _root + "/none"));
        Assert.Equal((Xid.SetWatches, Err.Ok, 0), (reply.Xid, reply.Error, reply.Body.Length));
    }

    /// <summary>Replies that never come: each request of a full pipeline is answered, in its turn.</summary>
    [Fact]
    public async Task Every_request_of_a_pipeline_is_answered_in_order()
    {
        await using var a = await ConnectAsync();
        await using var b = await ConnectAsync();
        await using var c = await ConnectAsync();
        await Task.WhenAll(new[] { a, b, c }.Select(connection => Task.Run(() => PipelineAsync(connection))));
    }

    /// <summary>ZOOKEEPER-4814: a field that was not asked for puts an old client out of step.</summary>
    [Fact]
    public async Task The_read_only_flag_is_answered_only_to_those_who_sent_it()
    {
        foreach (var (flag, length) in new[] { ((bool?)null, 36), (false, 37), (true, 37) })
        {
            await using var connection = await WireConnection.OpenAsync(Port);
            var answer = await connection.ShakeHandsAsync(WireConnection.ConnectRequest(30_000, 0, new byte[16], readOnly: flag));
            Assert.Equal(length, answer!.Length);
            Assert.Equal(flag is null ? null : false, answer.ReadOnly);
            Assert.Equal(Err.Ok, (await connection.CallAsync(1, Op.Exists, Requests.Read("/"))).Error);
        }
    }

    [Fact]
    public async Task A_missed_change_is_told_once_and_the_watch_is_not_left_behind()
    {
        await using var other = await ConnectAsync();
        await other.CallAsync(1, Op.Create, Requests.Create(_root + "/a"));
        await using var returning = await ConnectAsync();
        var seen = (await returning.CallAsync(1, Op.GetData, Requests.Read(_root + "/a", watch: true))).Zxid;
        returning.Abort();
        await other.CallAsync(2, Op.SetData, Requests.SetData(_root + "/a", "missed"));
        await using var back = await WireConnection.ConnectAsync(Port, sessionId: returning.Session.SessionId, password: returning.Session.Password);
        await back.SendAsync(Xid.SetWatches, Op.SetWatches, Requests.SetWatches(seen, [_root + "/a"], [], []));
        Assert.Equal((3, _root + "/a"), await NextEventAsync(back));
        Assert.Equal(Xid.SetWatches, (await back.ReadAsync())!.Xid);
        await other.CallAsync(3, Op.SetData, Requests.SetData(_root + "/a", "later"));
        await back.SendAsync(9, Op.Sync, Requests.Path("/"));
        Assert.Equal(9, (await back.ReadAsync())!.Xid);
    }

    [Fact]
    public async Task Frames_may_come_in_any_pieces()
    {
        await using var connection = await ConnectAsync();
        var frame = new Body().Int(1).Int(Op.Exists).Raw(Requests.Read(_root)).Bytes;
        var stream = new Body().Int(frame.Length).Raw(frame).Bytes;
        foreach (var single in stream)
        {
            await connection.SendRawAsync([single]);
        }

        Assert.Equal(1, (await connection.ReadAsync())!.Xid);
        await connection.SendRawAsync(new Body().Raw(stream).Raw(stream).Raw(stream.AsSpan(0, 10)));
        Assert.Equal(1, (await connection.ReadAsync())!.Xid);
        Assert.Equal(1, (await connection.ReadAsync())!.Xid);
        await connection.SendRawAsync(stream[10..]);
        Assert.Equal(1, (await connection.ReadAsync())!.Xid);
    }

    [Fact]
    public async Task Session_ids_do_not_read_as_owners_of_containers_or_ttl_nodes()
    {
        for (var i = 0; i < 20; i++)
        {
            await using var connection = await WireConnection.ConnectAsync(Port, timeoutMs: 1_000);
            Assert.NotEqual(0, connection.Session.SessionId);
            Assert.NotEqual(long.MinValue, connection.Session.SessionId);
            Assert.NotEqual(0xff, (byte)(connection.Session.SessionId >>> 56));
        }
    }

    private async Task PipelineAsync(WireConnection connection)
    {
        const int Rounds = 100;
        var kinds = new List<int>();
        var frames = new Body();
        for (var round = 0; round < Rounds; round++)
        {
            foreach (var type in Op.All)
            {
                // A watch set by an earlier round brings events in between; they are no replies.
                kinds.Add(type);
                var frame = new Body().Int(kinds.Count).Int(type).Raw(Requests.Sample(type, $"{_root}/{round % 5}")).Bytes;
                frames.Int(frame.Length).Raw(frame);
            }
        }

        var sending = connection.SendRawAsync(frames);
        for (var expected = 1; expected <= kinds.Count;)
        {
            var frame = await connection.ReadAsync();
            Assert.True(frame is not null, $"The server hung up before it answered request {expected}.");
            if (frame.IsEvent)
            {
                continue;
            }

            Assert.Equal(expected, frame.Xid);
            expected++;
        }

        await sending;
    }

    private static async Task<(int Type, string? Path)> NextEventAsync(WireConnection connection)
    {
        var frame = await connection.ReadAsync();
        Assert.NotNull(frame);
        Assert.True(frame.IsEvent, $"a reply (xid {frame.Xid}) came where an event was expected");
        var reader = frame.Read();
        var type = reader.Int();
        Assert.Equal(3, reader.Int());
        return (type, reader.Text());
    }
}
